# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Reductions, and what runs along an axis."""
import math

import numpy as np

from .elementwise import binary
from .mapping import DTYPE, maps, not_mapped
from .sample import NoOp, Node, as_list


def axes_of(x, dim):
    return None if dim is None or dim == [] else [d % max(x.rank, 1) for d in as_list(dim)]


def reduced(s, op, x, dim=None, keepdim=False, **attrs):
    """A reduction; PyTorch lets a scalar have the axis 0."""
    axes = axes_of(x, dim)
    if x.rank == 0:
        axes, keepdim = None, False
    if axes is not None:
        attrs["axis"] = axes
    return s.op(op, x, keepdims=bool(keepdim), **attrs)


@maps("sum", "mean", "prod", assumes=DTYPE)
def reduction(s, input, dim=None, keepdim=False):
    return reduced(s, s.record["op"], input, dim, keepdim)


@maps("amax", "amin", "logsumexp")
def extreme(s, input, dim=None, keepdim=False):
    return reduced(s, s.record["op"].removeprefix("a"), input, dim, keepdim)


@maps("max", "min")
def extreme_or_binary(s, input, dim=None, keepdim=False):
    if isinstance(dim, Node):
        return binary(s.record["op"] + "imum")(s, input, dim)
    return reduced(s, s.record["op"], input, dim, keepdim)


@maps("std", "var")
def deviation(s, input, dim=None, unbiased=None, keepdim=False, correction=None):
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None and correction is not None:
        not_mapped(s, unbiased=unbiased, correction=correction)
    ddof = correction if correction is not None else int(unbiased is None or unbiased)
    if ddof == int(ddof):
        return reduced(s, s.record["op"], input, dim, keepdim, ddof=int(ddof))
    # Another divisor is a constant factor.
    n = math.prod(input.shape[a] for a in (axes_of(input, dim) or range(input.rank)))
    factor = n / max(n - ddof, 0.0) if n > ddof else math.inf
    y = reduced(s, s.record["op"], input, dim, keepdim)
    return s.op("mul", y, s.value(np.float64(factor if s.record["op"] == "var" else math.sqrt(factor)), False))


@maps("norm", assumes=DTYPE)
def norm(s, input, p=2, dim=None, keepdim=False):
    if p == "nuc":
        raise NoOp("the nuclear norm, for which symc has no singular values")
    order = 2.0 if p in ("fro", None) else float(p)
    if math.isinf(order):
        order = "inf" if order > 0 else "-inf"
    return reduced(s, "norm", input, dim, keepdim, ord=order)


def along(op):
    def build(s, input, dim):
        if input.rank == 0:
            return s.reshape(s.op(op, s.reshape(input, [1]), axis=0), [])
        return s.op(op, input, axis=dim)
    return build


for torch_name in ("cumsum", "softmax", "log_softmax"):
    maps(torch_name, assumes=DTYPE)(along(torch_name))
