# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""constant_files.py FOLDER: writes a graph with a constant, and files with that constant and tensors of other types."""
import json
import pathlib
import struct
import sys

folder = pathlib.Path(sys.argv[1])


def write(name, others):
    header, data = {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, struct.pack("<2f", 1, 2)
    for key, (dtype, shape, size) in others.items():
        header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + size]}
        data += bytes(size)
    text = json.dumps(header).encode()
    (folder / name).write_bytes(struct.pack("<Q", len(text)) + text + data)


write("all.safetensors", {"b": ("F4", [3, 2], 3), "c": ("C64", [1], 8), "d": ("F8_E8M0", [5], 5), "e": ("F6_E2M3", [4], 3)})
write("bits.safetensors", {"b": ("F4", [3], 1)})
(folder / "graph.json").write_text(json.dumps({
    "symc": 1, "name": "g", "inputs": {"x": "f32[2]"}, "constants": {"k": {"type": "f32[2]", "file": "all.safetensors", "key": "a"}},
    "nodes": [{"name": "y", "expr": "x * k"}], "outputs": ["y"]}))
