# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""The compiler's reference interpreter from Python: symc_session_examine of include/symc/compiler.h.

    arguments, results = values_of(library, inputs, ["predict"])
    finding = examine(compiler, session, options, NODES, "predict", arguments, results["predict"], seed=SEED)

says which op of a library that was compiled with `debug_values` is the first to be wrong.
"""
import ctypes
import json
import os

import numpy as np

import symc

P, S, I = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32
NODES, RESULTS, NOT_FINITE, PASSES = range(4)
SEED = 1
ELEMENTS = {"float16": "f16", "float32": "f32", "float64": "f64", "bool": "bool",
            **{f"int{b}": f"i{b}" for b in (8, 16, 32, 64)}, **{f"uint{b}": f"u{b}" for b in (8, 16, 32, 64)}}


class Array(ctypes.Structure):
    """symc_array"""
    _fields_ = [("size", ctypes.c_uint32), ("rank", I), ("name", S), ("element", S), ("shape", P), ("reals", P),
                ("integers", P)]


class Examination(ctypes.Structure):
    """symc_examination"""
    _fields_ = [("size", ctypes.c_uint32), ("question", I), ("function", S), ("arguments", P), ("values", P),
                ("argument_count", I), ("value_count", I), ("seed", ctypes.c_int64), ("step", ctypes.c_int64)]


class Result(ctypes.Structure):
    """The beginning of symc_result."""
    _fields_ = [("size", ctypes.c_uint32), ("file_count", I), ("files", P), ("text", S)]


class Narrow:
    """Values of bf16, which NumPy does not have: as f32, from the bits of arrays or from a number."""

    def __init__(self, given):
        given = np.asarray(given)
        self.value = given if given.dtype == np.float32 else np.asarray(symc.from_bf16(given))


class Arrays:
    """A C array of pointers to symc_array, and the memory behind it."""

    def __init__(self, values):
        self.kept, structs = [], []
        for name, value in values.items():
            element = "bf16" if isinstance(value, Narrow) else ELEMENTS[np.asarray(value).dtype.name]
            value = value.value if isinstance(value, Narrow) else np.asarray(value)
            real = value.dtype.kind == "f"
            elements = np.ascontiguousarray(value.astype(np.float64) if real else
                                            value.view(np.int64) if value.dtype == np.uint64 else value.astype(np.int64))
            shape = (ctypes.c_int64 * max(value.ndim, 1))(*value.shape)
            self.kept += [elements, shape]
            structs.append(Array(ctypes.sizeof(Array), value.ndim, name.encode(), element.encode(),
                                 ctypes.addressof(shape), elements.ctypes.data if real else None,
                                 None if real else elements.ctypes.data))
        pointers = (P * max(len(structs), 1))(*[ctypes.addressof(s) for s in structs])
        self.kept += [structs, pointers]
        self.count, self.address = len(structs), ctypes.addressof(pointers)


def examine(compiler, session, options, question, function, arguments, values, seed=0, step=0):
    """What the reference finds wrong, as a dictionary; None: nothing. A failure of the call raises."""
    given, found = Arrays(arguments), Arrays(values)
    asked = Examination(ctypes.sizeof(Examination), question, function.encode(), given.address, found.address, given.count,
                        found.count, seed, step)
    result = P()
    compiler.symc_session_examine.argtypes = [P, P, P, P]
    outcome = compiler.symc_session_examine(session, ctypes.byref(options), ctypes.byref(asked), ctypes.byref(result))
    if outcome:
        raise RuntimeError(f"the reference cannot evaluate {function}: outcome {outcome}")
    text = ctypes.cast(result, ctypes.POINTER(Result)).contents.text
    finding = json.loads(text) if text else None
    compiler.symc_result_destroy.argtypes = [P]
    compiler.symc_result_destroy(result)
    return finding


def values_of(library, inputs, functions, parameters=None):
    """The arguments, by name, and the results of these functions that the library has, with random numbers from SEED."""
    model = symc.load(os.fspath(library), threads=1)
    model.initialize(seed=SEED)
    for name, value in (parameters or {}).items():
        model.parameters[name] = value
    arguments = {**inputs, **{name: np.array(value) for name, value in model.parameters.items()}}
    results = {}
    with np.errstate(all="ignore"):
        for name in functions:
            if name in model.functions:
                function = model.functions[name]
                values = function(**{a.name: inputs[a.name] for a in function.inputs})
                results[name] = {a.name: Narrow(values[a.name]) if a.type.startswith("bf16[") else np.array(values[a.name])
                                 for a in function.outputs}
    return arguments, results
