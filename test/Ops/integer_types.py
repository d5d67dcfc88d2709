#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""integer_types.py: reductions, scans, sorts, moves and look-ups of every integer type against NumPy.

Sums and products wrap around in their own type; unsigned numbers are larger than signed ones with the same bits.
"""
import json
import pathlib
import sys
import tempfile

import numpy as np
import symc

TYPES = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"]
rng = np.random.default_rng(17)


def cases(x, i, s):
    """Expressions in x[5, n], indices i and a list s[2, 4, 4, 2]; and what they are."""
    d = x.dtype
    wrapped = lambda f, *a: f(*a, dtype=d)
    high = min(np.iinfo(d).max, 2**63 - 1)  # what a graph file can say
    windows = np.lib.stride_tricks.sliding_window_view(s, (2, 2), axis=(1, 2))[:, ::2, ::2]
    return {
        "sum(x)": wrapped(np.sum, x), "sum(x, 0)": wrapped(np.sum, x, 0), "sum(x*x, 1)": wrapped(np.sum, x * x, 1),
        "prod(x, 1)": wrapped(np.prod, x, 1), "max(x, 1)": x.max(1), "min(x, 0)": x.min(0), "max(x)": x.max(),
        "argmax(x, 1)": x.argmax(1), "argmin(x, 0)": x.argmin(0), "cumsum(x, 1)": wrapped(np.cumsum, x, 1),
        "cumprod(x, 0)": wrapped(np.cumprod, x, 0), "sort(x, 1)": np.sort(x, 1), "top_k(x, 3)[0]": np.sort(x, 1)[:, :-4:-1],
        "x.T": x.T, "concat(x, x[:, ::-1], axis=0)": np.concatenate([x, x[:, ::-1]]), "roll(x, 2, 1)": np.roll(x, 2, 1),
        f"pad(x, [[1, 0], [0, 2]], constant_values={high})": np.pad(x, ((1, 0), (0, 2)), constant_values=high),
        "gather(x, i, 1)": x[:, i], "take_along_axis(x, cast(x > 3, 'u8'), 1)": np.take_along_axis(x, (x > 3) * 1, 1),
        "where(x > x[0], x, x[0])": np.maximum(x, x[0]), "x @ x.T": x @ x.T, "max_pool(s, [2, 2])": windows.max((-2, -1)),
        "any(x > 5, 1)": (x > 5).any(1), "cast(x, 'f64')": x.astype(np.float64),
        "tril(x)": np.tril(x), "clip(x, min=1, max=7)": np.clip(x, 1, 7), "cast(i, 'i64') * 2": i.astype(np.int64) * 2,
        "one_hot(i, 9, on_value=100)": (np.arange(9) == i[:, None]) * np.float32(100),
    }


def check(t, folder):
    dtype = np.dtype(t[0] + str(int(t[1:]) // 8))
    x = rng.integers(0, 256, 5 * 37 * dtype.itemsize).astype(np.uint8).view(dtype).reshape(5, 37)
    s = rng.integers(0, 256, 64 * dtype.itemsize).astype(np.uint8).view(dtype).reshape(2, 4, 4, 2)
    i = np.array([0, 4, 2, 1, 4], dtype)
    found = {text: np.asarray(want) for text, want in cases(x, i, s).items()}
    graph = {"symc": 1, "name": "m", "inputs": {"x": f"{t}[5, n]", "i": f"{t}[5]", "s": f"{t}[2, 4, 4, 2]"},
             "dims": {"n": {"min": 3}}, "outputs": {}}
    nodes = []
    for k, text in enumerate(found):
        if text.startswith("top_k"):
            nodes.append({"name": ["values", "places"], "op": "top_k", "inputs": ["x"], "attrs": {"k": 3}})
            graph["outputs"][f"o{k}"] = "values"
        else:
            graph["outputs"][f"o{k}"] = text
    path = pathlib.Path(folder) / f"{t}.json"
    path.write_text(json.dumps(graph | {"nodes": nodes}))
    got = symc.compile(str(path), str(pathlib.Path(folder) / f"lib{t}.so")).predict(x=x, i=i, s=s)
    failed = 0
    for k, (text, want) in enumerate(found.items()):
        have = np.asarray(got[f"o{k}"])
        if have.shape != want.shape or have.dtype != want.dtype or not np.array_equal(have, want):
            failed += 1
            print(f"FAIL {t} {text}: {have.dtype}{have.shape} {have.ravel()[:8]}, not {want.dtype}{want.shape} {want.ravel()[:8]}")
    return failed


with tempfile.TemporaryDirectory() as temporary:
    wrong = sum(check(t, temporary) for t in TYPES)
print(f"{len(TYPES)} types, {wrong} failed")
sys.exit(1 if wrong else 0)
