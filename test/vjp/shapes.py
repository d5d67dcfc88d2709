# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Shapes, parts and indices."""
import math

from .mapping import integers, maps, not_mapped, one_of
from .sample import NoOp, Node, as_list


def sizes_of(values):
    """Sizes in a list, or each by itself."""
    return list(values[0]) if len(values) == 1 and isinstance(values[0], (list, tuple)) else list(values)


@maps("expand")
def expand(s, input, *sizes):
    sizes = sizes_of(sizes)
    added = len(sizes) - input.rank
    return broadcast(s, input, [input.shape[i - added] if size == -1 else size for i, size in enumerate(sizes)])


def broadcast(s, x, shape):
    return s.op("broadcast_to", x, shape=shape, attributes={"shape": list(shape)})


@maps("reshape", "view")
def reshape(s, input, *shape):
    shape = sizes_of(shape)
    if any(isinstance(size, (Node, str)) for size in shape):
        raise NoOp("another dtype, or a shape that is an operand")
    return s.reshape(input, shape)


@maps("flip")
def flip(s, input, dims):
    return s.op("reverse", input, axis=as_list(dims))


@maps("roll")
def roll(s, input, shifts, dims=()):
    shifts, dims = as_list(shifts), as_list(dims)
    if not dims:  # of all elements in a row
        return s.reshape(s.op("roll", s.reshape(input, [-1]), shift=shifts[0], axis=0), input.shape)
    y = input
    for shift, axis in zip(shifts, dims, strict=True):
        y = s.op("roll", y, shape=input.shape, shift=shift, axis=axis)
    return y


@maps("tile", "repeat")
def tile(s, input, *reps, dims=()):
    return s.op("tile", input, reps=[*sizes_of(reps), *dims])


@maps("squeeze")
def squeeze(s, input, dim=None):
    if dim is None:
        return s.op("squeeze", input)
    axes = {d % max(input.rank, 1) for d in as_list(dim)}
    return s.reshape(input, [n for i, n in enumerate(input.shape) if n != 1 or i not in axes])


@maps("unsqueeze")
def unsqueeze(s, input, dim):
    return s.op("expand_dims", input, axis=dim)


@maps("permute")
def permute(s, input, dims):
    return s.op("transpose", input, axes=[d % max(input.rank, 1) for d in dims])


@maps("transpose")
def transpose(s, input, dim0, dim1):
    axes = list(range(input.rank))
    if axes:
        axes[dim0], axes[dim1] = axes[dim1], axes[dim0]
    return s.op("transpose", input, axes=axes)


@maps("cat", "stack")
def cat(s, tensors, dim=0):
    return s.op("concat" if s.record["op"] == "cat" else "stack", *tensors, axis=dim)


def split_in(s, x, sizes, dim):
    return s.op("split", x, results=len(sizes), sizes=sizes, axis=dim)


@maps("split")
def split(s, input, split_size_or_sections, dim=0):
    size, n = split_size_or_sections, input.shape[dim]
    return split_in(s, input, size if isinstance(size, list) else [min(size, n - i) for i in range(0, n, size)], dim)


@maps("chunk")
def chunk(s, input, chunks, dim=0):
    return split(s, input, math.ceil(input.shape[dim] / chunks), dim)


def part(s, x, bounds):
    """The slice from start to stop of each axis in `bounds`."""
    starts, stops, shape = [None] * x.rank, [None] * x.rank, list(x.shape)
    for axis, (start, stop) in bounds.items():
        starts[axis], stops[axis], shape[axis] = start, stop, stop - start
    return s.op("slice", x, shape=shape, start=starts, stop=stops, step=[1] * x.rank)


@maps("narrow")
def narrow(s, input, dim, start, length):
    start = int(integers(s, start)) if isinstance(start, Node) else start
    start = start % input.shape[dim] if start < 0 else start
    return part(s, input, {dim % input.rank: (start, start + length)})


@maps("gather", assumes={"sparse_grad": (False,)})
def gather(s, input, dim, index):
    if input.rank == 0:  # a vector of one
        one = s.op("take_along_axis", s.reshape(input, [1]), s.reshape(index, [-1]), axis=0)
        return s.reshape(one, index.shape)
    return s.op("take_along_axis", input, index, axis=dim)


@maps("index_select")
def index_select(s, input, dim, index):
    index = s.reshape(index, [-1]) if index.rank == 0 else index
    if input.rank == 0:  # a vector of one; the result is a scalar again
        return s.reshape(s.op("gather", s.reshape(input, [1]), index, axis=0), [])
    return s.op("gather", input, index, axis=dim)


@maps("tril", "triu")
def triangle(s, input, diagonal=0):
    return s.op(s.record["op"], input, k=diagonal)


@maps("nn.functional.pad")
def pad(s, input, pad, mode="constant", value=None):
    one_of(s, ("constant", "reflect", "replicate", "circular"), mode=mode)
    if mode != "constant" and value not in (None, 0, 0.0):
        not_mapped(s, mode=mode, value=value)
    pairs = [[0, 0] for _ in range(input.rank)]
    for i in range(len(pad) // 2):
        pairs[-1 - i] = list(pad[2 * i:2 * i + 2])
    if mode == "circular":
        return circular(s, input, pairs)
    attrs = ({"constant_values": float(value or 0)} if mode == "constant"
             else {"mode": {"reflect": "reflect", "replicate": "edge"}[mode]})
    x = input
    if mode == "constant":  # else what is cut off is reflected too
        x = cut(s, x, pairs)
    x = s.op("pad", x, shape=[n + max(0, b) + max(0, a) for n, (b, a) in zip(x.shape, pairs)],
             pad_width=[[max(0, b), max(0, a)] for b, a in pairs], **attrs)
    return x if mode == "constant" else cut(s, x, pairs)


def cut(s, x, pairs):
    """Without what the negative ones of the pairs cut off."""
    bounds = {axis: (max(0, -before), n - max(0, -after))
              for axis, ((before, after), n) in enumerate(zip(pairs, x.shape)) if min(before, after) < 0}
    return part(s, x, bounds) if bounds else x


def circular(s, x, pairs):
    """Repeats what is left when the rest is cut off."""
    x = cut(s, x, pairs)
    for axis, (before, after) in enumerate(pairs):
        n, before, after = x.shape[axis], max(0, before), max(0, after)
        parts = ([part(s, x, {axis: (n - before, n)})] if before else []) + [x] + \
            ([part(s, x, {axis: (0, after)})] if after else [])
        if len(parts) > 1:
            shape = list(x.shape)
            shape[axis] = before + n + after
            x = s.op("concat", *parts, shape=shape, axis=axis)
    return x
