# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""bf16, which NumPy does not have: arrays of it are those of the bits, in numpy.uint16."""
import numpy as np

from .errors import DTypeError


def to_bf16(values):
    """The bits of the nearest numbers of bf16, ties to even, as an array of numpy.uint16: what a function with a bf16 input
    takes. `values` are floats or integers, an array or nested lists; too large a number becomes an infinity, as in other
    conversions."""
    given = np.asarray(values)
    if given.dtype.name == "bfloat16":  # of ml_dtypes
        return given.view(np.uint16)
    if given.dtype.kind not in "fiub" or given.dtype == np.uint16:
        raise DTypeError("symc.to_bf16 takes floats or integers, given an array of "
                         + ("uint16, which may be the bits already" if given.dtype == np.uint16 else str(given.dtype)))
    if given.dtype.kind in "iu" and given.itemsize == 8:  # of more bits than f64 has: the lowest make the one above them odd
        low = given & given.dtype.type(0x7FF)
        odd = (given - low) | (low != 0).astype(given.dtype) << given.dtype.type(11)
        given = np.where(np.abs(given.astype(np.float64)) >= 2.0**53, odd, given)
    with np.errstate(over="ignore", invalid="ignore"):
        wide = given.astype(np.float64)
        near = np.array(wide, np.float32)
        bits = near.view(np.uint32)
        # Rounded twice, a number beside the middle of two would go to the even one: the odd f32 around it, which is never in
        # the middle, stands for it.
        inexact = near != wide
        outwards = inexact & (np.abs(near) > np.abs(wide))
        odd = np.where(inexact, (bits - outwards) | np.uint32(1), bits).astype(np.uint32)
        rounded = (odd + np.uint32(0x7FFF) + ((odd >> 16) & np.uint32(1))) >> 16
        rounded = np.where(np.isnan(wide), (bits >> 16 & 0x8000) | 0x7FC0, rounded)
    return rounded.astype(np.uint16)


def from_bf16(bits):
    """The numbers, as numpy.float32, of an array of bf16's bits: of what such a function gives, or of a parameter."""
    bits = np.asarray(bits)
    if bits.dtype != np.uint16:
        raise DTypeError(f"symc.from_bf16 takes the bits of bf16 as an array of uint16, given {bits.dtype}")
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)
