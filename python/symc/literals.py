# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Python's and NumPy's values as a graph file writes them: in expressions, as attributes, as types."""
import math
import re

import numpy as np

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# Words that an expression reads as something else than a name of the graph.
_WORDS = {"inf", "nan", "pi", "and", "or", "not", "True", "False", "true", "false", "if", "else", "is", "in", "lambda", "None"}


def reference(name):
    """A name of the graph inside an expression."""
    return name if _PLAIN.match(name) and name not in _WORDS else f"`{name}`"


def element_type(dtype):
    """`f32` of numpy.float32."""
    dtype = np.dtype(dtype)
    if dtype == np.bool_:
        return "bool"
    if dtype.kind not in "fiu" or dtype.itemsize > 8:
        raise TypeError(f"a graph file has no element type for {dtype}")
    return f"{dtype.kind}{dtype.itemsize * 8}"


def plain(value):
    """A value as JSON has it: NumPy's numbers, arrays and types, and tuples."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
        return element_type(value)
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"a graph file cannot hold {value!r}")


def is_finite(value):
    """Whether JSON has every number of a plain value."""
    if isinstance(value, (list, dict)):
        return all(map(is_finite, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) or math.isfinite(value)


def finite(value, where):
    """A plain value that JSON has."""
    value = plain(value)
    if not is_finite(value):
        raise ValueError(f"{where}: numbers of a graph file are finite")
    return value


def number(value):
    """A number in an expression."""
    value = value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value  # of NumPy's
    if isinstance(value, (bool, int)):
        return str(value)
    if isinstance(value, float):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf") if math.isinf(value) else repr(value)
    raise TypeError(f"a graph cannot hold {value!r}: use graph.constant for arrays")


def literal(value):
    """An attribute in an expression, which has no escapes in its strings."""
    value = plain(value)
    if value is None:
        raise TypeError("an expression has no None: give the attribute by its name, or leave it out")
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if not isinstance(value, str):
        return number(value)
    mark = "'" if "'" not in value else '"'
    if mark in value:
        raise ValueError(f"an expression cannot hold {value!r}: give the attribute by its name")
    return mark + value + mark
