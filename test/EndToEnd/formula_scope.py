# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""The functions that printed formulas call, in NumPy: those of graph files by their rules, and those that derivatives add."""
import itertools
import math

import numpy as np

erf = np.vectorize(math.erf, otypes=[float])
erfc = np.vectorize(math.erfc, otypes=[float])
DTYPES = {"f32": np.float32, "f64": np.float64, "i32": np.int32, "i64": np.int64, "bool": np.bool_, "u8": np.uint8}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x, axis=-1):
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def logsumexp(x, axis=None, keepdims=False):
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def norm(x, ord=2, axis=None, keepdims=False):
    if ord in ("inf", "-inf", math.inf, -math.inf):
        return (np.max if float(ord) > 0 else np.min)(np.abs(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum(x != 0, axis=axis, keepdims=keepdims) * 1.0
    return np.sum(np.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1 / ord)


def reduce_loss(loss, reduction):
    return loss if reduction == "none" else np.sum(loss) if reduction == "sum" else np.mean(loss)


def elementwise_loss(function):
    return lambda x, y, reduction="mean", **attrs: reduce_loss(function(x, y, **attrs), reduction)


def huber(x, y, delta=1.0):
    d = np.abs(x - y)
    return np.where(d <= delta, d * d / 2, delta * (d - delta / 2))


def class_loss(log_probabilities, labels, axis=-1, reduction="mean", ignore_index=None):
    """Examples with the label `ignore_index` count nowhere."""
    kept = np.ones(labels.shape, bool) if ignore_index is None else labels != ignore_index
    loss = np.where(kept, -picked(log_probabilities, np.where(kept, labels, 0), axis), 0)
    return np.sum(loss) / np.sum(kept) if reduction == "mean" else reduce_loss(loss, reduction)


def picked(x, labels, axis=-1):
    return np.squeeze(np.take_along_axis(x, np.expand_dims(labels, axis), axis=axis), axis=axis)


def sparse_softmax_cross_entropy(x, labels, axis=-1, **attrs):
    return class_loss(np.log(softmax(x, axis)), labels, axis, **attrs)


def dense(x, kernel, *bias):
    return x @ kernel + (bias[0] if bias else 0)


# ---- Moves

def sizes_of(sizes):
    return sizes if isinstance(sizes, tuple) else (sizes,)


def crop(x, offsets, sizes, steps=None, needed=None):
    offsets, sizes = sizes_of(offsets), sizes_of(sizes)
    steps = sizes_of(steps) if steps else (1,) * len(sizes)
    return x[np.ix_(*(o + np.arange(n) * s for o, n, s in zip(offsets, sizes, steps)))]


def place(x, offsets, sizes, steps=None, value=0):
    offsets, sizes = sizes_of(offsets), sizes_of(sizes)
    steps = sizes_of(steps) if steps else (1,) * len(sizes)
    out = np.full(sizes, value, np.result_type(x, float))
    out[np.ix_(*(o + np.arange(n) * s for o, n, s in zip(offsets, x.shape, steps)))] = x
    return out


def slice_(x, start=None, stop=None, step=None):
    entries = lambda v: sizes_of(v) if v is not None else (None,) * x.ndim
    return x[tuple(slice(*bounds) for bounds in zip(entries(start), entries(stop), entries(step)))]


def pad(x, pad_width, mode="constant", constant_values=0):
    pairs = np.reshape(pad_width, (-1, 2))
    return np.pad(x, pairs, mode=mode, **({"constant_values": constant_values} if mode == "constant" else {}))


def dynamic_slice(x, *start, sizes):
    return x[tuple(slice(int(s), int(s) + n) for s, n in zip(start, sizes_of(sizes)))]


def dynamic_update_slice(x, update, *start):
    out = np.array(x)
    out[tuple(slice(int(s), int(s) + n) for s, n in zip(start, update.shape))] = update
    return out


def split(x, sections=None, sizes=None, axis=0):
    return np.split(x, sections if sections else np.cumsum(sizes_of(sizes))[:-1], axis=axis)


def index_add(indices, updates, axis, size):
    before = updates.shape[:axis]
    flat = np.reshape(updates, (*before, indices.size, *updates.shape[axis + indices.ndim:]))
    out = np.zeros((*before, size, *flat.shape[axis + 1:]))
    np.add.at(out, (slice(None),) * axis + (indices.reshape(-1),), flat)
    return out


def index_add_along(indices, updates, axis, size):
    out = np.zeros((*updates.shape[:axis], size, *updates.shape[axis + 1:]))
    grid = list(np.indices(indices.shape))
    grid[axis] = indices
    np.add.at(out, tuple(grid), updates)
    return out


def linear_index(indices, sizes, tuples=True, what=""):
    return np.ravel_multi_index(tuple(np.moveaxis(indices, -1, 0)), sizes_of(sizes)) if tuples else indices


def last_writer(indices, size):
    out = np.full(size, -1)
    for i, place in enumerate(indices.reshape(-1)):
        out[place] = i
    return out


def scatter(x, indices, updates, add=False):
    out, places = np.array(x), tuple(np.moveaxis(indices, -1, 0))
    np.add.at(out, places, updates) if add else out.__setitem__(places, updates)
    return out


def diagonal_embed(x, first, second):
    out = np.zeros((*x.shape[:second], x.shape[first], *x.shape[second:]))
    for i in range(x.shape[first]):
        part = (slice(None),) * first + (i,)
        out[(slice(None),) * first + (i,) + (slice(None),) * (second - first - 1) + (i,)] = x[part]
    return out


def cumsum(x, axis, reverse=False, exclusive=False):
    x = np.flip(x, axis) if reverse else x
    total = np.cumsum(x, axis=axis) - (x if exclusive else 0)
    return np.flip(total, axis) if reverse else total


def recurrence(factor, term, axis, reverse):
    """out[i] = term[i] + factor[i] * out[i - 1] along the axis, or from the other end."""
    factor, term = (np.flip(np.moveaxis(v, axis, 0), 0) if reverse else np.moveaxis(v, axis, 0) for v in (factor, term))
    out = np.array(term, float)
    for i in range(1, len(out)):
        out[i] += factor[i] * out[i - 1]
    return np.moveaxis(np.flip(out, 0) if reverse else out, 0, axis)


# ---- Windows and convolutions: images are [n, height, width, channel], with any number of axes between

def places(x_size, out_size, stride, dilation, kernel, before):
    """(out, kernel, place in x), where it lies inside."""
    return [(o, k, o * stride + k * dilation - before) for o in range(out_size) for k in range(kernel)
            if 0 <= o * stride + k * dilation - before < x_size]


def each(value, count):
    """A number stands for a list of one, and a missing list for ones (steps)."""
    return (1,) * count if value is None else value if isinstance(value, tuple) else (value,) * count


def amounts(padding, axes):
    return (0,) * (2 * axes) if padding is None else padding


def pairs(image, out, kernel, strides=None, dilations=None, padding=None):
    """Places in the result, the kernel and the image that go together."""
    axes = len(image)
    strides, dilations, kernel = (each(v, axes) for v in (strides, dilations, kernel))
    befores = amounts(padding, axes)[::2]
    for found in itertools.product(*map(places, image, out, strides, dilations, kernel, befores)):
        yield tuple(zip(*found))


def out_sizes(image, kernel, strides=None, dilations=None, padding=None):
    axes = len(image)
    strides, dilations, kernel = (each(v, axes) for v in (strides, dilations, kernel))
    padding = amounts(padding, axes)
    return tuple((image[i] + padding[2 * i] + padding[2 * i + 1] - dilations[i] * (kernel[i] - 1) - 1) // strides[i] + 1
                 for i in range(axes))


def of(place, channels=slice(None)):
    return (slice(None), *place, channels)


def grouped(groups, channels, g):
    return slice(g * channels // groups, (g + 1) * channels // groups)


def convolution(a, b, groups=1, **attrs):
    size = out_sizes(a.shape[1:-1], b.shape[:-2], **attrs)
    out = np.zeros((a.shape[0], *size, b.shape[-1]))
    for o, k, y in pairs(a.shape[1:-1], size, b.shape[:-2], **attrs):
        for g in range(groups):
            to = grouped(groups, b.shape[-1], g)
            out[of(o, to)] += a[of(y, grouped(groups, a.shape[-1], g))] @ b[(*k, slice(None), to)]
    return out


def convolution_input(a, b, shape, groups=1, **attrs):
    out = np.zeros(shape)
    for o, k, y in pairs(shape[1:-1], a.shape[1:-1], b.shape[:-2], **attrs):
        for g in range(groups):
            to = grouped(groups, b.shape[-1], g)
            out[of(y, grouped(groups, shape[-1], g))] += a[of(o, to)] @ b[(*k, slice(None), to)].T
    return out


def convolution_filter(a, b, shape, groups=1, **attrs):
    out = np.zeros(shape)
    for o, k, y in pairs(a.shape[1:-1], b.shape[1:-1], shape[:-2], **attrs):
        for g in range(groups):
            to = grouped(groups, shape[-1], g)
            out[(*k, slice(None), to)] += a[of(y, grouped(groups, a.shape[-1], g))].T @ b[of(o, to)]
    return out


def windows(x, sizes, fill=0, **attrs):
    sizes = each(sizes, x.ndim - 2)
    size = out_sizes(x.shape[1:-1], sizes, **attrs)
    out = np.full((x.shape[0], *size, np.prod(sizes), x.shape[-1]), float(fill))
    for o, k, y in pairs(x.shape[1:-1], size, sizes, **attrs):
        out[of((*o, np.ravel_multi_index(k, sizes)))] = x[of(y)]
    return out


def window_sum(x, index=None, **attrs):
    parts = windows(x, **attrs)
    if index is None:
        return np.sum(parts, axis=-2)
    return np.squeeze(np.take_along_axis(parts, np.expand_dims(index, -2), axis=-2), axis=-2)


def window_scatter(x, index=None, *, shape, sizes, **attrs):
    out, sizes = np.zeros(shape), each(sizes, x.ndim - 2)
    for o, k, y in pairs(shape[1:-1], x.shape[1:-1], sizes, **attrs):
        out[of(y)] += x[of(o)] * (1 if index is None else index[of(o)] == np.ravel_multi_index(k, sizes))
    return out


def pool(x, pool_size, strides=None, padding="valid", layout="NHWC", mean=False):
    x = np.moveaxis(x, 1, -1) if layout == "NCHW" else x
    sizes, strides = each(pool_size, x.ndim - 2), each(strides or pool_size, x.ndim - 2)
    if padding == "same":
        totals = [max(0, ((n - 1) // s) * s + k - n) for n, s, k in zip(x.shape[1:-1], strides, sizes)]
        padding = tuple(p for t in totals for p in (t // 2, t - t // 2))
    attrs = {"sizes": sizes, "strides": strides, "padding": None if padding == "valid" else padding}
    if mean:
        out = np.sum(windows(x, **attrs), axis=-2) / np.sum(windows(np.ones(x.shape), **attrs), axis=-2)
    else:
        out = np.max(windows(x, fill=-np.inf, **attrs), axis=-2)
    return np.moveaxis(out, -1, 1) if layout == "NCHW" else out


def resample(x, axis, method, coordinates, shape, antialias=False, transposed=False):
    """x by the weights [out, in] of an axis, or by their transpose."""
    n, out = (shape[axis], x.shape[axis]) if transposed else (x.shape[axis], shape[axis])
    i, p = np.arange(out)[:, None], np.arange(n)
    step = (n - 1) / max(out - 1, 1) if coordinates == "align_corners" else n / out
    place = (i + .5) * n / out - .5 if coordinates == "half_pixel" else i * step
    if method == "nearest":
        d = np.floor(place + (0 if coordinates == "asymmetric" else .5)) - p
    else:
        d = np.abs(place - p) / (max(step, 1) if antialias else 1)
    if method == "bicubic":
        weights = np.where(d < 1, 1.5 * d**3 - 2.5 * d**2 + 1, np.where(d < 2, -.5 * d**3 + 2.5 * d**2 - 4 * d + 2, 0))
    else:
        weights = np.maximum(0, 1 - np.abs(d))
    weights = weights / np.sum(weights, axis=1, keepdims=True)
    return np.moveaxis(np.tensordot(weights.T if transposed else weights, x, (1, axis)), 0, axis)


def triangular_solve(a, b, lower=True, transpose_a=False, unit_diagonal=False):
    a = np.tril(a) if lower else np.triu(a)
    if unit_diagonal:
        a = a - np.diag(np.diag(a)) + np.eye(len(a))
    return np.linalg.solve(a.T if transpose_a else a, b)


def argmax(x, axis=None, keepdims=False):
    return np.argmax(x, axis=axis, keepdims=keepdims)


def qr(a):
    """With a diagonal of R that is what Householder's reflections make it, as LAPACK has it."""
    return tuple(np.linalg.qr(a))


# ---- Loops and branches, as docs/training.md describes them

def parts(value):
    return value if isinstance(value, tuple) else (value,)


def whole(values):
    return values[0] if len(values) == 1 else tuple(values)


def stacks(rows):
    return [np.stack(column) for column in zip(*rows)]


def scan(body, carries, rows=(), length=None, reverse=False):
    carries, rows = parts(carries), parts(rows)
    length = len(rows[0]) if length is None else int(length)
    stacked = [None] * length
    for i in reversed(range(length)) if reverse else range(length):
        results = parts(body(*carries, *(row[i] for row in rows)))
        carries, stacked[i] = results[:len(carries)], results[len(carries):]
    return whole([*carries, *stacks(stacked)])


def while_loop(condition, body, carries, max_iterations=None, count=False):
    carries, stacked = parts(carries), []
    while condition(*carries) and (max_iterations is None or len(stacked) < max_iterations):
        results = parts(body(*carries))
        carries, _ = results[:len(carries)], stacked.append(results[len(carries):])
    return whole([*carries, *stacks(stacked), *([len(stacked)] if count else [])])


def cond(predicate, true_fn, false_fn):
    return true_fn() if predicate else false_fn()


SCOPE = {name: getattr(np, name) for name in
         """abs sign exp log log1p expm1 sqrt cbrt sin cos tan sinh cosh tanh floor ceil trunc minimum maximum where ones zeros
         sum mean prod max min any all var std broadcast_to reshape transpose swapaxes tril triu squeeze expand_dims tile
         logical_and logical_or logical_xor logical_not take_along_axis cumprod trace round inf nan dot square""".split()}
SCOPE |= {name: globals()[name] for name in
          """sigmoid softmax logsumexp norm crop place pad dynamic_slice dynamic_update_slice split index_add
          index_add_along linear_index last_writer scatter diagonal_embed cumsum recurrence convolution convolution_input
          convolution_filter windows window_sum window_scatter resample triangular_solve argmax qr erf erfc
          sparse_softmax_cross_entropy scan while_loop cond""".split()}
SCOPE |= {
    "acos": np.arccos, "asin": np.arcsin, "atan": np.arctan, "atan2": np.arctan2, "acosh": np.arccosh,
    "asinh": np.arcsinh, "atanh": np.arctanh, "rsqrt": lambda x: 1 / np.sqrt(x), "reciprocal": lambda x: 1 / x,
    "pow": np.power, "mod": np.mod, "floor_div": np.floor_divide, "is_finite": np.isfinite, "is_nan": np.isnan,
    "is_inf": np.isinf, "select": np.where, "clip": lambda x, min=None, max=None: np.clip(x, min, max),
    "cast": lambda x, dtype: np.asarray(x).astype(DTYPES[dtype]), "neg": np.negative,
    "relu": lambda x: np.maximum(x, 0), "relu6": lambda x: np.clip(x, 0, 6),
    "leaky_relu": lambda x, negative_slope=.01: np.where(x > 0, x, negative_slope * x),
    "prelu": lambda x, alpha: np.where(x > 0, x, alpha * x),
    "elu": lambda x, alpha=1: np.where(x > 0, x, alpha * np.expm1(x)),
    "celu": lambda x, alpha=1: np.where(x > 0, x, alpha * np.expm1(x / alpha)),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
    "gelu": lambda x, approximate=False: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + .044715 * x ** 3))) if approximate
    else x / 2 * erfc(-x / np.sqrt(2)),
    "silu": lambda x: x * sigmoid(x), "softplus": lambda x: np.logaddexp(x, 0), "softsign": lambda x: x / (1 + np.abs(x)),
    "mish": lambda x: x * np.tanh(np.logaddexp(x, 0)), "hard_sigmoid": lambda x: np.clip(x + 3, 0, 6) / 6,
    "hard_swish": lambda x: x * np.clip(x + 3, 0, 6) / 6, "log_softmax": lambda x, axis=-1: np.log(softmax(x, axis)),
    "one_hot": lambda labels, depth, **_: np.eye(depth)[np.asarray(labels, int)], "inv": np.linalg.inv, "det": np.linalg.det,
    "cholesky": np.linalg.cholesky, "solve": np.linalg.solve,
    "linear_solve": lambda a, b, transpose: np.linalg.solve(a.T if transpose else a, b),
    "lstsq": lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0],
    "concat": lambda *xs, axis=0: np.concatenate(xs, axis=axis), "stack": lambda *xs, axis=0: np.stack(xs, axis=axis),
    "slice": slice_, "reverse": np.flip, "roll": np.roll, "rotate": lambda x, shift, axis: np.roll(x, shift, axis),
    "gather": lambda x, indices, axis=0: np.take(x, indices, axis=axis),
    "scatter_add": lambda x, i, u: scatter(x, i, u, True), "gather_nd": lambda x, i: x[tuple(np.moveaxis(i, -1, 0))],
    "diagonal": lambda x, first, second: np.moveaxis(np.diagonal(x, axis1=first, axis2=second), -1, first),
    "sort": lambda x, axis=-1: np.sort(x, axis=axis),
    "argsort": lambda x, axis, descending=False, nan_first=False: (
        np.argsort(-x if descending else x, axis=axis, kind="stable"), None),
    "iota": lambda shape, axis=0, dtype="i64": np.indices(sizes_of(shape))[axis].astype(DTYPES[dtype]),
    "max_pool": pool, "avg_pool": lambda x, **attrs: pool(x, mean=True, **attrs),
    "mse": elementwise_loss(lambda x, y: (x - y) ** 2), "mae": elementwise_loss(lambda x, y: np.abs(x - y)),
    "huber": elementwise_loss(huber), "hinge": elementwise_loss(lambda x, y: np.maximum(1 - x * y, 0)),
    "kl_divergence": elementwise_loss(lambda p, q, axis=-1: np.sum(p * np.log(p / q), axis=axis)),
    "softmax_cross_entropy": elementwise_loss(lambda x, y, axis=-1: -np.sum(y * np.log(softmax(x, axis)), axis=axis)),
    "sigmoid_cross_entropy": elementwise_loss(lambda x, y: np.maximum(x, 0) - x * y + np.log1p(np.exp(-np.abs(x)))),
    "nll": class_loss,
}
