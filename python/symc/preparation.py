# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""How data are prepared for parameters: what `symc train` keeps beside those, factors of inputs (`--scale`) and codes of texts
(`--categories`)."""
import json
import math
import warnings

import numpy as np

from . import values
from .bf16 import from_bf16, to_bf16
from .errors import DTypeError, Error, ShapeError
from .places import caller


def of_manifest(manifest):
    """That of the parameters that are embedded in a library."""
    return {"scale": manifest.get("scale", {}), "categories": manifest.get("categories", {})}


def _once(members):
    """A JSON object without keys that stand in it twice."""
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("a key twice")
    return found


def _kept(texts, key):
    """What metadata have under a key or, of a checkpoint, whose keys are its own, in its note (lib/Support/KeptTexts.h)."""
    if key in texts:
        return json.loads(texts[key], object_pairs_hook=_once)
    try:
        note = json.loads(texts.get("symc.note", "{}"))
    except ValueError:  # any text
        note = {}
    return note.get(key, {}) if isinstance(note, dict) else {}


def _is_factor(item):
    return isinstance(item, (int, float)) and not isinstance(item, bool) and math.isfinite(item) and item != 0


def of_metadata(texts, path):
    """That of the parameters of a file, by the texts of its metadata."""
    found = {}
    for part, is_valid, what in (("scale", _is_factor, "factors of inputs"),
                                 ("categories", lambda item: isinstance(item, list), "codes of categories")):
        try:
            found[part] = _kept(texts, f"symc.{part}")
            valid = isinstance(found[part], dict) and all(map(is_valid, found[part].values()))
        except ValueError:
            valid = False
        if not valid:
            raise Error(f"{path}: holds no valid {what} under 'symc.{part}', which `symc train --{part}` writes")
    return found


def warn(scale):
    """Says that the functions do not do what training did."""
    factors = ", ".join(f"{name} by {factor!r}" for name, factor in scale.items())
    said = (f"in the training of these parameters inputs were multiplied, {factors}, which functions do not do: call them with "
            "m.prepared(data), or read m.preparation, which ends this warning")
    place = caller()
    if place:
        warnings.warn_explicit(said, UserWarning, *place)
    else:
        warnings.warn(said, stacklevel=2)


def _codes(argument, columns, value):
    """Texts as numbers; what holds none has them already."""
    array = np.asarray(value)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8")
    if array.dtype.kind not in "UO":
        return value
    if not array.ndim or np.prod(array.shape[1:], dtype=int) != len(columns):
        raise ShapeError(f"input {argument.name!r} has {len(columns)} columns, given shape {array.shape}", argument.name,
                         argument.type, array.shape)
    parts = array.reshape(len(array), len(columns)).T
    codes = np.empty(parts.shape)
    for row, texts, column in zip(codes, parts, columns):
        known = {text: code for code, text in enumerate(column)}
        for i, text in enumerate(texts):
            text = text.strip() if isinstance(text, str) else text
            if known and text not in known:
                raise ValueError(f"input {argument.name!r}: {text!r} is none of the texts of the training data: "
                                 + ", ".join(map(repr, column[:10])) + (", …" if len(column) > 10 else ""))
            row[i] = known[text] if known else float(text)
    codes = codes.T.reshape(array.shape)
    return to_bf16(codes) if argument.dtype.metadata else codes.astype(argument.dtype)


def _scaled(argument, factor, value):
    """The product in the element type of the input; bytes, pictures say, become numbers of it first."""
    if isinstance(value, np.ndarray) and value.dtype == np.uint8:
        value = to_bf16(value) if argument.dtype.metadata else value.astype(argument.dtype)
    where = f"input {argument.name!r} is {argument.type}"
    value = values.as_array(value, argument.dtype, where, (argument.name, argument.type))
    if argument.dtype.metadata:
        return to_bf16(from_bf16(value) * from_bf16(to_bf16(factor)))
    return value * argument.dtype.type(factor)


def prepared(functions, preparation, data):
    """A dict of the same inputs, as in training; what is no input stays as it is."""
    if not hasattr(data, "keys"):
        raise TypeError(f"the data must be a dict of arrays by the names of inputs, not a {type(data).__name__}")
    arguments, result = {}, dict(data)
    for function in functions:
        for argument in function.inputs:
            arguments.setdefault(argument.name, argument)
    for name, value in data.items():
        if name in arguments and name in preparation["categories"]:
            result[name] = value = _codes(arguments[name], preparation["categories"][name], value)
        if name in arguments and name in preparation["scale"] and arguments[name].raw_dtype.code in (2, 4):  # floats
            result[name] = _scaled(arguments[name], preparation["scale"][name], value)
    return result


def refuse_texts(argument, value, where):
    """Texts for an input whose codes are known."""
    array = value if isinstance(value, np.ndarray) else np.asarray(value if isinstance(value, list) else 0)
    if array.dtype.kind in "USO":
        raise DTypeError(f"{where}, given texts; m.prepared(data) gives their codes, those of {argument.name!r} in training")
