# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""f16 and bf16 in NumPy: arrays of their bits (uint16), and rounding as IEEE 754 has it."""
import numpy as np

# Digits of a number, exponent of its least place, and of what is too large.
FORMATS = {"f16": (11, -24, 16), "bf16": (8, -133, 128)}


def rounded(x, t):
    """Numbers as f64, rounded to the nearest of type t, ties to even."""
    digits, least, most = FORMATS[t]
    x = np.asarray(x, np.float64)
    with np.errstate(all="ignore"):
        exponent = np.frexp(np.where(np.isfinite(x), x, 0))[1]
        unit = np.ldexp(1.0, np.maximum(exponent - digits, least))
        near = np.where(np.isfinite(x), np.copysign(np.rint(x / unit) * unit, x), x)
        return np.where(np.abs(near) >= np.ldexp(1.0, most), np.copysign(np.inf, x), near)


def bits(x, t):
    """The bits of numbers that t has."""
    with np.errstate(all="ignore"):
        if t == "f16":
            return np.asarray(x, np.float64).astype(np.float16).view(np.uint16)
        return (np.asarray(x, np.float64).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)


def numbers(bits, t):
    """The numbers, as f64."""
    bits = np.array(bits)
    flat = bits.ravel()
    with np.errstate(all="ignore"):
        if t == "f16":
            wide = flat.view(np.float16)
        else:
            wide = (flat.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
        return wide.astype(np.float64).reshape(bits.shape)


def stored(x, t):
    """An array as the Python package takes it: float16, or the bits of bf16."""
    b = bits(rounded(x, t), t)
    return b.view(np.float16) if t == "f16" else b
