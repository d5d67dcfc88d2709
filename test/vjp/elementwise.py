# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Elementwise operators and activations."""
import numpy as np

from .mapping import maps, one_of, scalar

IN_PLACE = {"inplace": (False,)}  # the result is the same, the operand is not: recorded samples are never that


def same(op):
    return lambda s, input: s.op(op, input, shape=input.shape)


for torch_name, name in {"cos": "cos", "cosh": "cosh", "exp": "exp", "log": "log", "reciprocal": "reciprocal",
                         "sigmoid": "sigmoid", "nn.functional.softsign": "softsign"}.items():
    maps(torch_name)(same(name))
for torch_name, name in {"nn.functional.relu": "relu", "nn.functional.hardswish": "hard_swish",
                         "nn.functional.silu": "silu", "nn.functional.mish": "mish", "nn.functional.selu": "selu",
                         "nn.functional.hardsigmoid": "hard_sigmoid"}.items():
    maps(torch_name, assumes=IN_PLACE)(same(name))


@maps("nn.functional.elu", assumes=IN_PLACE)
def elu(s, input, alpha=1.0):
    return s.op("elu", input, shape=input.shape, alpha=float(alpha))


@maps("nn.functional.leaky_relu", assumes=IN_PLACE)
def leaky_relu(s, input, negative_slope=0.01):
    return s.op("leaky_relu", input, shape=input.shape, negative_slope=float(negative_slope))


@maps("nn.functional.hardtanh", assumes=IN_PLACE)
def hardtanh(s, input, min_val=-1.0, max_val=1.0):
    return s.op("clip", input, shape=input.shape, min=float(min_val), max=float(max_val))


@maps("nn.functional.gelu")
def gelu(s, input, approximate="none"):
    return s.op("gelu", input, approximate=one_of(s, ("none", "tanh"), approximate=approximate) == "tanh")


def binary(op):
    def build(s, input, other):
        return s.op(op, input, scalar(s, other), shape=np.broadcast_shapes(input.shape, getattr(other, "shape", ())))
    return build


for torch_name, name in {"mul": "mul", "maximum": "maximum", "minimum": "minimum"}.items():
    maps(torch_name)(binary(name))


@maps("pow")
def power(s, input, exponent):
    return binary("pow")(s, input, exponent)


@maps("add", "sub")
def add(s, input, other, alpha=1):
    other = scalar(s, other)
    if alpha != 1:
        other = s.op("mul", other, scalar(s, float(alpha)))
    return s.op("add" if s.record["op"] == "add" else "sub", input, other)


@maps("div")
def div(s, input, other, rounding_mode=None):
    one_of(s, (None, "floor", "trunc"), rounding_mode=rounding_mode)
    if rounding_mode == "floor":
        return s.op("floor_div", input, scalar(s, other))
    quotient = s.op("div", input, scalar(s, other))
    return s.op("trunc", quotient) if rounding_mode == "trunc" else quotient


@maps("where")
def where(s, input, condition, other):
    return s.op("where", condition, input, other)
