# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Convolutions, pooling and normalization."""
import numpy as np

from .mapping import ANYTHING, maps, one_of
from .resampling import mean_weights, weighted
from .sample import as_list

MOMENTUM = {"momentum": ANYTHING}  # moves the averages, which are not compared


def each(value, axes):
    """One value an axis, where one may stand for all."""
    values = as_list(value)
    return values * axes if len(values) == 1 else values


def batched(s, x, rank, build):
    """Images without a batch get one of 1."""
    if x.rank == rank:
        return build(x)
    y = build(s.reshape(x, [1, *x.shape]))
    return s.reshape(y, s.record["out"][0]["shape"])


@maps("nn.functional.conv1d", "nn.functional.conv2d", "nn.functional.conv3d")
def conv(s, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    axes = weight.rank - 2
    if isinstance(padding, str):
        one_of(s, ("same", "valid"), padding=padding)
    if padding == "same":
        totals = [d * (k - 1) for d, k in zip(each(dilation, axes), weight.shape[2:])]
        padding = [[t // 2, t - t // 2] for t in totals]
    elif padding != "valid":
        padding = [[p, p] for p in each(padding, axes)]
    return batched(s, input, axes + 2, lambda image: s.op(
        f"conv{axes}d", image, weight, *([bias] if bias else []), strides=stride, padding=padding, dilations=dilation,
        groups=groups, layout="NCHW", use_bias=bias is not None))


@maps("nn.functional.conv_transpose2d")
def conv_transpose(s, input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """What `output_padding` adds beyond the kernel's reach is 0 before the bias."""
    missing = [o - p for p, o in zip(each(padding, 2), each(output_padding, 2))]
    amounts = [[p, max(0, -m)] for p, m in zip(each(padding, 2), missing)]
    beyond = any(m > 0 for m in missing)

    def one(image):
        inner = [bias] if bias and not beyond else []
        y = s.op("conv_transpose2d", image, weight, *inner, strides=stride, padding=amounts, dilations=dilation, groups=groups,
                 layout="NCHW", use_bias=bool(inner))
        if not beyond:
            return y
        y = s.op("pad", y, pad_width=[[0, 0], [0, 0], *([0, max(0, m)] for m in missing)])
        return s.op("add", y, s.reshape(bias, [-1, 1, 1])) if bias else y
    return batched(s, input, 4, one)


def window_axes(s):
    """How many axes the operator's windows have, which its name ends with."""
    return int(s.record["op"][-2])


class Windows:
    """Where the windows of the last axes lie; those of ceil_mode begin inside the image or the padding before it."""

    def __init__(self, shape, axes, kernel_size, stride, padding, ceil_mode):
        self.image, self.sizes = shape[-axes:], each(kernel_size, axes)
        self.strides, self.before = each(stride or kernel_size, axes), each(padding, axes)
        self.counts, self.after = [], []
        for n, k, st, p in zip(self.image, self.sizes, self.strides, self.before):
            room = n + 2 * p - k
            count = (-(-room // st) if ceil_mode else room // st) + 1
            if ceil_mode and (count - 1) * st >= n + p:
                count -= 1
            self.counts.append(count)
            self.after.append(max(0, (count - 1) * st + k - n - p))

    def attributes(self):
        return {"pool_size": self.sizes, "strides": self.strides, "layout": "NCHW",
                "padding": [[p, q] for p, q in zip(self.before, self.after)]}

    def elements(self, padding):
        """How many elements each window has, with those of the padding or without."""
        total = np.ones(())
        for n, k, st, p, count in zip(self.image, self.sizes, self.strides, self.before, self.counts):
            start = np.arange(count) * st - p
            end = np.minimum(start + k, n + p)
            total = np.multiply.outer(total, end - start if padding else np.minimum(end, n) - np.maximum(start, 0))
        return total


@maps("nn.functional.max_pool1d", "nn.functional.max_pool2d", "nn.functional.max_pool3d")
def max_pool(s, input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    axes, indices = window_axes(s), return_indices and len(s.record["out"]) > 1
    dilations = each(dilation, axes)
    reach = [(k - 1) * d + 1 for k, d in zip(each(kernel_size, axes), dilations)]
    windows = Windows(input.shape, axes, reach, stride or kernel_size, padding, ceil_mode)
    if not indices and all(d == 1 for d in dilations):
        return batched(s, input, axes + 2, lambda image: s.op("max_pool", image, attributes=windows.attributes()))
    return written_out(s, input, windows, each(kernel_size, axes), dilations, indices)


def written_out(s, x, windows, sizes, dilations, indices):
    """What max_pool has no attribute for: the largest of the elements that stand at the same places of all windows, and
    where in the image that is."""
    first = x.rank - len(sizes)
    beside = [[0, 0]] * first + [[b, a] for b, a in zip(windows.before, windows.after)]
    wide = s.expr(f"pad({x.name}, {beside}, constant_values=-inf)") if any(map(any, beside)) else x
    parts = []
    for place in np.ndindex(*sizes):
        start = [p * d for p, d in zip(place, dilations)]
        stop = [b + (count - 1) * step + 1 for b, count, step in zip(start, windows.counts, windows.strides)]
        parts.append(s.op("slice", wide, start=[None] * first + start, stop=[None] * first + stop,
                          step=[1] * first + windows.strides))
    elements = s.op("stack", *parts, axis=0)
    largest = s.op("max", elements, axis=0)
    if not indices:
        return largest
    strides = np.cumprod([1, *windows.image[:0:-1]])[::-1]  # from pixel to pixel of each axis, in a row of all
    step = lambda places: sum(np.asarray(p) * k for p, k in zip(places, strides))
    begins = step([c * st - b for c, st, b in zip(np.indices(windows.counts), windows.strides, windows.before)])
    inside = step([np.ravel(p) * d for p, d in zip(np.indices(sizes), dilations)])
    which = s.op("gather", s.value(inside), s.op("argmax", elements, axis=0))
    return [largest, s.op("add", which, s.value(begins))]


@maps("nn.functional.avg_pool1d", "nn.functional.avg_pool2d", "nn.functional.avg_pool3d")
def avg_pool(s, input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    """symc divides by the elements of the image alone: what is divided by here makes a constant factor."""
    axes = window_axes(s)
    windows = Windows(input.shape, axes, kernel_size, stride, padding, ceil_mode)
    elements = windows.elements(False)
    divisor = elements * 0 + divisor_override if divisor_override else windows.elements(count_include_pad)

    def one(image):
        y = s.op("avg_pool", image, attributes=windows.attributes())
        return y if (divisor == elements).all() else s.op("mul", y, s.value(elements / divisor, False))
    return batched(s, input, axes + 2, one)


@maps("nn.functional.adaptive_avg_pool1d", "nn.functional.adaptive_avg_pool2d", "nn.functional.adaptive_avg_pool3d")
def adaptive(s, input, output_size):
    axes = window_axes(s)
    sizes = [n if m is None else m for m, n in zip(each(output_size, axes), input.shape[-axes:])]
    if any(n % m for m, n in zip(sizes, input.shape[-axes:])):
        return weighted(s, input, [mean_weights(n, m) for m, n in zip(sizes, input.shape[-axes:])])
    window = [n // m for m, n in zip(sizes, input.shape[-axes:])]
    return batched(s, input, axes + 2,
                   lambda image: s.op("avg_pool", image, pool_size=window, strides=window, layout="NCHW"))


def scales(s, shape, weight, bias):
    """Scale and shift; 1 and 0 where there are none."""
    return weight or s.value(np.ones(shape), False), bias or s.value(np.zeros(shape), False)


@maps("nn.functional.layer_norm")
def layer_norm(s, input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """Several axes make one."""
    kept = input.shape[:input.rank - len(normalized_shape)]
    weight, bias = scales(s, normalized_shape, weight, bias)
    if len(normalized_shape) == 1:
        return s.op("layer_norm", input, weight, bias, epsilon=eps)
    y = s.op("layer_norm", s.reshape(input, [*kept, -1]), s.reshape(weight, [-1]), s.reshape(bias, [-1]), epsilon=eps)
    return s.reshape(y, input.shape)


def channels_last(s, op, x, *operands, **attrs):
    y = s.op(op, s.transpose(x, [0, *range(2, x.rank), 1]), *operands, **attrs)
    return s.op("transpose", y, axes=[0, x.rank - 1, *range(1, x.rank - 1)])


@maps("nn.functional.group_norm")
def group_norm(s, input, num_groups, weight=None, bias=None, eps=1e-5):
    return channels_last(s, "group_norm", input, *scales(s, input.shape[1], weight, bias), groups=num_groups, epsilon=eps)


def by_averages(s, x, mean, variance, weight, bias, eps):
    """What inference computes, written out: `gradients` runs the layers in training mode."""
    column = lambda v: s.reshape(v, [-1] + [1] * (x.rank - 2))
    y = s.op("div", s.op("sub", x, column(mean)), s.expr(f"sqrt({column(variance).name} + {eps})"))
    y = s.op("mul", y, column(weight)) if weight else y
    return s.op("add", y, column(bias)) if bias else y


@maps("nn.functional.instance_norm", constant=("running_mean", "running_var"), assumes=MOMENTUM)
def instance_norm(s, input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1,
                  eps=1e-5):
    if not use_input_stats:
        return by_averages(s, input, running_mean, running_var, weight, bias, eps)
    return channels_last(s, "instance_norm", input, *scales(s, input.shape[1], weight, bias), epsilon=eps)


@maps("nn.functional.batch_norm", constant=("running_mean", "running_var"), assumes=MOMENTUM)
def batch_norm(s, input, running_mean=None, running_var=None, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    if not training:
        return by_averages(s, input, running_mean, running_var, weight, bias, eps)
    if input.shape == (0,):  # an example without channels
        one = batch_norm(s, s.reshape(input, [1, 0]), running_mean, running_var, weight, bias, True, momentum, eps)
        return s.reshape(one, [0])
    given = [node or s.value(np.full(input.shape[1], fill), False)
             for node, fill in ((weight, 1.0), (bias, 0.0), (running_mean, 0.0), (running_var, 1.0))]
    s.training_only = True
    return s.op("batch_norm", input, *given, axis=1, epsilon=eps)
