#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""operator_numbers.py [NAME ...]: operators against NumPy, and their derivatives against central differences, in f64.

A case is an expression over operands: floating ones are parameters, the others inputs. Every case is compiled by
itself; `predict` must agree with the reference and `gradients` with differences of `predict`.
"""
import json
import math
import pathlib
import statistics
import sys
import tempfile
import zlib

import numpy as np
import symc

rng = np.random.default_rng(7)
A = rng.normal(size=(3, 4))
B = rng.normal(size=(3, 4))
P = rng.uniform(0.2, 2.0, size=(3, 4))   # positive
U = rng.uniform(-0.9, 0.9, size=(3, 4))  # inside (-1, 1)
V = rng.normal(size=(2, 3, 4))
I = rng.integers(-6, 7, size=(3, 4)).astype(np.int32)
J = np.array([[3, -2, 0, 5], [-3, 2, 7, -1], [1, 4, -5, 2]], np.int32)
BYTES = rng.integers(0, 256, size=(3, 4)).astype(np.uint8)
BOOLS = rng.random((3, 4)) < 0.5
EDGES = np.array([-np.inf, -1e30, -1000.0, -90.0, -20.0, -1.0, -1e-9, 0.0, 1e-9, 1.0, 20.0, 90.0, 1000.0])
LABELS = np.array([2, 0, 3], np.int64)


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def log_softmax(x, axis=-1):
    s = x - x.max(axis, keepdims=True)
    return s - np.log(np.exp(s).sum(axis, keepdims=True))


erf = np.vectorize(math.erf)
erfc = np.vectorize(math.erfc)
relu6 = lambda x: np.clip(x, 0, 6)
softplus = lambda x: np.logaddexp(x, 0)
onehot = lambda labels, n: np.eye(n)[labels]


def index_add(x, where, updates):
    out = x.copy()
    np.add.at(out, where, updates)
    return out


def interpolation(out, n):
    """Weights [out, n] of half-pixel centres, the border repeated."""
    place = np.clip((np.arange(out) + 0.5) * n / out - 0.5, 0, n - 1)
    return np.maximum(1 - np.abs(place[:, None] - np.arange(n)), 0)


def resized(x, height, width):
    weights = interpolation(height, x.shape[1]), interpolation(width, x.shape[2])
    return np.einsum("nhwc,ih,jw->nijc", x, *weights)


def attention(q, k, v, mask=None, scale=None):
    scores = q @ np.swapaxes(k, -1, -2) * (1 / np.sqrt(q.shape[-1]) if scale is None else scale)
    return softmax(scores if mask is None else np.where(mask, scores, -np.inf)) @ v


IMAGE = rng.normal(size=(2, 4, 6, 3))
MASK = np.array([[True, False, True], [False, True, True]])

CASES = [
    ("x + y", dict(x=A, y=B), lambda x, y: x + y),
    ("x - y", dict(x=A, y=B), lambda x, y: x - y),
    ("x * y", dict(x=A, y=B), lambda x, y: x * y),
    ("x / y", dict(x=A, y=P), lambda x, y: x / y),
    ("x + y", dict(x=A, y=B[0]), lambda x, y: x + y),
    ("x * y", dict(x=A, y=B[:, :1]), lambda x, y: x * y),
    ("x // y", dict(x=5 * A, y=P), lambda x, y: x // y),
    ("x % y", dict(x=5 * A, y=B), lambda x, y: x % y),
    ("x // y", dict(x=I, y=J), lambda x, y: np.where(y == 0, 0, x // np.where(y == 0, 1, y))),
    ("x % y", dict(x=I, y=J), lambda x, y: np.where(y == 0, 0, x % np.where(y == 0, 1, y))),
    ("x ** y", dict(x=P, y=B), lambda x, y: x ** y),
    ("x ** 3", dict(x=A), lambda x: x ** 3),
    ("x ** -2", dict(x=P), lambda x: x ** -2.0),
    ("x ** 0.5", dict(x=P), np.sqrt),
    ("x ** 1.5", dict(x=P), lambda x: x ** 1.5),
    ("x ** y", dict(x=I, y=np.abs(J)), lambda x, y: x ** y),
    ("minimum(x, y)", dict(x=A, y=B), np.minimum),
    ("maximum(x, y)", dict(x=A, y=B), np.maximum),
    ("atan2(x, y)", dict(x=A, y=B), np.arctan2),
    ("-x", dict(x=A), lambda x: -x),
    ("abs(x)", dict(x=A), np.abs),
    ("abs(x)", dict(x=I), np.abs),
    ("sign(x)", dict(x=I), np.sign),
    ("square(x)", dict(x=A), np.square),
    ("reciprocal(x)", dict(x=P), np.reciprocal),
    ("clip(x, min=-0.5, max=0.7)", dict(x=A), lambda x: np.clip(x, -0.5, 0.7)),
    ("clip(x, max=2)", dict(x=I), lambda x: np.minimum(x, 2)),
    ("exp(x)", dict(x=A), np.exp), ("expm1(x)", dict(x=A), np.expm1), ("log(x)", dict(x=P), np.log),
    ("log1p(x)", dict(x=P), np.log1p), ("sqrt(x)", dict(x=P), np.sqrt),
    ("rsqrt(x)", dict(x=P), lambda x: 1 / np.sqrt(x)), ("cbrt(x)", dict(x=A), np.cbrt), ("sin(x)", dict(x=A), np.sin),
    ("cos(x)", dict(x=A), np.cos), ("tan(x)", dict(x=U), np.tan), ("asin(x)", dict(x=U), np.arcsin),
    ("acos(x)", dict(x=U), np.arccos), ("atan(x)", dict(x=A), np.arctan), ("sinh(x)", dict(x=A), np.sinh),
    ("cosh(x)", dict(x=A), np.cosh), ("tanh(x)", dict(x=A), np.tanh), ("asinh(x)", dict(x=A), np.arcsinh),
    ("acosh(x)", dict(x=1 + P), np.arccosh), ("atanh(x)", dict(x=U), np.arctanh), ("erf(x)", dict(x=A), erf),
    ("erfc(x)", dict(x=A), erfc), ("floor(x)", dict(x=3 * A), np.floor), ("ceil(x)", dict(x=3 * A), np.ceil),
    ("round(x)", dict(x=3 * A), np.round), ("trunc(x)", dict(x=3 * A), np.trunc),
    ("round(x)", dict(x=np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])), np.round),
    ("is_nan(x)", dict(x=np.array([np.nan, 1, np.inf])), np.isnan),
    ("is_inf(x)", dict(x=np.array([np.nan, 1, -np.inf])), np.isinf),
    ("is_finite(x)", dict(x=np.array([np.nan, 1, np.inf])), np.isfinite),
    ("x == y", dict(x=I, y=J), np.equal), ("x != y", dict(x=I, y=J), np.not_equal), ("x < y", dict(x=A, y=B), np.less),
    ("x <= y", dict(x=I, y=J), np.less_equal), ("x > y", dict(x=A, y=B), np.greater),
    ("x >= y", dict(x=I, y=J), np.greater_equal), ("x and y", dict(x=BOOLS, y=BOOLS[::-1].copy()), np.logical_and),
    ("x or y", dict(x=BOOLS, y=BOOLS[::-1].copy()), np.logical_or), ("not x", dict(x=BOOLS), np.logical_not),
    ("logical_xor(x, y)", dict(x=BOOLS, y=BOOLS[::-1].copy()), np.logical_xor),
    ("bit_and(x, y)", dict(x=I, y=J), np.bitwise_and), ("bit_or(x, y)", dict(x=I, y=J), np.bitwise_or),
    ("bit_xor(x, y)", dict(x=I, y=J), np.bitwise_xor), ("bit_not(x)", dict(x=BYTES), np.invert),
    ("shift_left(x, y)", dict(x=I, y=np.abs(J)), np.left_shift),
    ("shift_right(x, y)", dict(x=I, y=np.abs(J)), np.right_shift),
    ("where(c, x, y)", dict(c=BOOLS, x=A, y=B), np.where), ("select(c, x, y)", dict(c=BOOLS, x=A, y=B), np.where),
    ("cast(x, 'i32')", dict(x=np.array([-2.7, 2.7, 1e20, -1e20, np.nan])),
     lambda x: np.array([-2, 2, 2**31 - 1, -2**31, 0], np.int32)),
    ("cast(x, 'u8')", dict(x=np.array([-2.7, 2.7, 255.9, 256.0, np.nan])), lambda x: np.array([0, 2, 255, 255, 0])),
    ("cast(x, 'f64')", dict(x=BYTES), lambda x: x.astype(float)),
    ("cast(x, 'bool')", dict(x=np.array([0.0, -0.0, 2.0, np.nan])), lambda x: x != 0),
    ("x + y", dict(x=BYTES, y=BYTES), lambda x, y: x + y),
    # Activations
    ("relu(x)", dict(x=A), lambda x: np.maximum(x, 0)), ("relu6(x)", dict(x=5 * A), relu6),
    ("leaky_relu(x, 0.2)", dict(x=A), lambda x: np.where(x > 0, x, 0.2 * x)),
    ("elu(x, alpha=1.5)", dict(x=A), lambda x: np.where(x > 0, x, 1.5 * np.expm1(x))),
    ("selu(x)", dict(x=A), lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))),
    ("celu(x, alpha=1.5)", dict(x=A), lambda x: np.where(x > 0, x, 1.5 * np.expm1(x / 1.5))),
    ("softplus(x)", dict(x=A), softplus), ("softplus(x)", dict(x=EDGES), softplus),
    ("softsign(x)", dict(x=A), lambda x: x / (1 + np.abs(x))), ("sigmoid(x)", dict(x=A), sigmoid),
    ("sigmoid(x)", dict(x=EDGES), sigmoid), ("hard_sigmoid(x)", dict(x=3 * A), lambda x: relu6(x + 3) / 6),
    ("silu(x)", dict(x=A), lambda x: x * sigmoid(x)), ("hard_swish(x)", dict(x=3 * A), lambda x: x * relu6(x + 3) / 6),
    ("mish(x)", dict(x=A), lambda x: x * np.tanh(softplus(x))),
    ("mish(x)", dict(x=EDGES[2:]), lambda x: x * np.tanh(softplus(x))),
    ("gelu(x)", dict(x=A), lambda x: 0.5 * x * erfc(-x / np.sqrt(2))),
    ("gelu(x, approximate=true)", dict(x=A),
     lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))),
    ("prelu(x, a)", dict(x=A, a=P[0]), lambda x, a: np.where(x > 0, x, a * x)),
    # Reductions
    ("sum(x)", dict(x=V), np.sum), ("sum(x, 1)", dict(x=V), lambda x: x.sum(1)),
    ("sum(x, [0, -1], keepdims=true)", dict(x=V), lambda x: x.sum((0, 2), keepdims=True)),
    ("sum(x, 0)", dict(x=I), lambda x: x.sum(0)),
    ("prod(x, 1)", dict(x=V), lambda x: x.prod(1)),
    ("prod(x, 1)", dict(x=np.array([[1.0, 2, 3], [0, 2, 3], [0, 0, 3]])), lambda x: x.prod(1)),
    ("max(x, 2)", dict(x=V), lambda x: x.max(2)), ("min(x, [0, 1])", dict(x=V), lambda x: x.min((0, 1))),
    ("max(x)", dict(x=I), np.max), ("max(x)", dict(x=np.array([1.0, np.nan, 2.0])), np.max),
    ("any(x, 0)", dict(x=BOOLS), lambda x: x.any(0)), ("all(x, 1)", dict(x=BOOLS), lambda x: x.all(1)),
    ("argmax(x, 1)", dict(x=I), lambda x: x.argmax(1)), ("argmax(x)", dict(x=V), np.argmax),
    ("argmin(x, 0, keepdims=true)", dict(x=A), lambda x: x.argmin(0)[None]),
    ("argmax(x)", dict(x=np.array([1.0, np.nan, 5.0, np.nan])), np.argmax),
    ("mean(x, -1)", dict(x=V), lambda x: x.mean(-1)), ("mean(x)", dict(x=V), np.mean),
    ("logsumexp(x, 1)", dict(x=V), lambda x: np.log(np.exp(x).sum(1))),
    ("logsumexp(x, 0)", dict(x=1000 * A), lambda x: np.logaddexp.reduce(x, 0)),
    ("var(x, 1, ddof=1)", dict(x=V), lambda x: x.var(1, ddof=1)), ("std(x, keepdims=true)", dict(x=A),
     lambda x: x.std(keepdims=True)),
    ("norm(x)", dict(x=V), lambda x: np.sqrt((x**2).sum())), ("norm(x, 1, 0)", dict(x=A), lambda x: np.abs(x).sum(0)),
    ("norm(x, inf, 1)", dict(x=A), lambda x: np.abs(x).max(1)), ("norm(x, 3, 1)", dict(x=A),
     lambda x: (np.abs(x)**3).sum(1)**(1 / 3)),
    ("softmax(x)", dict(x=A), softmax), ("softmax(x, 0)", dict(x=V), lambda x: softmax(x, 0)),
    ("log_softmax(x)", dict(x=A), log_softmax), ("softmax(x)", dict(x=1000 * A), softmax),
    ("cumsum(x, 1)", dict(x=V), lambda x: x.cumsum(1)), ("cumsum(x)", dict(x=A), np.cumsum),
    ("cumsum(x, 1, reverse=true, exclusive=true)", dict(x=A), lambda x: x[:, ::-1].cumsum(1)[:, ::-1] - x),
    ("cumprod(x, 0)", dict(x=A), lambda x: x.cumprod(0)),
    ("cumprod(x, 0)", dict(x=np.array([2.0, 0.0, 3.0, 0.0, 4.0])), np.cumprod),
    # Shape
    ("reshape(x, [2, 6])", dict(x=A), lambda x: x.reshape(2, 6)), ("transpose(x)", dict(x=V), lambda x: x.T),
    ("transpose(x, [1, 0, 2])", dict(x=V), lambda x: x.transpose(1, 0, 2)),
    ("broadcast_to(x, [2, 3, 4])", dict(x=A), lambda x: np.broadcast_to(x, (2, 3, 4))),
    ("concat(x, y, x, axis=1)", dict(x=A, y=B[:, :2]), lambda x, y: np.concatenate([x, y, x], 1)),
    ("stack(x, y, axis=-1)", dict(x=A, y=B), lambda x, y: np.stack([x, y], -1)),
    ("x[::2, 3:0:-1]", dict(x=A), lambda x: x[::2, 3:0:-1]),
    ("x[1:, -1]", dict(x=A), lambda x: x[1:, -1]), ("x[::-1, 1:3]", dict(x=A), lambda x: x[::-1, 1:3]),
    ("x[..., None, 2]", dict(x=A), lambda x: x[..., None, 2]),
    ("pad(x, [[1, 0], [2, 3]], constant_values=7)", dict(x=A),
     lambda x: np.pad(x, ((1, 0), (2, 3)), constant_values=7)),
    ("pad(x, [[2, 1], [0, 3]], mode='reflect')", dict(x=A), lambda x: np.pad(x, ((2, 1), (0, 3)), mode="reflect")),
    ("pad(x, [[2, 1], [0, 3]], mode='edge')", dict(x=A), lambda x: np.pad(x, ((2, 1), (0, 3)), mode="edge")),
    ("tile(x, [2, 1, 3])", dict(x=A), lambda x: np.tile(x, (2, 1, 3))), ("tile(x, 2)", dict(x=A),
     lambda x: np.tile(x, 2)),
    ("squeeze(x)", dict(x=A[:, :1]), np.squeeze), ("expand_dims(x, [0, -1])", dict(x=A), lambda x: x[None, ..., None]),
    ("reverse(x)", dict(x=A), np.flip), ("reverse(x, 1)", dict(x=V), lambda x: np.flip(x, 1)),
    ("roll(x, 5)", dict(x=A), lambda x: np.roll(x, 5)), ("roll(x, [1, -2], axis=[0, 1])", dict(x=A),
     lambda x: np.roll(x, (1, -2), (0, 1))),
    ("tril(x)", dict(x=V), np.tril), ("triu(x, k=-1)", dict(x=A), lambda x: np.triu(x, -1)),
    ("tril(x, k=-1)", dict(x=A), lambda x: np.tril(x, -1)),
    # Indexing
    ("gather(x, i)", dict(x=A, i=np.array([2, 0, -1, 2])), lambda x, i: np.take(x, i, 0)),
    ("gather(x, i, axis=1)", dict(x=V, i=np.array([[2, 0], [-1, 2]], np.int32)), lambda x, i: np.take(x, i, 1)),
    ("embedding(i, x)", dict(i=np.array([[2, 0], [1, 2]]), x=A), lambda i, x: x[i]),
    ("take_along_axis(x, i, axis=1)", dict(x=A, i=np.array([[0, 3, -1]])), lambda x, i: np.take_along_axis(x, i, 1)),
    ("take_along_axis(x, i, axis=0)", dict(x=A[:, :1].copy(), i=np.array([[0, 1], [2, 2]])),
     lambda x, i: np.take_along_axis(x, i, 0)),
    ("take_along_axis(x, i, axis=1)", dict(x=A, i=np.array([[0, 3], [1, 1], [-1, 0]])),
     lambda x, i: np.take_along_axis(x, i, 1)),
    ("one_hot(i, 5)", dict(i=np.array([0, 4, 7, -1])), lambda i: (i[:, None] == np.arange(5)).astype(np.float32)),
    ("one_hot(i, 3, on_value=5, off_value=2, axis=0, dtype='i32')", dict(i=np.array([0, 2])),
     lambda i: np.where(i[None] == np.arange(3)[:, None], 5, 2)),
    ("x * iota(shape=[3, 4], axis=1, dtype='f64')", dict(x=A), lambda x: x * np.arange(4.0)),
    ("gather_nd(x, i)", dict(x=V, i=np.array([[0, 2], [1, 1], [0, -1]])), lambda x, i: x[i[:, 0], i[:, 1]]),
    ("scatter_add(x, i, u)", dict(x=A, i=np.array([[2], [0], [2]]), u=B), lambda x, i, u: index_add(x, i[:, 0], u)),
    ("resize(x, [7, 5])", dict(x=IMAGE), lambda x: resized(x, 7, 5)),
    ("resize(x, 2)", dict(x=IMAGE), lambda x: resized(x, 2, 2)),
    ("resize(x, [6, 9], method='nearest')", dict(x=IMAGE),
     lambda x: x[:, np.int64((np.arange(6) + 0.5) * 4 / 6)][:, :, np.int64((np.arange(9) + 0.5) * 6 / 9)]),
    ("space_to_depth(x, 2)", dict(x=IMAGE),
     lambda x: x.reshape(2, 2, 2, 3, 2, 3).transpose(0, 1, 3, 2, 4, 5).reshape(2, 2, 3, 12)),
    ("depth_to_space(x, 2)", dict(x=IMAGE.reshape(2, 2, 3, 12)),
     lambda x: x.reshape(2, 2, 3, 2, 2, 3).transpose(0, 1, 3, 2, 4, 5).reshape(2, 4, 6, 3)),
    ("attention(x, k, v)", dict(x=V, k=V[:, ::-1].copy(), v=V[:, :, :2].copy()), attention),
    ("attention(x, k, v, scale=0.3, causal=true)", dict(x=V, k=V[:, ::-1].copy(), v=V),
     lambda x, k, v: attention(x, k, v, np.tri(3, dtype=bool), 0.3)),
    ("attention(x, k, k, m)", dict(x=V[:, :2].copy(), k=V, m=MASK), lambda x, k, m: attention(x, k, k, m)),
    ("trace(x)", dict(x=V), lambda x: np.trace(x, axis1=1, axis2=2)),
    # Losses
    ("mse(x, y)", dict(x=A, y=B), lambda x, y: ((x - y)**2).mean()),
    ("mae(x, y, reduction='sum')", dict(x=A, y=B), lambda x, y: np.abs(x - y).sum()),
    ("huber(x, y, delta=0.7, reduction='none')", dict(x=A, y=B),
     lambda x, y: np.where(np.abs(x - y) <= 0.7, 0.5 * (x - y)**2, 0.7 * (np.abs(x - y) - 0.35))),
    ("sigmoid_cross_entropy(x, y)", dict(x=A, y=P), lambda x, y: (softplus(x) - x * y).mean()),
    ("hinge(x, y)", dict(x=A, y=np.sign(B)), lambda x, y: np.maximum(1 - x * y, 0).mean()),
    ("softmax_cross_entropy(x, y)", dict(x=A, y=P), lambda x, y: -(y * log_softmax(x)).sum(-1).mean()),
    ("sparse_softmax_cross_entropy(x, l)", dict(x=A, l=LABELS),
     lambda x, l: -(onehot(l, 4) * log_softmax(x)).sum(-1).mean()),
    ("sparse_softmax_cross_entropy(x, l, axis=0, reduction='none')", dict(x=A, l=np.array([0, 2, 1, 1], np.int32)),
     lambda x, l: -(onehot(l, 3).T * log_softmax(x, 0)).sum(0)),
    ("nll(x, l, reduction='sum')", dict(x=A, l=LABELS), lambda x, l: -(onehot(l, 4) * x).sum()),
    ("kl_divergence(x, y)", dict(x=P, y=P[::-1].copy()), lambda x, y: (x * np.log(x / y)).sum(-1).mean()),
    # Selection
    ("sort(x, 0)", dict(x=A), lambda x: np.sort(x, 0)),
    ("sort(x, descending=true)", dict(x=np.array([1.0, np.nan, 3.0, 2.0, 3.0])),
     lambda x: np.array([3.0, 3, 2, 1, np.nan])),
    ("scatter(x, i, u)", dict(x=A, i=np.array([[2], [0], [2]]), u=B), lambda x, i, u: np.stack([u[1], x[1], u[2]])),
    ("dynamic_slice(x, i, j, sizes=[2, 2])", dict(x=A, i=np.array(1), j=np.array(2, np.int32)),
     lambda x, i, j: x[1:3, 2:4]),
    ("dynamic_update_slice(x, u, i, j)", dict(x=A, u=B[:2, :2], i=np.array(1), j=np.array(2, np.int32)),
     lambda x, u, i, j: np.block([[x[:1]], [x[1:3, :2], u]])),
]
FLAT = ["x // y", "sign", "floor", "ceil", "round", "trunc"]  # no derivative, so no training
NAMES = {str(np.dtype(t[0] + str(int(t[1:]) // 8))): t for t in "f16 f32 f64 i8 i16 i32 i64 u8 u16 u32 u64".split()} | {"bool": "bool"}


def spell(array):
    return f"{NAMES[str(array.dtype)]}[{', '.join(map(str, array.shape))}]"


def model(expression, operands, result, folder):
    floating = {k: v for k, v in operands.items() if v.dtype == np.float64}
    graph = {"symc": 1, "name": "m", "inputs": {k: spell(v) for k, v in operands.items() if k not in floating},
             "parameters": {k: spell(v) for k, v in floating.items()}, "nodes": [{"name": "out", "expr": expression}],
             "outputs": ["out"]}
    differentiable = floating and result.dtype == np.float64 and expression.split('(')[0] not in FLAT
    if differentiable:
        graph["inputs"]["cotangent"] = spell(result)
        graph["train"] = {"loss": "sum(out * cotangent)", "optimizer": "sgd"}
    path = pathlib.Path(folder) / "m.json"
    path.write_text(json.dumps(graph))
    return symc.compile(str(path), str(pathlib.Path(folder) / "libm.so")), floating, differentiable


def run(expression, operands, reference):
    operands = {k: np.array(v) for k, v in operands.items()}
    with np.errstate(all="ignore"):
        want = np.asarray(reference(*operands.values()))
    with tempfile.TemporaryDirectory() as folder:
        m, floating, differentiable = model(expression, operands, want, folder)
        inputs = {k: v for k, v in operands.items() if k not in floating}

        def predict(values):
            for k, v in values.items():
                m.parameters[k][...] = v
            return np.asarray(m.predict(**inputs)["out"]).copy()

        got = predict(floating)
        if got.shape != want.shape:
            return f"shape {got.shape}, not {want.shape}"
        if not np.allclose(got, want, rtol=2e-15 * 50, atol=1e-15, equal_nan=True):
            return f"value {got.ravel()[:6]}, not {want.ravel()[:6]}"
        if not differentiable or not np.isfinite(want).all() or not all(np.isfinite(v).all() for v in floating.values()):
            return None
        cotangent = np.random.default_rng(3).normal(size=want.shape)
        gradients = m.gradients(cotangent=cotangent, **inputs)
        for name, value in floating.items():
            if np.abs(value).max() > 100:
                continue
            numeric = np.zeros_like(value)
            for at in np.ndindex(value.shape):
                difference = 0
                for sign in (1, -1):
                    moved = value.copy()
                    moved[at] += sign * 1e-6
                    difference = difference + sign * (predict({**floating, name: moved}) * cotangent).sum()
                numeric[at] = difference / 2e-6
            predict(floating)
            analytic = np.asarray(gradients[name])
            if not np.allclose(analytic, numeric, rtol=1e-6, atol=1e-7):
                return f"d{name} is {analytic.ravel()[:6]}, not {numeric.ravel()[:6]}"
    return None


# Gradients at the corners, for a cotangent of ones.
CORNERS = [
    ("maximum(x, y)", dict(x=[1.0, 2.0], y=[1.0, 3.0]), dict(x=[0.5, 0.0], y=[0.5, 1.0])),
    ("minimum(x, y)", dict(x=[1.0, 2.0], y=[1.0, 3.0]), dict(x=[0.5, 1.0], y=[0.5, 0.0])),
    ("max(x)", dict(x=[3.0, 1.0, 3.0, 3.0]), dict(x=[1 / 3, 0.0, 1 / 3, 1 / 3])),
    ("min(x)", dict(x=[3.0, 1.0, 3.0, 1.0]), dict(x=[0.0, 0.5, 0.0, 0.5])),
    ("relu(x)", dict(x=[0.0, -0.0, 1.0]), dict(x=[0.0, 0.0, 1.0])),
    ("relu6(x)", dict(x=[0.0, 6.0, 1.0]), dict(x=[0.0, 0.0, 1.0])),
    ("abs(x)", dict(x=[0.0, -2.0]), dict(x=[0.0, -1.0])),
    ("clip(x, min=-1, max=1)", dict(x=[-1.0, 1.0, 0.0, 2.0]), dict(x=[0.5, 0.5, 1.0, 0.0])),
    ("x ** y", dict(x=[0.0, 2.0], y=[2.0, 0.0]), dict(x=[0.0, 0.0], y=[0.0, math.log(2)])),
    ("norm(x)", dict(x=[0.0, 0.0]), dict(x=[0.0, 0.0])),
    ("std(x)", dict(x=[2.0, 2.0]), dict(x=[0.0, 0.0])),
    # The operand of a maximum is computed again for the gradient, with the same bits.
    ("max(-1 + tanh(x)**2)", dict(x=[0.3, 0.7, 0.1]), dict(x=[0.0, 2 * math.tanh(0.7) * (1 - math.tanh(0.7)**2), 0.0])),
    ("stop_gradient(x) * x", dict(x=[2.0, 3.0]), dict(x=[2.0, 3.0])),
]
# Functions of f32, to at most so many units in the last place.
WIDE = np.linspace(-30, 30, 4001).astype(np.float32)
TAIL = np.linspace(-100, 100, 4001).astype(np.float32)
ULPS = [("tanh(x)", WIDE, np.tanh, 4), ("sigmoid(x)", TAIL, sigmoid, 4), ("softplus(x)", TAIL, softplus, 4),
        ("silu(x)", WIDE, lambda x: x * sigmoid(x), 4), ("mish(x)", WIDE, lambda x: x * np.tanh(softplus(x)), 8),
        ("gelu(x)", np.linspace(-4, 10, 4001).astype(np.float32), lambda x: 0.5 * x * erfc(-x / np.sqrt(2)), 16),
        ("selu(x)", WIDE, lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)), 4),
        ("exp(x)", np.linspace(-87, 88, 4001).astype(np.float32), np.exp, 4), ("expm1(x)", WIDE, np.expm1, 4),
        ("log(abs(x))", WIDE[:2000], lambda x: np.log(np.abs(x)), 4),
        ("log1p(abs(x))", WIDE, lambda x: np.log1p(np.abs(x)), 4), ("sin(x)", TAIL, np.sin, 4),
    ("cos(x)", TAIL, np.cos, 4),
        ("atan(x)", TAIL, np.arctan, 4), ("erf(x)", WIDE, erf, 4), ("sinh(x)", WIDE, np.sinh, 4),
    ("cbrt(x)", TAIL, np.cbrt, 4),
        ("rsqrt(abs(x) + 1)", WIDE, lambda x: 1 / np.sqrt(np.abs(x) + np.float32(1)), 4),
    ("asinh(x)", WIDE, np.arcsinh, 4)]


def run_corner(expression, operands, gradients):
    operands = {k: np.array(v) for k, v in operands.items()}
    scalar = expression.split("(")[0] in ("max", "min", "norm", "std")
    result = np.zeros(()) if scalar else np.zeros(len(operands["x"]))
    with tempfile.TemporaryDirectory() as folder:
        m, floating, _ = model(expression, operands, result, folder)
        for k, v in floating.items():
            m.parameters[k][...] = v
        got = m.gradients(cotangent=np.ones(result.shape))
        for k, want in gradients.items():
            if not np.allclose(got[k], want, rtol=1e-14, atol=0):
                return f"d{k} is {got[k]}, not {want}"
    return None


def run_ulps(expression, x, reference, most):
    with tempfile.TemporaryDirectory() as folder:
        graph = {"symc": 1, "name": "m", "inputs": {"x": "f32[n]"}, "nodes": [{"name": "y", "expr": expression}],
                 "outputs": ["y"]}
        path = pathlib.Path(folder) / "m.json"
        path.write_text(json.dumps(graph))
        m = symc.compile(str(path), str(pathlib.Path(folder) / "libm.so"))
        got = np.asarray(m.predict(x=x)["y"]).astype(np.float64)
        want = np.asarray(reference(x.astype(np.float64)))
        ulps = np.abs(got - want) / np.spacing(np.abs(want).astype(np.float32)).astype(np.float64)
        worst = int(np.nanargmax(ulps))
        if not ulps[worst] <= most + 0.5:
            return f"{ulps[worst]:.1f} ulp at {x[worst]}: {got[worst]}, not {want[worst]}"
    return None


# Inputs with symbolic sizes: expression, types, values, reference.
ROWS = rng.integers(-9, 9, size=(5, 7, 33))
SYMBOLIC = [
    # Partial results over the leading axis, of which the last ones are empty.
    ("argmax(x)", dict(x="i64[a, b, c]"), dict(x=ROWS), np.argmax),
    ("argmin(x)", dict(x="i64[a, 7, c]"), dict(x=ROWS), np.argmin),
    ("sum(x)", dict(x="i64[a, b, 33]"), dict(x=ROWS), np.sum),
    # Scales that are given may have symbolic sizes.
    ("layer_norm(x, g, b)", dict(x="f64[n, f]", g="f64[f]", b="f64[f]"), dict(x=A, g=P[0], b=B[0]),
     lambda x, g, b: (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5) * g + b),
    # Partial results whose elements are checked.
    ("sparse_softmax_cross_entropy(x, l, axis=0)", dict(x="f64[a, b, c]", l="i64[b, c]"),
     dict(x=V, l=np.arange(12).reshape(3, 4) % 2),
     lambda x, l: -np.take_along_axis(log_softmax(x, 0), l[None], 0).mean()),
]


def run_symbolic(expression, types, operands, reference):
    graph = {"symc": 1, "name": "m", "inputs": types, "outputs": {"out": expression}}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "m.json"
        path.write_text(json.dumps(graph))
        got = symc.compile(str(path), str(pathlib.Path(folder) / "libm.so")).predict(**operands)["out"]
    want = np.asarray(reference(*operands.values()))
    return None if np.allclose(got, want, rtol=1e-13, atol=0) else f"value {got}, not {want}"


# What is refused at run time: expression, types, values, what the status says.
ROOM = np.zeros((1, 2, 5, 1))
REFUSED = [
    ("x[3:]", dict(x="f64[n]"), dict(x=A[0, :2]), "a slice needs 3 elements of n = 2"),
    ("sum(x[2:-1])", dict(x="f64[n]"), dict(x=A[0, :2]), "a slice needs 3 elements of n = 2"),
    ("x + iota(shape=[n - 3, 1], dtype='f64')", dict(x="f64[n]"), dict(x=A[0, :2]), "a size of f64[n - 3, n] is -1"),
    ("lstsq(x, l)", dict(x="f64[n, 4]", l="f64[n]"), dict(x=A, l=A[:, 0].copy()),
     "the factors of a matrix of 4 columns need at least as many rows, not n = 3"),
    ("max_pool(x, 3)", dict(x="f64[1, h, w, 1]"), dict(x=ROOM), "a window of 3 does not fit into the 2 elements"),
    ("conv2d(x, k, use_bias=false)", dict(x="f64[1, h, w, 1]", k="f64[3, 3, 1, 1]"),
     dict(x=ROOM, k=np.zeros((3, 3, 1, 1))), "a window of 3 does not fit into the 2 elements"),
    ("conv2d(x, k, padding=[[0, 0], [1, 1]], use_bias=false)", dict(x="f64[1, 2, w, 1]", k="f64[2, 3, 1, 1]"),
     dict(x=np.zeros((1, 2, 0, 1)), k=np.zeros((2, 3, 1, 1))), "a window of 3 does not fit into the 2 (with padding)"),
    # The image is that of a part; the node is that of the file.
    ("conv1d(x, k, use_bias=false)", dict(x="f64[1, w, 3]", k="f64[2, 3, 1]"),
     dict(x=np.zeros((1, 1, 3)), k=np.zeros((2, 3, 1))), "along an axis of the image f64[1, 1, w, 3], in node 'out'"),
    ("argmax(x, 0)", dict(x="f64[w, 4]"), dict(x=np.zeros((0, 4))), "argmax of f64[w, 4] has no value where w is 0"),
    ("pad(x, [[1, 1]], mode='edge')", dict(x="f64[w]"), dict(x=np.zeros(0)), "a slice needs 1 elements of w = 0"),
]


def run_refused(expression, types, operands, message):
    graph = {"symc": 1, "name": "m", "inputs": types, "outputs": {"out": expression}}
    if "w" in str(types):
        graph["dims"] = {"w": {"min": 0}}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "m.json"
        path.write_text(json.dumps(graph))
        try:
            got = symc.compile(str(path), str(pathlib.Path(folder) / "libm.so")).predict(**operands)
            return f"gives {got} instead of a status"
        except symc.CheckError as e:
            return None if message in str(e) else f"says '{e}'"


def run_batch_norm():
    """Batch statistics and moving averages in training, the averages in inference."""
    graph = {"symc": 1, "name": "m", "inputs": {"x": "f64[n, 3, 4]"},
             "nodes": [{"name": "bn", "op": "batch_norm", "inputs": ["x"], "attrs": {"momentum": 0.9, "epsilon": 0.01}}],
             "outputs": ["bn"], "train": {"loss": "mean(bn**2 * iota(shape=[4], dtype='f64'))", "optimizer": "sgd"}}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "m.json"
        path.write_text(json.dumps(graph))
        m = symc.compile(str(path), str(pathlib.Path(folder) / "libm.so"))
        m.parameters["bn/gamma"] = gamma = np.array([1.0, 2, 0.5, -1])
        m.parameters["bn/beta"] = beta = np.array([0.5, 0, 1, -2])
        mean, variance = np.zeros(4), np.ones(4)
        for step in range(3):
            x = rng.normal(loc=step, size=(5, 3, 4))
            scaled = lambda mean, variance: ((x - mean) / np.sqrt(variance + 0.01) * m.parameters["bn/gamma"] +
                                             m.parameters["bn/beta"])
            if not np.allclose(m.predict(x=x)["bn"], scaled(mean, variance), rtol=1e-12):
                return "inference does not use the moving averages"
            batch_mean, batch_variance = x.mean((0, 1)), x.var((0, 1))
            normal = scaled(batch_mean, batch_variance)
            loss = m.train_step(x=x)["loss"]
            if not np.isclose(loss, (normal**2 * np.arange(4.0)).mean(), rtol=1e-12):
                return "training does not use the batch's statistics"
            mean, variance = 0.9 * mean + 0.1 * batch_mean, 0.9 * variance + 0.1 * batch_variance
            for name, want in (("moving_mean", mean), ("moving_variance", variance)):
                if not np.allclose(m.parameters["bn/" + name], want, rtol=1e-12):
                    return f"{name} is {m.parameters['bn/' + name]}, not {want}"
        if np.array_equal(m.parameters["bn/gamma"], gamma) or np.array_equal(m.parameters["bn/beta"], beta):
            return "gamma or beta is not trained"
    return None


def run_top_k():
    graph = {"symc": 1, "name": "m", "inputs": {"x": "f64[n, 5]"},
             "nodes": [{"name": ["v", "i"], "op": "top_k", "inputs": ["x"], "attrs": {"k": 3}}], "outputs": ["v", "i"]}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "m.json"
        path.write_text(json.dumps(graph))
        m = symc.compile(str(path), str(pathlib.Path(folder) / "libm.so"))
        out = m.predict(x=np.array([[1.0, 5, 2, 5, 4], [np.nan, 1, -1, np.nan, 0]]))
        if not np.array_equal(out["i"], [[1, 3, 4], [0, 3, 1]]) or not np.array_equal(
                out["v"], [[5, 5, 4], [np.nan, np.nan, 1]], equal_nan=True):
            return f"top_k gives {out}"
    return None


def philox(count, stream, seed, step):
    """Element 4 i + lane is lane `lane` of block i."""
    u64 = np.uint64
    low = lambda v: v & u64(0xFFFFFFFF)
    index = np.arange((count + 3) // 4, dtype=u64)
    c = [low(index), index >> u64(32), np.full_like(index, stream), np.full_like(index, step)]
    k = [u64(seed & 0xFFFFFFFF), u64(seed >> 32)]
    for _ in range(10):
        p, q = u64(0xD2511F53) * c[0], u64(0xCD9E8D57) * c[2]
        c = [(q >> u64(32)) ^ c[1] ^ k[0], low(q), (p >> u64(32)) ^ c[3] ^ k[1], low(p)]
        k = [low(k[0] + u64(0x9E3779B9)), low(k[1] + u64(0xBB67AE85))]
    return np.stack(c, 1).ravel()[:count]


def run_random():
    """Dropout's mask and the numbers of random ops are those of the rules."""
    graph = {"symc": 1, "name": "m", "inputs": {"x": "f32[n, 7]"}, "parameters": {"w": "f32[7]"},
             "nodes": [{"name": "drop", "op": "dropout", "inputs": ["x"], "attrs": {"rate": 0.3}},
                       {"name": "u", "op": "random_uniform", "attrs": {"shape": ["n", 7], "low": -2, "high": 3}},
                       {"name": "v", "op": "random_uniform", "attrs": {"shape": [100000], "low": 100, "high": 101}},
                       {"name": "h", "op": "random_uniform", "attrs": {"shape": [100000], "dtype": "f16"}},
                       {"name": "e", "op": "random_uniform",
                        "attrs": {"shape": [1000], "low": 1, "high": 1.003, "dtype": "bf16"}},
                       {"name": "z", "op": "random_normal", "attrs": {"shape": [1000], "dtype": "f64"}},
                       {"name": "t", "op": "random_truncated_normal",
                        "attrs": {"shape": [1000], "mean": 1, "stddev": 3, "dtype": "f64"}},
                       {"name": "coin", "op": "random_bernoulli", "attrs": {"shape": [1000], "p": 0.3}},
                       {"name": "class", "op": "random_categorical", "inputs": ["x"]}],
             "outputs": ["drop", "u", "v", "h", "e", "z", "t", "coin", "class"], "train": {"loss": "sum(drop * w)", "optimizer": "sgd"}}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "m.json"
        path.write_text(json.dumps(graph))
        m = symc.compile(str(path), str(pathlib.Path(folder) / "libm.so"))
        seed = 0x123456789ABC
        m.initialize(seed=seed)
        x = rng.normal(size=(11, 7)).astype(np.float32)
        uniform = lambda name, count: (philox(count, zlib.crc32(name.encode()), seed, 0) >> np.uint64(8)) * 2.0**-24
        out = m.predict(x=x)
        if not np.array_equal(out["drop"], x):
            return "dropout is not the identity in predict"
        want = (uniform("u", 77).reshape(11, 7) * 5 - 2).astype(np.float32)
        if not np.allclose(out["u"], want, rtol=1e-6, atol=1e-6):
            return f"random_uniform gives {out['u'].ravel()[:4]}, not {want.ravel()[:4]}"
        # What rounds to the end is the number below it.
        want = np.minimum((uniform("v", 100000) + 100).astype(np.float32), np.nextafter(np.float32(101), np.float32(0)))
        if not np.array_equal(out["v"], want):
            return f"random_uniform gives {out['v'].max()} in [100, 101)"
        want = np.minimum(uniform("h", 100000).astype(np.float16), np.float16(1 - 2**-11))
        if not np.array_equal(out["h"], want):
            return f"random_uniform in f16 gives {out['h'].max()} in [0, 1)"
        if not np.array_equal(out["e"], np.full(1000, 0x3F80, np.uint16)):  # 1 and 1.003 are one number
            return f"random_uniform in bf16 gives {out['e'].min():x} in [1, 1.003)"
        v = uniform("z", 1000).reshape(-1, 2)
        radius, angle = np.sqrt(-2 * np.log(1 - v[:, 0])), 2 * np.pi * v[:, 1]
        want = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).ravel()
        if not np.allclose(out["z"], want, rtol=1e-12, atol=1e-14):
            return f"random_normal gives {out['z'][:4]}, not {want[:4]}"
        normal = statistics.NormalDist()
        low = normal.cdf(-2)
        want = np.array([1 + 3 * normal.inv_cdf(low + v * (1 - 2 * low)) for v in uniform("t", 1000)])
        if not np.allclose(out["t"], want, rtol=1e-7, atol=1e-7):
            return f"random_truncated_normal gives {out['t'][:4]}, not {want[:4]}"
        if not np.array_equal(out["coin"], uniform("coin", 1000).astype(np.float32) < np.float32(0.3)):
            return "random_bernoulli gives other numbers"
        v = uniform("class", 77).reshape(11, 7)
        if not np.array_equal(out["class"], (x - np.log(-np.log(np.maximum(v, 1e-300)))).argmax(1)):
            return f"random_categorical gives {out['class']}"
        keep = uniform("drop", 77).reshape(11, 7).astype(np.float32) >= np.float32(0.3)
        want = np.where(keep, x / np.float32(0.7), 0).sum(0)
        if not np.allclose(m.gradients(x=x)["w"], want, rtol=1e-5, atol=1e-5):
            return "dropout's mask is another one"
    return None


def main(names):
    failed = count = 0
    jobs = [(run, case) for case in CASES] + [(run_corner, case) for case in CORNERS] + \
           [(run_ulps, case) for case in ULPS] + [(run_symbolic, case) for case in SYMBOLIC] + \
           [(run_refused, case) for case in REFUSED] + [(run_batch_norm, ()), (run_top_k, ()), (run_random, ())]
    for function, case in jobs:
        label = case[0] if case else function.__name__.removeprefix("run_")
        if names and not any(n in label for n in names):
            continue
        count += 1
        try:
            error = function(*case)
        except Exception as e:
            error = f"{type(e).__name__}: {e}"
        if error:
            failed += 1
            print(f"FAIL {label}: {error}", flush=True)
    print(f"{count - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
