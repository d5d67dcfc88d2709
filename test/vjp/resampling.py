# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Images of other sizes.

Where `resize` and the poolings have what PyTorch has, they do it. What they do not have (a scale that is not that of the
sizes, Keys' cubic with a = -0.75, windows of several sizes) is a product with a matrix of weights for each axis, written
here by PyTorch's definitions.
"""
import math

import numpy as np

from .mapping import maps, one_of
from .sample import as_list

METHODS = {"nearest": "nearest", "nearest-exact": "nearest", "linear": "bilinear", "bilinear": "bilinear",
           "trilinear": "bilinear", "bicubic": "bicubic"}


def weighted(s, x, weights):
    """Each of the last axes times its matrix [pixel of the result, pixel of x]."""
    letters, shape = "abcde"[:x.rank], list(x.shape)
    for axis, matrix in enumerate(weights, x.rank - len(weights)):
        shape[axis] = matrix.shape[0]
        x = s.op("einsum", s.value(matrix, False), x, shape=shape,
                 equation=f"z{letters[axis]},{letters}->{letters.replace(letters[axis], 'z')}")
    return x


def mean_weights(n, out):
    """Means of windows that cover the axis: from floor(i * n / out) to ceil((i + 1) * n / out)."""
    weights = np.zeros((out, n))
    for i in range(out):
        begin, end = i * n // out, -(-(i + 1) * n // out)
        weights[i, begin:end] = 1 / (end - begin)
    return weights


def cubic(distance, a):
    d = abs(distance)
    return ((a + 2) * d - (a + 3)) * d * d + 1 if d < 1 else (((d - 5) * d + 8) * d - 4) * a if d < 2 else 0.0


def smooth_weights(n, out, scale, method, antialias):
    """With antialias the weights of distances, over a step of the result where the image shrinks."""
    weights, width = np.zeros((out, n)), max(scale, 1.0)
    for i, p in np.ndindex(out, n):
        d = (p + 0.5 - scale * (i + 0.5)) / width
        weights[i, p] = cubic(d, -0.5) if method == "bicubic" else max(0.0, 1 - abs(d))
    return weights / weights.sum(1, keepdims=True)


def point_weights(n, out, scale, mode, align_corners):
    """The pixels around a point; those outside are the border's."""
    weights = np.zeros((out, n))
    for i in range(out):
        if mode.startswith("nearest"):
            place = math.floor((i + 0.5 if mode == "nearest-exact" else i) * scale)
            taps = [(place, 1.0)]
        else:
            point = i * (n - 1) / max(out - 1, 1) if align_corners else scale * (i + 0.5) - 0.5
            if METHODS[mode] == "bilinear":
                point = max(point, 0.0)
            first, t = math.floor(point), point - math.floor(point)
            taps = ([(first + k, cubic(t - k, -0.75)) for k in (-1, 0, 1, 2)] if mode == "bicubic"
                    else [(first, 1 - t), (first + 1, t)])
        for place, weight in taps:
            weights[i, min(max(place, 0), n - 1)] += weight
    return weights


def resized(s, x, size, scale_factor, mode, align_corners, antialias=False):
    """[n, channel, …] to these sizes of the other axes."""
    axes = x.shape[2:]
    per_axis = lambda values: as_list(values) * (len(axes) if len(as_list(values)) == 1 else 1)
    factors = None if scale_factor is None else per_axis(scale_factor)
    sizes = per_axis(size) if factors is None else [math.floor(n * k) for n, k in zip(axes, factors)]
    exact = align_corners or factors is None or all(m == n * k for m, n, k in zip(sizes, axes, factors))
    if exact and (mode != "bicubic" or antialias):
        coordinates = "asymmetric" if mode == "nearest" else "align_corners" if align_corners else "half_pixel"
        last = s.transpose(x, [0, *range(2, x.rank), 1])
        y = s.op("resize", last, shape=[x.shape[0], *sizes, x.shape[1]],
                 attributes={"size": sizes, "method": METHODS[mode], "coordinates": coordinates, "antialias": antialias})
        return s.transpose(y, [0, x.rank - 1, *range(1, x.rank - 1)])
    scales = [n / m for n, m in zip(axes, sizes)] if factors is None else [1 / k for k in factors]
    return weighted(s, x, [smooth_weights(n, m, scale, METHODS[mode], True) if antialias
                           else point_weights(n, m, scale, mode, align_corners) for n, m, scale in zip(axes, sizes, scales)])


@maps("nn.functional.interpolate", assumes={"recompute_scale_factor": (None, False)})
def interpolate(s, input, size=None, scale_factor=None, mode="nearest", align_corners=None, antialias=False):
    one_of(s, (*METHODS, "area"), mode=mode)
    if mode == "area":
        sizes = as_list(size) if size is not None else [
            math.floor(n * k) for n, k in zip(input.shape[2:], as_list(scale_factor) * (input.rank - 2))]
        return weighted(s, input, [mean_weights(n, m) for n, m in zip(input.shape[2:], sizes * (input.rank - 2))])
    return resized(s, input, size, scale_factor, mode, bool(align_corners), bool(antialias))


@maps("nn.functional.upsample_bilinear")
def upsample_bilinear(s, input, size=None, scale_factor=None):
    return resized(s, input, size, scale_factor, "bilinear", True)


@maps("nn.functional.upsample_nearest")
def upsample_nearest(s, input, size=None, scale_factor=None):
    return resized(s, input, size, scale_factor, "nearest", False)
