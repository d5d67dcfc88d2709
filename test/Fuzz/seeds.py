# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""seeds.py FOLDER GRAPH...: small valid files of every format, from which the fuzzers start, each in FOLDER/FORMAT."""
import gzip
import json
import pathlib
import shutil
import struct
import sys

import numpy as np

folder = pathlib.Path(sys.argv[1])
shutil.rmtree(folder, ignore_errors=True)
for name in ("syntax", "npy", "npz", "idx", "csv", "safetensors"):
    (folder / name).mkdir(parents=True)
for graph in map(pathlib.Path, sys.argv[2:]):
    (folder / "syntax" / graph.name).write_bytes(graph.read_bytes())
for i, expression in enumerate(("mean((a @ W + b - y)**2, axis=-1)", "x[:, 1:n-1, ::2] if a < 3 else -x", "f32[batch, 2*n+1]")):
    (folder / "syntax" / f"expression{i}").write_text(expression)

arrays = {"x": np.arange(6, dtype=np.float32).reshape(2, 3), "f": np.asfortranarray(np.ones((2, 2))),
          "b": np.array([True]), "big": np.arange(3, dtype=">i4"), "half": np.zeros(2, np.float16), "scalar": np.int64(3)}
for name, array in arrays.items():
    np.save(folder / "npy" / name, array)
np.savez(folder / "npz" / "stored", **arrays)
np.savez_compressed(folder / "npz" / "deflated", **arrays)
idx = b"\0\0\x08\x02" + struct.pack(">ii", 2, 3) + bytes(range(6))
(folder / "idx" / "plain").write_bytes(idx)
(folder / "idx" / "gzip").write_bytes(gzip.compress(idx))
(folder / "idx" / "floats").write_bytes(b"\0\0\x0d\x01" + struct.pack(">if", 1, 1.5))
(folder / "csv" / "header").write_text('a,b,"c ""d"""\r\n1,0,-2.5e3\r\n0,1,.5\r\n')
(folder / "csv" / "numbers").write_text("1,2,0\n3,4,1\n")
header = json.dumps({"__metadata__": {"k": "v"}, "w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}})
(folder / "safetensors" / "one").write_bytes(header.encode())
