# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""What `symc train` leaves behind: histories and parameters."""
import csv
import json
import pathlib

import numpy as np


def history(path):
    """The columns of a CSV file with a header by name; an empty cell is NaN."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name] or "nan") for row in rows]) for name in rows[0]}


def parameters(path):
    """The f32 tensors of a safetensors file by name: a length, a JSON header, the data."""
    data = pathlib.Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    tensors = {}
    for name, tensor in header.items():
        first, end = tensor["data_offsets"]
        tensors[name] = np.frombuffer(data[start + first:start + end], "<f4").reshape(tensor["shape"])
    return tensors
