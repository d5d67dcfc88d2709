# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""mapping.py FILE: records like those of vjp_reference.py for arguments of PyTorch's operators that recorded samples lack.

Results are PyTorch's definitions written in NumPy element by element, products with the cotangent are central differences.
Also prints, for arguments that nobody knows, that vjp_reference.py calls them not mapped.
"""
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from vjp.mapping import build
from vjp.sample import NotMapped

rng = np.random.default_rng(3)


def tensor(x):
    x = np.asarray(x)
    return {"shape": list(x.shape), "dtype": "int64" if x.dtype.kind == "i" else "float64", "data": x.reshape(-1).tolist()}


def record(op, function, input, *args, wrt=None, **kwargs):
    """`function` gives the result of the operands. Floating ones are differentiated, `wrt` says which when not all are."""
    names = ["input", *range(len(args)), *kwargs]
    values = dict(zip(names, [input, *args, *kwargs.values()]))
    call = lambda v: np.asarray(function(v["input"], *(v[i] for i in range(len(args))), **{k: v[k] for k in kwargs}), float)
    out = call(values)
    cot = rng.normal(size=out.shape)
    grads, step = [], 1e-6
    for name in names:
        value = values[name]
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f" or (wrt and name not in wrt):
            continue
        grad = np.zeros(value.shape)
        for index in np.ndindex(*value.shape):
            sides = []
            for side in (step, -step):
                moved = np.array(value)
                moved[index] += side
                sides.append(np.sum(call({**values, name: moved}) * cot))
            grad[index] = (sides[0] - sides[1]) / (2 * step)
        grads.append(tensor(grad))
    plain = lambda v: tensor(v) if isinstance(v, np.ndarray) else v
    return {"op": op, "variant": "", "input": plain(input), "args": [plain(a) for a in args],
            "kwargs": {k: plain(v) for k, v in kwargs.items()}, "out": [tensor(out)], "cot": [tensor(cot)], "grads": grads}


def dilated(x, kernel_size, stride, padding, dilation):
    """The largest of each window, whose elements are `dilation` apart."""
    x = np.pad(x, [(0, 0)] * 2 + [(p, p) for p in padding], constant_values=-np.inf)
    counts = [(n - (k - 1) * d - 1) // s + 1 for n, k, s, d in zip(x.shape[2:], kernel_size, stride, dilation)]
    out = np.zeros((*x.shape[:2], *counts))
    for i, j in np.ndindex(*counts):
        rows, columns = (slice(a * s, a * s + (k - 1) * d + 1, d)
                         for a, s, k, d in zip((i, j), stride, kernel_size, dilation))
        out[:, :, i, j] = np.max(x[:, :, rows, columns], (2, 3))
    return out


def with_indices(sample, x, kernel_size, stride, padding):
    """The sample of a pooling with the place of each largest element in the image, counted by rows."""
    largest = np.reshape(sample["out"][0]["data"], sample["out"][0]["shape"])
    places = np.zeros(largest.shape, int)
    for n, c, i, j in np.ndindex(*places.shape):
        begin = [a * s - p for a, s, p in zip((i, j), stride, padding)]
        (places[n, c, i, j],) = [r * x.shape[3] + q for r, q in np.argwhere(x[n, c] == largest[n, c, i, j])
                                 if 0 <= r - begin[0] < kernel_size[0] and 0 <= q - begin[1] < kernel_size[1]]
    return {**sample, "kwargs": {**sample["kwargs"], "return_indices": True}, "out": [*sample["out"], tensor(places)],
            "cot": [*sample["cot"], None]}


def adaptive(x, sizes):
    """Windows that cover the image, of several sizes."""
    out = np.zeros((*x.shape[:2], *sizes))
    for place in np.ndindex(*sizes):
        parts = [slice(i * n // m, -(-(i + 1) * n // m)) for i, n, m in zip(place, x.shape[2:], sizes)]
        out[(..., *place)] = np.mean(x[(..., *parts)], (2, 3))
    return out


def pool(x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None, largest=False,
         axes=2):
    image, counts = x.shape[-axes:], []
    k, st, p = (v if isinstance(v, list) else [v] * axes for v in (kernel_size, stride or kernel_size, padding))
    for n, size, step, before in zip(image, k, st, p):
        count = int((np.ceil if ceil_mode else np.floor)((n + 2 * before - size) / step)) + 1
        counts.append(count - (ceil_mode and (count - 1) * step >= n + before))
    out = np.zeros((*x.shape[:-axes], *counts))
    for place in np.ndindex(*counts):
        starts = [a * step - before for a, step, before in zip(place, st, p)]
        ends = [min(a + size, n + before) for a, size, n, before in zip(starts, k, image, p)]
        part = x[(..., *(slice(max(0, a), b) for a, b in zip(starts, ends)))]
        inside, last = np.prod(part.shape[-axes:]), tuple(range(-axes, 0))
        divisor = divisor_override or (np.prod(np.subtract(ends, starts)) if count_include_pad else inside)
        out[(..., *place)] = np.max(part, last) if largest else np.sum(part, last) / divisor
    return out


def conv3d(x, w, bias, stride=1, padding=0, dilation=1, groups=1):
    st, p, d = (v if isinstance(v, list) else [v] * 3 for v in (stride, padding, dilation))
    x = np.pad(x, [(0, 0), (0, 0), *((q, q) for q in p)])
    sizes = [(n - (k - 1) * e - 1) // s + 1 for n, k, e, s in zip(x.shape[2:], w.shape[2:], d, st)]
    out = np.zeros((x.shape[0], w.shape[0], *sizes))
    for f in range(w.shape[0]):
        first = f // (w.shape[0] // groups) * w.shape[1]
        for tap in np.ndindex(*w.shape[1:]):
            part = x[:, first + tap[0]]
            for axis in range(3):
                part = np.take(part, np.arange(sizes[axis]) * st[axis] + tap[axis + 1] * d[axis], axis=axis + 1)
            out[:, f] += part * w[(f, *tap)]
    return out + np.reshape(bias, (-1, 1, 1, 1))


def areas(n, out, cubic):
    """PyTorch's weights of antialias=True, with half-pixel centres."""
    scale = n / out
    width = max(scale, 1)
    weights = np.zeros((out, n))
    for i, p in np.ndindex(out, n):
        d = abs(p + .5 - scale * (i + .5)) / width
        if cubic:
            weights[i, p] = (1.5 * d - 2.5) * d * d + 1 if d < 1 else (((d - 5) * d + 8) * d - 4) * -.5 if d < 2 else 0
        else:
            weights[i, p] = max(0, 1 - d)
    return weights / weights.sum(1, keepdims=True)


def interpolate(x, size, mode, antialias=True):
    for axis, out in enumerate(size):
        x = np.moveaxis(np.tensordot(areas(x.shape[axis + 2], out, mode == "bicubic"), x, (1, axis + 2)), 0, axis + 2)
    return x


def at_points(x, size=None, scale_factor=None, mode="linear"):
    """Without antialias: from the pixels around a point, which the given scale tells."""
    for axis in range(2, x.ndim):
        n = x.shape[axis]
        out = size[axis - 2] if size else int(n * scale_factor)
        scale = n / out if size else 1 / scale_factor
        columns = []
        for i in range(out):
            at = i * scale if mode == "nearest" else scale * (i + .5) - .5
            at = max(at, 0) if mode == "linear" else at
            first = int(np.floor(at))
            t, pixel = at - first, lambda k: np.take(x, np.clip(k, 0, n - 1), axis=axis)
            if mode == "nearest":
                columns.append(pixel(first))
            elif mode == "linear":
                columns.append((1 - t) * pixel(first) + t * pixel(first + 1))
            else:  # the cubic through values and slopes of 0.75 times the differences
                a, b, c, d = (pixel(first + k) for k in (-1, 0, 1, 2))
                m0, m1 = .75 * (c - a), .75 * (d - b)
                columns.append((2 * t**3 - 3 * t**2 + 1) * b + (t**3 - 2 * t**2 + t) * m0 + (3 * t**2 - 2 * t**3) * c
                               + (t**3 - t**2) * m1)
        x = np.stack(columns, axis)
    return x


def nearest_exact(x, size, mode):
    for axis, out in enumerate(size):
        n = x.shape[axis + 2]
        x = np.take(x, [(2 * i + 1) * n // (2 * out) for i in range(out)], axis=axis + 2)
    return x


def reduced(loss, reduction="mean"):
    return loss if reduction == "none" else getattr(np, reduction)(loss)


def smooth(x, y, beta=1.0, reduction="mean"):
    d = np.abs(x - y)
    return reduced(np.where(d < beta, d * d / 2 / beta if beta else 0, d - beta / 2), reduction)


def nll(x, y, weight=None, ignore_index=-100, reduction="mean"):
    losses, weights = [], []
    for i in np.ndindex(*y.shape):
        w = 0 if y[i] == ignore_index else 1 if weight is None else weight[y[i]]
        losses.append(0 if w == 0 else -w * x[(*i[:1], y[i], *i[1:])])
        weights.append(w)
    return np.reshape(losses, y.shape) if reduction == "none" else np.sum(losses) / (np.sum(weights) if reduction == "mean" else 1)


def entropy(x, y, **attrs):
    return nll(x - np.log(np.sum(np.exp(x), axis=1, keepdims=True)), y, **attrs)


def spread_entropy(x, y, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """PyTorch's cross entropy of labels of which a part is spread over the classes, or of probabilities."""
    weight = np.ones(x.shape[1]) if weight is None else weight
    log_p = x - np.log(np.sum(np.exp(x), axis=1, keepdims=True))
    total, divisor, losses = 0.0, 0.0, []
    for n in range(x.shape[0]):
        if y.ndim == 1:
            labels = (1 - label_smoothing) * np.eye(x.shape[1])[max(y[n], 0)] + label_smoothing / x.shape[1]
            share = 0.0 if y[n] == ignore_index else 1.0
            divisor += share * weight[y[n]]
        else:
            labels, share = (1 - label_smoothing) * y[n] + label_smoothing / x.shape[1], 1.0
            divisor += 1
        losses.append(-share * np.sum(weight * labels * log_p[n]))
    total = np.sum(losses)
    return np.array(losses) if reduction == "none" else total / (divisor if reduction == "mean" else 1)


def by_averages(x, mean, variance, weight=1.0, bias=0.0, eps=1e-5):
    column = lambda v: np.reshape(v, (-1,) + (1,) * (x.ndim - 2)) if np.ndim(v) else v
    return (x - column(mean)) / np.sqrt(column(variance) + eps) * column(weight) + column(bias)


def bce(x, y, weight=1.0, pos_weight=1.0, reduction="mean"):
    p = 1 / (1 + np.exp(-x))
    return reduced(-weight * (pos_weight * y * np.log(p) + (1 - y) * np.log(1 - p)), reduction)


def layer_norm(x, shape, weight=1.0, bias=0.0, eps=1e-5):
    axes = tuple(range(-len(shape), 0))
    return (x - np.mean(x, axes, keepdims=True)) / np.sqrt(np.var(x, axes, keepdims=True) + eps) * weight + bias


def padded(x, widths, mode="constant", value=0.0):
    pairs = [(0, 0)] * (x.ndim - len(widths) // 2) + list(zip(widths[::2], widths[1::2]))[::-1]
    for axis, (before, after) in enumerate(pairs):
        x = np.take(x, range(max(0, -before), x.shape[axis] - max(0, -after)), axis=axis)
    pairs = [(max(0, b), max(0, a)) for b, a in pairs]
    return np.pad(x, pairs, **({"mode": "wrap"} if mode == "circular" else {"constant_values": value}))


def conv_transpose(x, w, bias, stride=1, padding=0, output_padding=0):
    full = np.zeros((x.shape[0], w.shape[1], *((n - 1) * stride + k + output_padding for n, k in zip(x.shape[2:], w.shape[2:]))))
    for i, j in np.ndindex(*x.shape[2:]):
        part = full[:, :, i * stride:i * stride + w.shape[2], j * stride:j * stride + w.shape[3]]
        part += np.einsum("nc,cokl->nokl", x[:, :, i, j], w)
    return full[:, :, padding:full.shape[2] - padding, padding:full.shape[3] - padding] + bias[:, None, None]


def records():
    n = lambda *shape: rng.normal(size=shape)
    image, F = n(1, 2, 7, 6), "nn.functional."
    for ceil_mode in (False, True):
        for include in (False, True):
            yield record(F + "avg_pool2d", pool, image, 3, 2, 1, ceil_mode, include, None)
        yield record(F + "avg_pool2d", pool, image, kernel_size=2, stride=2, padding=1, ceil_mode=ceil_mode, divisor_override=3)
        yield record(F + "max_pool2d", lambda x, **a: pool(x, largest=True, **a), image, kernel_size=3, stride=2, padding=1,
                     ceil_mode=ceil_mode)
    yield record(F + "adaptive_avg_pool2d", lambda x, size: pool(x, 2), n(1, 2, 6, 4), [3, 2])
    for axes, sizes in ((1, (7,)), (3, (4, 5, 6))):
        for ceil_mode, include in ((False, True), (True, True), (True, False)):
            yield record(F + f"avg_pool{axes}d", lambda x, *a, axes=axes: pool(x, *a, axes=axes), n(2, *sizes), 3, 2, 1, ceil_mode,
                         include)
        yield record(F + f"max_pool{axes}d", lambda x, axes=axes, **a: pool(x, largest=True, axes=axes, **a), n(2, 1, *sizes),
                     kernel_size=[2] * axes, stride=[3] * axes, padding=1, ceil_mode=True)
    yield record(F + "adaptive_avg_pool3d", lambda x, size: pool(x, [2, 3, 1], axes=3), n(1, 4, 3, 2), [2, 1, 2])
    for sizes in ([3, 2], [5, 3]):
        yield record(F + "adaptive_avg_pool2d", adaptive, n(1, 2, 7, 4), sizes)
    for dilation, padding in (([1, 2], [0, 1]), ([2, 2], [1, 1]), ([3, 1], [0, 0])):
        yield record(F + "max_pool2d", dilated, image, kernel_size=[2, 3], stride=[2, 1], padding=padding, dilation=dilation)
    yield with_indices(record(F + "max_pool2d", dilated, image, kernel_size=[2, 3], stride=[2, 1], padding=[0, 1],
                              dilation=[1, 1]), image, (2, 3), (2, 1), (0, 1))
    yield record(F + "conv3d", conv3d, n(1, 2, 3, 4, 4), n(2, 2, 2, 3, 2), n(2), stride=[1, 2, 1], padding=[1, 0, 1])
    yield record(F + "conv3d", conv3d, n(2, 2, 4, 3, 3), n(2, 1, 2, 2, 1), n(2), dilation=[2, 1, 1], groups=2)
    for mode in ("bilinear", "bicubic"):
        yield record(F + "interpolate", interpolate, n(1, 2, 7, 3), size=[3, 5], mode=mode, antialias=True)
    yield record(F + "interpolate", nearest_exact, n(1, 2, 3, 2, 4), size=[5, 3, 2], mode="nearest-exact")
    for mode in ("nearest", "linear"):
        yield record(F + "interpolate", at_points, n(2, 1, 5), scale_factor=1.7, mode=mode)
    for shape in ({"size": [5, 7]}, {"scale_factor": 0.7}):
        yield record(F + "interpolate", at_points, n(1, 2, 4, 3), mode="bicubic", **shape)
    yield record(F + "interpolate", lambda x, size, mode: adaptive(x, size), n(1, 2, 4, 5), size=[3, 3], mode="area")
    for order, function in (("inf", np.max), ("-inf", np.min)):
        yield record("norm", lambda x, p, dim, function=function: function(np.abs(x), dim), n(3, 4), float(order), 1)
    for beta in (0.3, 1.0, 2.5, 0):
        for reduction in ("mean", "sum", "none"):
            yield record(F + "smooth_l1_loss", smooth, n(4, 3), n(4, 3), beta=beta, reduction=reduction)
    labels, weight = np.array([1, 2, 0, 1]), np.array([.5, 2.0, 1.5])
    for reduction in ("mean", "sum", "none"):
        for function, op in ((nll, "nll_loss"), (entropy, "cross_entropy")):
            yield record(F + op, function, n(4, 3), labels, weight=weight, reduction=reduction, wrt=["input"])
            yield record(F + op, function, n(4, 3), labels, ignore_index=1, reduction=reduction)
            yield record(F + op, function, n(2, 3, 2), labels.reshape(2, 2), weight=weight, ignore_index=0, reduction=reduction,
                         wrt=["input"])
        for smoothing in (0.0, 0.2):
            yield record(F + "cross_entropy", spread_entropy, n(4, 3), rng.random((4, 3)), weight=weight,
                         reduction=reduction, label_smoothing=smoothing, wrt=["input", 0])
        yield record(F + "cross_entropy", spread_entropy, n(4, 3), labels, weight=weight, ignore_index=2,
                     reduction=reduction, label_smoothing=0.1, wrt=["input"])
        yield record(F + "binary_cross_entropy_with_logits", bce, n(4, 3), rng.random((4, 3)), pos_weight=weight,
                     reduction=reduction, wrt=["input", 0])
    yield record(F + "layer_norm", layer_norm, n(2, 3, 4), [3, 4], n(3, 4), n(3, 4))
    averages = n(3), rng.random(3)
    yield record(F + "batch_norm", lambda x, m, v, w, b, training, eps: by_averages(x, m, v, w, b, eps), n(4, 3, 2),
                 *averages, n(3), n(3), training=False, eps=0.1, wrt=["input", 2, 3])
    yield record(F + "instance_norm", lambda x, m, v, use_input_stats: by_averages(x, m, v), n(4, 3, 2), *averages,
                 use_input_stats=False, wrt=["input"])
    for op, function in (("var", np.var), ("std", np.std)):
        yield record(op, lambda x, dim, correction, f=function: f(x, dim, ddof=correction), n(3, 4), 1, correction=1.5)
    yield record(F + "elu", lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x)), n(9), alpha=0.4)
    yield record(F + "leaky_relu", lambda x, slope: np.where(x > 0, x, slope * x), n(9), 0.3)
    yield record(F + "hardtanh", np.clip, n(9), -0.5, 0.25)
    yield record(F + "pad", padded, n(3, 4), [-1, 2, 1, -1], "constant", 1.5)
    yield record(F + "pad", padded, n(1, 3, 4), [2, 1], "circular")
    yield record(F + "pad", padded, n(1, 3, 4), [-1, 2], "circular")
    for mode, name in (("reflect", "reflect"), ("replicate", "edge")):
        yield record(F + "pad", lambda x, widths, mode, name=name: np.pad(x, [(0, 0), (0, 0), (0, 2)], name)[..., 1:],
                     n(1, 3, 4), [-1, 2], mode)
    yield record("roll", lambda x, shift: np.roll(x, shift), n(3, 4), 5)
    yield record("roll", np.roll, n(3, 4), [1, -2], [0, 1])
    yield record("index_select", lambda x, dim, index: x, n(), 0, np.array([0]))
    yield record("index_select", lambda x, dim, index: x[[2]], n(3, 2), 0, np.array(2))
    yield record("gather", lambda x, dim, index: x, n(), 0, np.array(0))
    yield record(F + "conv_transpose2d", conv_transpose, n(1, 2, 3, 3), n(2, 3, 2, 2), n(3), 3, 1, 2)
    yield record(F + "kl_div", lambda x, y, reduction: np.sum(y * (np.log(y) - x)) / 4, n(4, 3), rng.random((4, 3)),
                 reduction="batchmean")


def unknown():
    x = tensor(rng.normal(size=(1, 2, 4, 4)))
    for op, args, kwargs in (("sum", [], {"dtype": "torch.float32"}), ("nn.functional.relu", [], {"inplace": True}),
                             ("nn.functional.mse_loss", [x], {"weight": x}), ("nn.functional.pad", [[1, 1]], {"mode": "other"}),
                             ("nn.functional.huber_loss", [x], {"beta": 2.0}), ("nn.functional.max_pool2d", [2], {"shape": 1}),
                             ("nn.functional.kl_div", [x], {"reduction": "most"}), ("softplus", [], {}), ("exp", [1], {}),
                             ("nn.functional.interpolate", [[2, 2]], {"mode": "lanczos"}),
                             ("nn.functional.avg_pool3d", [2], {"dilation": 2})):
        try:
            build(0, {"op": op, "input": x, "args": args, "kwargs": kwargs, "out": [x], "cot": [x], "grads": [x]})
            print(f"{op} {kwargs} is mapped")
        except NotMapped as error:
            print(error)


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).write_text("".join(json.dumps(r) + "\n" for r in records()))
    unknown()
