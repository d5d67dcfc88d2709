# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Tensors side by side along the last axis against NumPy: concatenations, slices and their gradients, paddings."""
import numpy as np
from cases import Suite, exprs, node, run

SUITE = Suite(values={"rtol": 1e-13, "atol": 1e-14}, gradients=lambda wanted: {"rtol": 1e-6, "atol": 1e-8}, step=1e-6)
case = SUITE.case
SIZES = ({"n": 1}, {"n": 3})


@case({"x": "f64[n, 17]", "y": "f64[n, 33]"}, {"a": "f64[17]", "b": "f64[20]"},
      exprs(z="concat(x * a, y[:, 13:] + b, y, axis=-1)", o="tanh(z) * 2.0"), ["o"], sizes=SIZES)
def joined(x, y, a, b, **_):
    return [np.tanh(np.concatenate([x * a, y[:, 13:] + b, y], -1)) * 2]


@case({"x": "f64[n, 24]", "w": "f64[24, 40]"}, {"a": "f64[24]"},
      exprs(g="(x * a) @ w") + [node(["p", "q", "r"], "split", ["g"], axis=-1, sizes=[16, 8, 16]), *exprs(o="p * sigmoid(r)", s="q * q")],
      ["o", "s"], sizes=SIZES)
def gates(x, w, a, **_):
    g = (x * a) @ w
    return [g[:, :16] / (1 + np.exp(-g[:, 24:])), g[:, 16:24] ** 2]


@case({"x": "f64[n, 48]"}, {"a": "f64[48]"}, exprs(y="x * a", o="y[:, :32] * y[:, 16:]", e="y[:, 20:36] ** 2"), ["o", "e"], sizes=SIZES)
def overlapping(x, a, **_):
    y = x * a
    return [y[:, :32] * y[:, 16:], y[:, 20:36] ** 2]


@case({"x": "f64[n, 20]"}, {"a": "f64[20]"},
      [*exprs(y="x * a"), node("z", "pad", ["y"], pad_width=[[0, 0], [16, 24]], constant_values=1.5),
       node("m", "pad", ["y"], pad_width=[[1, 0], [18, 22]]), *exprs(o="exp(z * 0.5)", t="m * 3.0")], ["o", "t"], sizes=SIZES)
def padded(x, a, **_):
    y = x * a
    return [np.exp(np.pad(y, ((0, 0), (16, 24)), constant_values=1.5) * 0.5), np.pad(y, ((1, 0), (18, 22))) * 3]


@case({"x": "f64[n, 16]"}, {"a": "f64[16]"},
      exprs(y="x * a", i="concat(y, y * 2.0, axis=1)", o="concat(i, y, i ** 2, axis=1) + 1.0", p="concat(y[:, :3], i, axis=1) * 2.0"), ["o", "p"], sizes=SIZES)
def nested(x, a, **_):
    y = x * a
    i = np.concatenate([y, y * 2], 1)
    return [np.concatenate([i, y, i ** 2], 1) + 1, np.concatenate([y[:, :3], i], 1) * 2]


run(__doc__, SUITE.checks())
