# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Products of matrices."""
from .mapping import maps


@maps("matmul")
def matmul(s, input, other):
    return s.op("matmul", input, other)


@maps("mm")
def mm(s, input, mat2):
    return s.op("matmul", input, mat2)


@maps("mv")
def mv(s, input, vec):
    return s.op("matmul", input, vec)


@maps("outer")
def outer(s, input, vec2):
    return s.op("einsum", input, vec2, equation="i,j->ij")


@maps("addmm")
def addmm(s, input, mat1, mat2, alpha=1, beta=1):
    return s.expr(f"{float(beta)!r} * {input.name} + {float(alpha)!r} * ({mat1.name} @ {mat2.name})")


@maps("einsum")
def einsum(s, operands, equation):
    return s.op("einsum", *operands, equation=equation)


@maps("nn.functional.linear")
def linear(s, input, weight, bias=None):
    kernel = s.transpose(weight, [1, 0])
    return s.op("dense", input, kernel, *([bias] if bias else []), use_bias=bias is not None)
