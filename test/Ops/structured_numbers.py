#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""structured_numbers.py [NAME ...]: structured operators where their formulas need care, against NumPy.

Convolutions and products of integers, axes of size 0, singular matrices, infinite and huge elements, masks that keep
nothing, labels out of range. Gradients are those of sum(out * cotangent) by parameters.
"""
import json
import pathlib
import sys
import tempfile
import warnings

import numpy as np
import symc

from operator_numbers import softmax, spell

warnings.simplefilter("ignore")
rng = np.random.default_rng(11)


def compiled(graph, folder):
    path = pathlib.Path(folder) / "m.json"
    path.write_text(json.dumps({"symc": 1, "name": "m", **graph}))
    return symc.compile(str(path), str(pathlib.Path(folder) / "libm.so"))


def typed(value, sizes):
    """The type of an array, of which `sizes` may name some axes."""
    return spell(value).split("[")[0] + f"[{', '.join(map(str, sizes))}]" if sizes else spell(value)


def differs(got, want, tolerance=1e-12):
    if got.shape != want.shape or got.dtype != want.dtype:
        return f"{got.dtype}{got.shape}, not {want.dtype}{want.shape}"
    close = np.allclose(got, want, tolerance, 1e-22, equal_nan=True) if want.dtype.kind == "f" else (got == want).all()
    return None if close else f"{got.ravel()[:8]}, not {want.ravel()[:8]}"


def value(expression, operands, want, sizes=None):
    """The value of an expression; dimensions that `sizes` names may be 0."""
    sizes = sizes or {}
    names = {s for axes in sizes.values() for s in axes if isinstance(s, str)}
    # An operand of which nothing is needed would be no input of predict: it is an output too.
    graph = {"inputs": {k: typed(v, sizes.get(k)) for k, v in operands.items()},
             "outputs": {"out": expression, **{"in_" + k: k for k in operands}},
             "dims": {n: {"min": 0} for n in names}}
    with tempfile.TemporaryDirectory() as folder:
        return differs(np.asarray(compiled(graph, folder).predict(**operands)["out"]), np.asarray(want))


def gradient(expression, x, out, dx):
    """The value of an expression in x, and the gradient for a cotangent of ones."""
    out, dx = np.asarray(out, x.dtype), np.asarray(dx, x.dtype)
    tolerance = 1e-5 if x.dtype == np.float32 else 1e-10
    graph = {"inputs": {}, "parameters": {"x": spell(x)}, "nodes": [{"name": "out", "expr": expression}],
             "outputs": ["out"], "train": {"loss": "sum(out)", "optimizer": "sgd"}}
    with tempfile.TemporaryDirectory() as folder:
        m = compiled(graph, folder)
        m.parameters["x"][...] = x
        if error := differs(np.asarray(m.predict()["out"]), out, tolerance):
            return f"value {error}"
        got = np.asarray(m.gradients()["x"])
        close = np.allclose(got, dx, tolerance, 1e-5 if tolerance > 1e-6 else 1e-13, equal_nan=True)
        return None if close else f"dx is {got.tolist()}, not {dx.tolist()}"


# Convolutions -------------------------------------------------------------------------------------------------------


def convolved(x, k, strides=(1, 1), dilations=(1, 1), padding=((0, 0), (0, 0)), groups=1):
    x = np.pad(x, ((0, 0), *padding, (0, 0)))
    taps = [(k.shape[i] - 1) * dilations[i] for i in (0, 1)]
    size = [(x.shape[1 + i] - taps[i] - 1) // strides[i] + 1 for i in (0, 1)]
    out = np.zeros((x.shape[0], *size, k.shape[3]), x.dtype)
    inside, outside = k.shape[2], k.shape[3] // groups
    for i, j in np.ndindex(*k.shape[:2]):
        y, z = i * dilations[0], j * dilations[1]
        part = x[:, y:y + (size[0] - 1) * strides[0] + 1:strides[0], z:z + (size[1] - 1) * strides[1] + 1:strides[1]]
        for g in range(groups):
            out[..., g * outside:(g + 1) * outside] += (
                part[..., g * inside:(g + 1) * inside] @ k[i, j, :, g * outside:(g + 1) * outside])
    return out


def transposed(x, k, strides):
    (n, h, w, _), (kh, kw, out, _) = x.shape, k.shape
    result = np.zeros((n, h * strides[0] + max(kh - strides[0], 0), w * strides[1] + max(kw - strides[1], 0), out),
                      x.dtype)
    for i, j, a, b in np.ndindex(h, w, kh, kw):
        result[:, i * strides[0] + a, j * strides[1] + b] += x[:, i, j] @ k[a, b].T
    return result


def products(dtype):
    r = lambda *shape: rng.integers(0 if np.dtype(dtype).kind == "u" else -50, 50, size=shape).astype(dtype)
    x, k, b, deep, grouped, depthwise = r(3, 5, 6, 2), r(3, 3, 2, 3), r(3), r(2, 5, 6, 4), r(2, 3, 2, 6), r(3, 3, 4, 2)
    line, taps, up, wide, wider = r(3, 9, 4), r(3, 4, 5), r(3, 2, 3, 4), r(2, 7, 7, 17), r(3, 3, 17, 35)
    image, filters = np.moveaxis(x, 3, 1).copy(), k.transpose(3, 2, 0, 1).copy()
    plain, bare = convolved(x, k), "use_bias=false"
    batch = {"x": ["batch", 5, 6, 2]}
    cases = [
        (f"conv2d(x, k, {bare})", x, k, plain, None), (f"conv2d(x, k, {bare})", x, k, plain, batch),
        (f"maximum(conv2d(x, k, {bare}), 9) - 1", x, k, np.maximum(plain, 9) - 1, batch),
        (f"sum(conv2d(x, k, {bare}), [0, 3])", x, k, plain.sum((0, 3), dtype=dtype), batch),
        (f"conv2d(x, k, {bare}, strides=2, padding=[[1, 0], [2, 1]])", x, k,
         convolved(x, k, (2, 2), padding=((1, 0), (2, 1))), {"x": ["n", "h", "w", 2]}),
        (f"conv2d(x, k, {bare}, dilations=[2, 1])", x, k, convolved(x, k, dilations=(2, 1)), batch),
        (f"conv2d(x, k, {bare}, groups=2, padding='same')", deep, grouped,
         convolved(deep, grouped, padding=((0, 1), (1, 1)), groups=2), None),
        (f"conv2d(x, k, {bare})", wide, wider, convolved(wide, wider), {"x": ["n", 7, 7, 17]}),
        (f"conv2d(x, k, {bare}, layout='NCHW')", image, filters, np.moveaxis(plain, 3, 1), None),
        (f"depthwise_conv2d(x, k, {bare})", deep, depthwise,
         convolved(deep, depthwise.reshape(3, 3, 1, 8), groups=4), None),
        (f"conv1d(x, k, {bare}, strides=2)", line, taps, convolved(line[:, None], taps[None], (1, 2))[:, 0],
         {"x": ["n", "t", 4]}),
        (f"conv_transpose2d(x, k, {bare}, strides=[2, 3])", deep, up, transposed(deep, up, (2, 3)), None),
        (f"conv_transpose2d(x, k, {bare})", deep, up, transposed(deep, up, (1, 1)), {"x": ["n", "h", 6, 4]}),
        ("x @ k + 1", r(70, 33), r(33, 65), None, {"x": ["n", 33]}), ("x @ k", r(4, 5, 7), r(4, 7, 3), None, None),
        ("matmul(x, k, transpose_b=true)", r(3, 4), r(5, 4), None, None), ("dot(x, k)", r(7), r(7), None, None),
        ("einsum('bij,bjk->bik', x, k)", r(2, 3, 4), r(2, 4, 5), None, None),
    ]
    references = {"x @ k + 1": lambda x, k: x @ k + 1, "matmul(x, k, transpose_b=true)": lambda x, k: x @ k.T}
    for expression, left, right, want, sizes in cases:
        if want is None:
            want = references.get(expression, np.matmul)(left, right)
        yield expression, lambda a=(expression, dict(x=left, k=right), want.astype(dtype), sizes): value(*a)
    yield "conv2d(x, k, b)", lambda: value("conv2d(x, k, b)", dict(x=x, k=k, b=b), plain + b, batch)


# Axes of size 0 -----------------------------------------------------------------------------------------------------

FEW = np.arange(6.0).reshape(2, 3)
NONE = lambda *shape: np.zeros(shape)
NO_INDEX = lambda *shape: np.zeros(shape, np.int64)
EMPTY = [
    ("sum(x, 1)", dict(x=[3, "k"]), dict(x=NONE(3, 0)), NONE(3)), ("sum(x)", dict(x=["k", 3]), dict(x=NONE(0, 3)), 0.0),
    ("prod(x, 1)", dict(x=[3, "k"]), dict(x=NONE(3, 0)), np.ones(3)),
    ("mean(x, 1)", dict(x=[3, "k"]), dict(x=NONE(3, 0)), np.full(3, np.nan)),
    ("max(x, 1)", dict(x=[3, "k"]), dict(x=NONE(3, 0)), np.full(3, -np.inf)),
    ("min(x, 1)", dict(x=[3, "k"]), dict(x=NONE(3, 0)), np.full(3, np.inf)),
    ("max(x, 1)", dict(x=[3, "k"]), dict(x=NONE(3, 0).astype(np.int32)), np.full(3, -2**31, np.int32)),
    ("logsumexp(x, 1)", dict(x=[3, "k"]), dict(x=NONE(3, 0)), np.full(3, -np.inf)),
    ("var(x, 1)", dict(x=[3, "k"]), dict(x=NONE(3, 0)), np.full(3, np.nan)),
    ("std(x, 1, ddof=1)", dict(x=[3, "k"]), dict(x=NONE(3, 0)), np.full(3, np.nan)),
    ("norm(x, axis=1)", dict(x=[3, "k"]), dict(x=NONE(3, 0)), NONE(3)),
    ("cumsum(x, 1)", dict(x=[3, "k"]), dict(x=NONE(3, 0)), NONE(3, 0)),
    ("cumprod(x, 0)", dict(x=["k", 3]), dict(x=NONE(0, 3)), NONE(0, 3)),
    ("softmax(x)", dict(x=[3, "k"]), dict(x=NONE(3, 0)), NONE(3, 0)),
    ("sort(x, 0)", dict(x=["k", 3]), dict(x=NONE(0, 3)), NONE(0, 3)),
    ("gather(x, i)", dict(i=["k"]), dict(x=FEW, i=NO_INDEX(0)), NONE(0, 3)),
    ("gather(x, i)", dict(x=["k", 3], i=["m"]), dict(x=NONE(0, 3), i=NO_INDEX(0)), NONE(0, 3)),
    ("gather_nd(x, i)", dict(i=["k", 2]), dict(x=FEW, i=NO_INDEX(0, 2)), NONE(0)),
    ("take_along_axis(x, i, axis=0)", dict(x=["k", 3], i=["m", 3]), dict(x=NONE(0, 3), i=NO_INDEX(0, 3)), NONE(0, 3)),
    ("scatter(x, i, u)", dict(i=["k", 1], u=["k", 3]), dict(x=FEW, i=NO_INDEX(0, 1), u=NONE(0, 3)), FEW),
    ("scatter(x, i, u)", dict(i=["k", 2], u=["k"]), dict(x=FEW, i=NO_INDEX(0, 2), u=NONE(0)), FEW),
    ("scatter(x, i, u)", dict(i=["a", "k", 1], u=["a", "k", 3]), dict(x=FEW, i=NO_INDEX(2, 0, 1), u=NONE(2, 0, 3)), FEW),
    ("scatter(x, i, u)", dict(i=["k", 1], u=["k", 3]), dict(x=FEW, i=NO_INDEX(2, 1), u=FEW + 7),
     np.stack([FEW[1] + 7, FEW[1]])),
    ("scatter(x, i, u)", dict(x=["n", 3], i=["k", 1], u=["k", 3]),
     dict(x=NONE(0, 3), i=NO_INDEX(0, 1), u=NONE(0, 3)), NONE(0, 3)),
    ("scatter_add(x, i, u)", dict(i=["k", 1], u=["k", 3]), dict(x=FEW, i=NO_INDEX(0, 1), u=NONE(0, 3)), FEW),
    ("concat(x, y)", dict(x=["k", 3]), dict(x=NONE(0, 3), y=FEW), FEW),
    ("x @ y", dict(x=[2, "k"], y=["k", 2]), dict(x=NONE(2, 0), y=NONE(0, 2)), NONE(2, 2)),
    ("x @ y", dict(x=[2, "k"], y=["k", 2]), dict(x=NONE(2, 0).astype(np.int32), y=NONE(0, 2).astype(np.int32)),
     NONE(2, 2).astype(np.int32)),
    ("det(x)", dict(x=["k", "k"]), dict(x=NONE(0, 0)), 1.0), ("inv(x)", dict(x=["k", "k"]), dict(x=NONE(0, 0)), NONE(0, 0)),
    ("conv2d(x, y, use_bias=false)", dict(x=[1, 3, 3, "k"], y=[2, 2, "k", 3]),
     dict(x=NONE(1, 3, 3, 0).astype(np.int32), y=NONE(2, 2, 0, 3).astype(np.int32)), NONE(1, 2, 2, 3).astype(np.int32)),
    ("attention(x, k, k)", dict(x=["n", 4], k=["s", 4]), dict(x=np.ones((2, 4)), k=NONE(0, 4)), NONE(2, 4)),
]

# Singular matrices --------------------------------------------------------------------------------------------------


def cofactors(a):
    minor = lambda i, j: np.linalg.det(np.delete(np.delete(a, i, -2), j, -1))
    n = a.shape[-1]
    return np.stack([np.stack([(-1)**(i + j) * minor(i, j) for j in range(n)], -1) for i in range(n)], -2)


low = rng.integers(-3, 4, size=(5, 3)) @ rng.integers(-3, 4, size=(3, 5))
one_less = rng.integers(-3, 4, size=(5, 4)) @ rng.integers(-3, 4, size=(4, 5))
MATRICES = [[[0, 1], [0, 2]], [[1, 2], [2, 4]], [[0]], [[3]], [[0, 0], [0, 0]], np.ones((3, 3)), np.zeros((4, 4)),
            [[0, 1, 0], [0, 0, 1], [0, 0, 0]], np.diag([2, 0, 3]), one_less, low, rng.integers(-3, 4, size=(4, 4)),
            [[[0, 1], [0, 2]], [[1, 2], [3, 4]], [[0, 0], [0, 0]]]]


def determinants():
    for matrix in MATRICES:
        for dtype in (np.float64, np.float32):
            a = np.array(matrix, dtype)
            if a.shape[-1] == 5:
                yield "det", lambda a=a: det_with_rounding(a)
                continue
            exact, minors = (np.round(f(a.astype(float))) for f in (np.linalg.det, cofactors))
            yield "det", lambda args=("det(x)", a, exact, minors): gradient(*args)


def det_with_rounding(a):
    """Of a singular matrix with rounding errors: against the size of the largest minors."""
    with tempfile.TemporaryDirectory() as folder:
        m = compiled({"inputs": {}, "parameters": {"x": spell(a)}, "outputs": {"out": "det(x)"},
                      "train": {"loss": "det(x)", "optimizer": "sgd"}}, folder)
        m.parameters["x"][...] = a
        want, eps = cofactors(a.astype(float)), np.finfo(a.dtype).eps
        scale = np.abs(a).max()**4 * 24
        error = np.abs(m.gradients()["x"] - want).max()
        return None if error <= 100 * eps * scale and abs(m.predict()["out"]) <= 100 * eps * scale * np.abs(a).max() \
            else f"the cofactors are wrong by {error}"


# Corners ------------------------------------------------------------------------------------------------------------

inf, nan = np.inf, np.nan
CORNERS = [
    ("logsumexp(x)", [1e7, 1e7], 1e7 + np.log(2), [0.5, 0.5]), ("logsumexp(x)", [inf, 1.0], inf, [nan, 0]),
    ("logsumexp(x, 1)", [[-inf, -inf], [-inf, 3], [1e300, 0]], [-inf, 3, 1e300], [[0, 0], [0, 1], [1, 0]]),
    ("logsumexp(x, 0, keepdims=true)", [[-1e7], [-1e7], [-1e7]], [[-1e7 + np.log(3)]], [[1 / 3]] * 3),
    ("log_softmax(x)", [[1e7, 1e7]], [[-np.log(2)] * 2], [[0.0, 0]]),
    ("softmax(x)", [[-inf, 1.0, 1.0]], [[0, 0.5, 0.5]], [[0.0, 0, 0]]),
    ("prod(x, 1)", [[1.0, 2, 3], [0, 2, 3], [0, 0, 3], [inf, 2, 1], [inf, 0, 2]], [6, 0, 0, inf, nan],
     [[6, 3, 2], [6, 0, 0], [0, 0, 0], [2, inf, inf], [0, inf, nan]]),
    ("prod(x)", [1e200, 1e-200, 1e-200], 1e-200, [0.0, 1.0, 1.0]),
    ("prod(x, [0, 2])", [[[1.0, 2], [0, 4]], [[3, 5], [6, 7]]], [30, 0], [[[30, 15], [168, 0]], [[10, 6], [0, 0]]]),
    ("cumprod(x)", [2.0, 0, 3, 0, 4], [2.0, 0, 0, 0, 0], [1, 8, 0, 0, 0]),
    ("var(x, ddof=4)", [1.0, 2, 4], inf, [-inf, -inf, inf]), ("var(x, ddof=3)", [2.0, 2, 2], nan, [nan] * 3),
    ("std(x, ddof=5)", [1.0, 2, 4], inf, [nan] * 3), ("var(x, ddof=-1)", [1.0, 3], 2 / 3, [-2 / 3, 2 / 3]),
    ("norm(x)", [0.0, 0], 0, [0, 0]), ("norm(x, 'inf')", [3.0, -4, 4], 4, [0, -0.5, 0.5]),
    ("norm(x, '-inf')", [3.0, -4, 3], 3, [0.5, 0, 0.5]), ("norm(x, inf)", [3.0, -4], 4, [0, -1]),
    ("norm(x, 1)", [3.0, -4, 0], 7, [1, -1, 0]), ("norm(x, 0.5)", [4.0, 0, 9], 25, [2.5, 0, 5 / 3]),
    ("norm(x, -1)", [2.0, -2], 1, [0.25, -0.25]), ("norm(x, 3)", [0.0, 0], 0, [0, 0]),
    ("max(x)", [inf, 1, inf], inf, [0.5, 0, 0.5]), ("min(x, 0)", [[2.0, 1], [2, 3]], [2, 1], [[0.5, 1], [0.5, 0]]),
]
SYMBOLIC = [("var(x, ddof=4)", [1.0, 2, 4], inf), ("std(x, ddof=4)", [2.0, 2], nan), ("var(x, ddof=1)", [1.0, 3], 2.0),
            ("var(x, ddof=9223372036854775807)", [1.0, 3], inf), ("var(x, ddof=-9223372036854775807)", [1.0, 3], 2**-62)]

# Attention ----------------------------------------------------------------------------------------------------------


def attention(q, k, v, mask):
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])
    mask = np.broadcast_to(mask, scores.shape)
    shares = softmax(np.where(mask, scores, np.where(mask.any(-1, keepdims=True), -inf, 0)))
    return np.where(mask.any(-1, keepdims=True), shares, 0) @ v


def differences(f, x, cotangent):
    result = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[at] = 1e-6
        result[at] = ((f(x + step) - f(x - step)) * cotangent).sum() / 2e-6
    return result


def masked(mask, attributes="", causal=False, spoilt=False):
    q, k, v = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 5, 4)), rng.normal(size=(2, 5, 2))
    kept = np.tri(3, 5, dtype=bool) if causal else mask
    if causal and mask is not None:
        kept = mask & kept
    cotangent = rng.normal(size=(2, 3, 2))
    want = [differences(lambda x: attention(*(x if y is w else y for y in (q, k, v)), kept), w, cotangent)
            for w in (q, k, v)]
    out = attention(q, k, v, kept)
    if spoilt:  # what takes no part may be anything
        q[:, ~kept.any(1)], k[:, ~kept.any(0)], v[:, ~kept.any(0)], cotangent[:, ~kept.any(1)] = nan, nan, inf, nan
    masks = {} if mask is None else {"m": mask}
    graph = {"inputs": {name: spell(x) for name, x in {**masks, "c": cotangent}.items()},
             "parameters": {"q": spell(q), "k": spell(k), "v": spell(v)},
             "nodes": [{"name": "out", "expr": f"attention({', '.join(['q, k, v', *masks])}{attributes})"}], "outputs": ["out"],
             "train": {"loss": "sum(out * c)", "optimizer": "sgd"}}
    with tempfile.TemporaryDirectory() as folder:
        m = compiled(graph, folder)
        for name, x in (("q", q), ("k", k), ("v", v)):
            m.parameters[name][...] = x
        if error := differs(np.asarray(m.predict(**masks)["out"]), out):
            return f"value {error}"
        got = m.gradients(**masks, c=cotangent)
        for name, w in zip("qkv", want):
            if not np.allclose(got[name], w, rtol=1e-6, atol=1e-7):
                return f"d{name} is {got[name]}, not {w}"
    return None


ROW = np.array([[True, False, True, False, False], [False] * 5, [True, True, False, False, False]])
MASKS = [(ROW,), (np.zeros((3, 5), bool),), (np.stack([ROW, ~ROW]),), (ROW[:1],), (ROW[0],), (ROW[:, :1].copy(),),
         (np.array([[False, True, True, True, True]] * 3), ", causal=true", True), (ROW, "", False, True),
         (None, ", causal=true", True, True), (ROW, ", causal=true", True, True)]


def causal(queries, keys, **sizes):
    """Keys that are later than every query may hold anything."""
    q, k, v = rng.normal(size=(2, queries, 4)), rng.normal(size=(2, keys, 4)), rng.normal(size=(2, keys, 2))
    out = attention(q, k, v, np.tri(queries, keys, dtype=bool))
    k[:, queries:], v[:, queries:] = nan, inf
    sizes = {name: [2, sizes.get(name[0], x.shape[1]), x.shape[2]] for name, x in (("q", q), ("k", k), ("v", v))}
    return value("attention(q, k, v, causal=true)", dict(q=q, k=k, v=v), out, sizes)


CAUSAL = [(2, 5, {}), (2, 5, dict(k="s", v="s")), (2, 5, dict(q="t")), (2, 5, dict(q="t", k="s", v="s")),
          (4, 3, dict(q="t", k="s", v="s")), (3, 3, dict(q="t", k="t", v="t"))]

# Labels -------------------------------------------------------------------------------------------------------------


def refused(expression, operands, message):
    graph = {"inputs": {k: spell(v) for k, v in operands.items()}, "outputs": {"out": expression}}
    with tempfile.TemporaryDirectory() as folder:
        try:
            return f"gives {compiled(graph, folder).predict(**operands)} instead of a status"
        except symc.CheckError as e:
            return None if message in str(e) else f"says '{e}'"


def jobs():
    for dtype in (np.int8, np.uint8, np.uint16, np.int32, np.int64, np.float64):
        for label, job in products(dtype):
            yield f"{label} {np.dtype(dtype)}", job
    for expression, sizes, operands, want in EMPTY:
        yield f"{expression} of nothing", lambda a=(expression, operands, want, sizes): value(*a)
        if "scatter" not in expression:
            yield f"{expression} of nothing, static", lambda a=(expression, operands, want): value(*a)
    yield from determinants()
    for expression, x, out, dx in CORNERS:
        yield expression, lambda a=(expression, np.array(x), out, dx): gradient(*a)
    for expression, x, out in SYMBOLIC:
        for sizes in (dict(x=["n"]), None):
            yield expression, lambda a=(expression, dict(x=np.array(x)), out, sizes): value(*a)
    for case in MASKS:
        yield "attention", lambda case=case: masked(*case)
    for queries, keys, sizes in CAUSAL:
        yield "attention", lambda a=(queries, keys), sizes=sizes: causal(*a, **sizes)
    for op in ("sparse_softmax_cross_entropy", "nll"):
        for label in (-1, -3, 3):
            yield op, lambda a=(f"{op}(x, l)", dict(x=FEW, l=np.array([0, label])),
                                f"label {label} is out of range for 3 elements, in node 'out'"): refused(*a)
    yield "embedding", lambda: value("embedding(i, x)", dict(i=np.array([-1, 0]), x=FEW), FEW[::-1])


def main(names):
    failed = count = 0
    for label, job in jobs():
        if names and not any(n in label for n in names):
            continue
        count += 1
        try:
            error = job()
        except Exception as e:
            error = f"{type(e).__name__}: {e}"
        if error:
            failed += 1
            print(f"FAIL {label}: {error}", flush=True)
    print(f"{count - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
