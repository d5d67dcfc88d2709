# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""What callers give, as arrays of a type: no value changes on the way."""
import math
import numbers
import operator

import numpy as np

from .bf16 import from_bf16, to_bf16
from .errors import DTypeError, ShapeError


NO_LIMIT = 2**63 - 1  # of sizes


def span(least, most):
    """How far numbers go, in words."""
    if (least, most) == (-NO_LIMIT - 1, NO_LIMIT):
        return "of 64 bits"
    return f"at least {least}" if most == NO_LIMIT else f"from {least} to {most}"


def whole_number(value, name, least, most):
    """A setting that is a whole number."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {value!r}") from None
    if not least <= number <= most:
        raise ValueError(f"{name} must be {span(least, most)}, not {number}")
    return number


def as_array(value, dtype, where, argument):
    """`value` as an array of `dtype`. An array has a type, which must be this one; Python's numbers have none and take it
    where it holds them. `where` begins a message; `argument` is the name and the type of what is given."""
    if isinstance(value, (np.ndarray, np.generic)):
        return _native(value, dtype, where)
    if not isinstance(value, (list, tuple, numbers.Number)):
        return _native(_foreign(value, where), dtype, where)
    _check(value, dtype, where, argument)
    try:
        array = to_bf16(np.asarray(value, np.float64)) if dtype.metadata else np.asarray(value, dtype)
    except ValueError:  # what _check knows nothing of: arrays within lists of other sizes
        raise _ragged(where, argument, value) from None
    return array


def constant(value):
    """`value` as an array of the type that it has by itself: numbers of Python are float32, int64 or bool."""
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(_unmasked(value, "a constant"))
    if not isinstance(value, (list, tuple, numbers.Number)):
        return _foreign(value, "a constant")
    try:
        kind = np.asarray(value).dtype.kind
    except ValueError:
        raise _ragged("a constant", (None, None), value) from None
    dtype = np.dtype({"f": np.float32, "b": np.bool_}.get(kind, np.int64))
    return as_array(value, dtype, f"a constant without a type is {dtype.name}", (None, None))


def _native(value, dtype, where):
    value = np.asarray(_unmasked(value, where))
    if value.dtype == dtype:
        return value
    if dtype.metadata and value.dtype.name == "bfloat16":  # of ml_dtypes
        return value.view(np.uint16)
    if value.dtype.newbyteorder("=") != dtype:
        raise DTypeError(f"{where}, given an array of {value.dtype}; convert it with {_conversion(dtype)}")
    return value.astype(dtype)


def _unmasked(value, where):
    """`value`, which has no masked elements: what stands below a mask is no value."""
    if np.ma.is_masked(value):
        raise DTypeError(f"{where}, given an array with masked elements; fill them first: .filled(0)")
    return value


def _conversion(dtype):
    """How a caller makes an array of the type."""
    if dtype.metadata:
        return "symc.to_bf16, which gives the bits of the nearest numbers"
    return f".astype(numpy.{'bool_' if dtype == np.bool_ else dtype.name})"


def _foreign(value, where):
    """An object that says how it is an array: those of other packages."""
    if any(hasattr(value, name) for name in ("__array__", "__array_interface__", "__array_struct__", "__buffer__")) or \
            isinstance(value, (memoryview, bytearray)):
        return np.asarray(value)
    raise DTypeError(f"{where}, given {_shown(value)} ({type(value).__name__}), which is no array, number or list")


def _shown(value):
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _ragged(where, argument, value):
    return ShapeError(f"{where}, given a list whose parts have different shapes: {_shown(value)}", *argument, None)


def _check(value, dtype, where, argument):
    """The shape of nested lists, whose values `dtype` must hold."""
    if isinstance(value, (list, tuple)):
        shapes = {_check(item, dtype, where, argument) for item in value}
        if len(shapes) > 1:
            raise _ragged(where, argument, value)
        return (len(value), *(shapes.pop() if shapes else ()))
    if isinstance(value, (np.ndarray, np.generic)):
        _unmasked(value, where)
        if dtype.metadata or not np.can_cast(value.dtype, dtype, "safe"):
            raise DTypeError(f"{where}, given a list with {value.dtype}; convert it with {_conversion(dtype)}")
        return value.shape
    if not _holds(dtype, value):
        if not isinstance(value, numbers.Number):
            raise DTypeError(f"{where}, given {_shown(value)} ({type(value).__name__}), which is no number")
        raise DTypeError(f"{where}, which does not hold {_shown(value)} ({type(value).__name__})")
    return ()


def _holds(dtype, value):
    """Whether a number of Python's is one of `dtype`. That of a floating-point type is the nearest one."""
    if isinstance(value, bool):
        return np.can_cast(np.bool_, dtype, "safe")
    if dtype.metadata:
        return _is_of_bf16(value)
    if dtype.kind in "iu":
        return isinstance(value, int) and np.iinfo(dtype).min <= value <= np.iinfo(dtype).max
    if dtype.kind != "f" or not isinstance(value, (int, float)):
        return False
    if isinstance(value, int):
        # Between two numbers lies another one: an identifier, most often.
        return abs(value) <= int(np.finfo(dtype).max) and int(dtype.type(value)) == value
    with np.errstate(over="ignore"):
        return not math.isfinite(value) or bool(np.isfinite(dtype.type(value)))


def _is_of_bf16(value):
    """The same of bf16."""
    if not isinstance(value, (int, float)) or (isinstance(value, int) and abs(value) >= 2**128):
        return False
    near = float(from_bf16(to_bf16(float(value))))
    return value == near if isinstance(value, int) else not math.isfinite(value) or math.isfinite(near)
