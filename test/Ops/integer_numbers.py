#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""integer_numbers.py: attributes and literals at both ends of their types against NumPy, with static and with symbolic
sizes; nothing of them goes through a double, and no sum of them wraps around.
"""
import json
import pathlib
import sys
import tempfile

import numpy as np
import symc

LEAST, MOST = -2**63, 2**63 - 1
X = np.arange(1.0, 6.0, dtype=np.float32)
M = np.arange(12, dtype=np.float32).reshape(3, 4)
L = np.array([LEAST, -2**53 - 1, -1, 0, 2**53 + 1, 2**53 + 2, MOST], np.int64)
I = np.array([-2**31, -1, 0, 1, 2**31 - 1], np.int32)
B = np.array([True, False, True])


def one_hot(indices, depth, on, off, dtype):
    return np.where(np.arange(depth) == indices[:, None], np.array(on, dtype), np.array(off, dtype))


def both(values, text, function):
    """One case for each value, which stands in the expression in the place of $."""
    return [(text.replace("$", str(value)), function(value)) for value in values]


FAR = [LEAST, LEAST + 1, -2**62, -2**31, -7, 0, 3, 2**31, 2**53 + 1, 2**62, MOST]
CASES = [
    *both([k for k in FAR if k < -9 or k > 9], "tril(m, $)", lambda k: np.tril(M, max(min(k, 9), -9))),
    *both([k for k in FAR if k < -9 or k > 9], "triu(m, k=$)", lambda k: np.triu(M, max(min(k, 9), -9))),
    *both(FAR, "roll(x, $, 0)", lambda k: np.roll(X, k % 5)),
    *both(FAR, "roll(m, $)", lambda k: np.roll(M, k % 12)),
    *both(FAR, "roll(m, [$, $], [0, 1])", lambda k: np.roll(M, (k % 3, k % 4), (0, 1))),
    *both([s for s in FAR if s > 0], "x[::$]", lambda s: X[::s]),
    *both([s for s in FAR if s < 0], "x[::$]", lambda s: X[::s]),
    *both([s for s in FAR if s < 0], "x[3::$]", lambda s: X[3::s]),
    *both([s for s in FAR if s > 0], "m[1::$]", lambda s: M[1::s]),
    *both([s for s in FAR if s > 0], "m[:, -2::$]", lambda s: M[:, -2::s]),
    ("clip(l, min=9007199254740993)", np.clip(L, 2**53 + 1, MOST)),
    ("clip(l, max=-9007199254740993)", np.clip(L, LEAST, -2**53 - 1)),
    ("clip(l, min=-9223372036854775808, max=9223372036854775807)", L),
    ("clip(l, min=9223372036854775807)", np.full_like(L, MOST)),
    ("clip(i, min=-2147483648, max=2147483647)", I),
    ("clip(i, min=2147483647)", np.full_like(I, 2**31 - 1)),
    ("clip(x, max=-inf)", np.full_like(X, -np.inf)),
    ("pad(l, [[1, 0]], constant_values=9007199254740993)", np.pad(L, (1, 0), constant_values=2**53 + 1)),
    ("pad(l, [[0, 1]], constant_values=-9223372036854775808)", np.pad(L, (0, 1), constant_values=LEAST)),
    ("pad(i, [[1, 1]], constant_values=-2147483648)", np.pad(I, 1, constant_values=-2**31)),
    ("pad(b, [[1, 1]], constant_values=true)", np.pad(B, 1, constant_values=True)),
    ("pad(b, [[1, 1]], constant_values=0)", np.pad(B, 1, constant_values=False)),
    ("pad(x, [[1, 1]], constant_values=-inf)", np.pad(X, 1, constant_values=-np.inf)),
    ("one_hot(j, 3, on_value=9007199254740993, off_value=-9223372036854775808, dtype='i64')",
     one_hot(np.array([2, 0]), 3, 2**53 + 1, LEAST, np.int64)),
    ("one_hot(j, 3, on_value=255, off_value=0, dtype='u8')", one_hot(np.array([2, 0]), 3, 255, 0, np.uint8)),
    ("one_hot(j, 3, dtype='bool')", one_hot(np.array([2, 0]), 3, True, False, bool)),
    ("one_hot(j, 3, on_value=false, off_value=true, dtype='bool')", one_hot(np.array([2, 0]), 3, False, True, bool)),
    ("bit_xor(l, -9223372036854775808)", L ^ LEAST),
    ("bit_xor(l, (-(9223372036854775808)))", L ^ LEAST),
    ("minimum(l, 9223372036854775807)", L),
    ("maximum(i, -2147483648)", I),
    ("minimum(u, 255)", np.array([0, 255], np.uint8)),
]
SMALL = [("x[:2:$]", lambda s: X[:2:s]), ("x[-3::$]", lambda s: X[-3::s])]
CASES += [case for text, f in SMALL for case in both([2**53 + 1, MOST], text, f)]

VALUES = dict(x=X, m=M, l=L, i=I, b=B, j=np.array([2, 0], np.int64), u=np.array([0, 255], np.uint8))
STATIC = dict(x="f32[5]", m="f32[3, 4]", l="i64[7]", i="i32[5]", b="bool[3]", j="i64[2]", u="u8[2]")
SYMBOLIC = dict(x="f32[n]", m="f32[p, q]", l="i64[k]", i="i32[n]", b="bool[p]", j="i64[r]", u="u8[r]")


def check(what, types, folder):
    """All cases as outputs of one library."""
    graph = {"symc": 1, "name": "m", "inputs": types, "outputs": {f"o{i}": text for i, (text, _) in enumerate(CASES)}}
    path = pathlib.Path(folder) / f"{what}.json"
    path.write_text(json.dumps(graph))
    got = symc.compile(str(path), str(pathlib.Path(folder) / f"lib{what}.so")).predict(**VALUES)
    failed = 0
    for i, (text, want) in enumerate(CASES):
        have = np.asarray(got[f"o{i}"])
        if have.shape != want.shape or have.dtype != want.dtype or not np.array_equal(have, want):
            failed += 1
            print(f"FAIL {what} {text}: {have.dtype}{have.shape} {have.ravel()[:8]}, not {want.dtype} {want.ravel()[:8]}")
    return failed


def derivatives(types, folder):
    """A rotation by 2^63 and a step beyond every size have derivatives as others."""
    w = np.arange(1.0, 6.0, dtype=np.float32)
    graph = {"symc": 1, "name": "m", "inputs": {"w": types["x"]}, "parameters": {"p": "f32[5]"},
             "nodes": [{"name": "J", "expr": f"sum(roll(p, {LEAST}, 0) * w) + sum(p[1::{MOST}]) + sum(p[::{LEAST}])"}],
             "outputs": ["J"], "train": {"loss": "J", "optimizer": "sgd"}}
    path = pathlib.Path(folder) / "d.json"
    path.write_text(json.dumps(graph))
    model = symc.compile(str(path), str(pathlib.Path(folder) / "libd.so"))
    want = np.roll(w, -(LEAST % 5)) + np.array([0, 1, 0, 0, 1], np.float32)
    have = np.asarray(model.gradients(w=w)["p"])
    if np.array_equal(have, want):
        return 0
    print(f"FAIL derivatives: {have}, not {want}")
    return 1


def initial(folder):
    """Initial values of integers are exact, and so are those of bools."""
    values = {"a": ("i64[2]", 2**53 + 1), "b": ("i64[2]", LEAST), "c": ("i64[2]", MOST), "d": ("i32[2]", -2**31),
              "e": ("bool[2]", True), "f": ("u8[2]", 255)}
    graph = {"symc": 1, "name": "m", "inputs": {"x": "f32[]"},
             "parameters": {k: {"type": t, "trainable": False, "init": {"constant": {"value": v}}}
                            for k, (t, v) in values.items()},
             "outputs": {"y": "x", **{f"out_{k}": k for k in values}}}
    path = pathlib.Path(folder) / "i.json"
    path.write_text(json.dumps(graph))
    got = symc.compile(str(path), str(pathlib.Path(folder) / "libi.so")).predict(x=np.float32(0))
    failed = 0
    for name, (_, value) in values.items():
        have = np.asarray(got[f"out_{name}"]).tolist()
        if have != [value, value]:
            failed += 1
            print(f"FAIL initial {name}: {have}, not {value}")
    return failed


with tempfile.TemporaryDirectory() as temporary:
    wrong = check("static", STATIC, temporary) + check("symbolic", SYMBOLIC, temporary) + \
            derivatives(STATIC, temporary) + initial(temporary)
print(f"{2 * len(CASES) + 2} cases, {wrong} failed")
sys.exit(1 if wrong else 0)
