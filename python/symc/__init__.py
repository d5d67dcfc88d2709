# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""symc: compiled model graphs from Python, on ctypes and NumPy.

    import symc
    m = symc.compile("perceptron.json", dims={"batch": 32})   # or symc.load("libperceptron.so")
    m.initialize(seed=0)
    out = m.predict(x=x)                       # dict: name -> numpy array
    loss = m.train_step(x=x, y=y)["loss"]
    m.parameters["W1"]                         # a writable NumPy view, zero copy

`symc.Graph` builds graph files.
"""
from .bf16 import from_bf16, to_bf16
from .compiler import CompileError, compile, find_compiler
from .errors import CheckError, DTypeError, Error, LibraryError, ShapeError
from .graph import Graph, Value
from .model import Function, Model, Parameters, load

__version__ = "0.1.0"
__all__ = ["CheckError", "CompileError", "DTypeError", "Error", "Function", "Graph", "LibraryError", "Model",
           "Parameters", "ShapeError", "Value", "compile", "find_compiler", "from_bf16", "load", "to_bf16"]
