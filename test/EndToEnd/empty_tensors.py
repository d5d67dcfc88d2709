# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Tensors that are computed and empty at run time, padded and joined: kernels look at an element before they choose."""
import json
import pathlib
import sys
import tempfile

import numpy as np
import symc

GRAPHS = {  # nodes, what NumPy makes of x, the lengths of x
    "pad": ([("r", "x[:-1]"), ("y", "pad(r + r, pad_width=[[0, 1]])")], lambda x: np.pad(2 * x[:-1], (0, 1)), (1, 2)),
    "gradient": ([("r", "x[:-1]"), ("y", "grad(sum(r * r), x)")], lambda x: np.append(2 * x[:-1], 0), (1, 2)),
    "half": ([("r", "sin(x[:n//2])"), ("y", "pad(r, pad_width=[[2, 0]])")],
             lambda x: np.pad(np.sin(x[:len(x) // 2]), (2, 0)), (1, 3)),
    "none": ([("y", "pad(sin(x), pad_width=[[0, 1]])")], lambda x: np.pad(np.sin(x), (0, 1)), (0, 1)),
    "concat": ([("y", "concat(x * 2, broadcast_to(cast(7, 'f32'), [1]))")], lambda x: np.append(2 * x, 7), (0, 2)),
}
failed = 0
with tempfile.TemporaryDirectory() as folder:
    for name, (nodes, expected, lengths) in GRAPHS.items():
        graph = {"symc": 1, "name": name, "dims": {"n": {"min": 0}}, "inputs": {"x": "f32[n]"},
                 "nodes": [{"name": n, "expr": e} for n, e in nodes], "outputs": {"result": "y"}}
        if "[:-1]" in str(nodes):
            del graph["dims"]
        source = pathlib.Path(folder) / f"{name}.json"
        source.write_text(json.dumps(graph))
        model = symc.compile(str(source), str(source.with_suffix(".so")))
        for length in lengths:
            x = np.arange(1, length + 1, dtype=np.float32)
            result = model.predict(x=x)
            result = result["result"] if isinstance(result, dict) else result
            if not np.allclose(result, expected(x)) or result.shape != expected(x).shape:
                failed += 1
                print(f"{name} of {length} elements: {result}, not {expected(x)}")
print(f"{len(GRAPHS)} graphs, {failed} failed")
sys.exit(failed > 0)
