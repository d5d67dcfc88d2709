# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""The table: PyTorch's operator → nodes.

A function takes the sample and the operator's arguments by PyTorch's names (tensors as nodes) and gives the result or a
list of results. It reads every argument that it names: one that it does not read is listed in `assumes` with the values
for which that is right. Any other argument or value is a NotMapped, so that nothing of a sample is dropped in silence.
"""
import dis
import inspect

import numpy as np

from .sample import Node, NotMapped, Sample, as_list, is_tensor

OPS = {}
ANYTHING = object()  # every value is right: it changes nothing that is compared
# Every tensor is of this type.
DTYPE = {"dtype": (None, "torch.float64")}
LEGACY = {"size_average": (None,), "reduce": (None,)}


def read_names(function):
    return {i.argval for i in dis.get_instructions(function) if i.opname.startswith("LOAD")} | \
        {n for pair in dis.get_instructions(function) if isinstance(pair.argval, tuple) for n in pair.argval} | \
        set(function.__code__.co_cellvars)


def maps(*names, constant=(), assumes=None):
    """Registers a function for these operators; `constant` names arguments that are not differentiated."""
    assumes = assumes or {}

    def register(function):
        unread = set(inspect.signature(function).parameters) - read_names(function) - set(assumes)
        if unread:
            raise TypeError(f"the mapping of {names} drops {unread}")
        for name in names:
            OPS[name] = (function, set(constant), assumes)
        return function
    return register


def shown(value):
    return f"tensor{list(value.shape)}" if isinstance(value, Node) else repr(value)


def not_mapped(sample, **arguments):
    """For a value that the function does not know."""
    raise NotMapped(f"not mapped: {sample.record['op']} " + " ".join(f"{k}={shown(v)}" for k, v in arguments.items()))


def one_of(sample, values, **argument):
    (value,) = argument.values()
    return value if value in values else not_mapped(sample, **argument)


def build(number, record):
    sample = Sample(number, record)
    if record["op"] not in OPS:
        raise NotMapped(f"not mapped: {record['op']}")
    function, constant, assumes = OPS[record["op"]]
    parameters = list(inspect.signature(function).parameters)[1:]

    def node(value, differentiated=True):
        if is_tensor(value):
            return sample.value(value, differentiated)
        if isinstance(value, list) and value and all(map(is_tensor, value)):
            return [node(v) for v in value]
        return value
    given = [record["input"], *record["args"]]
    operands = [node(v, name not in constant) for v, name in zip(given, parameters + [""] * len(given))]
    kwargs = {k: node(v, k not in constant) for k, v in record["kwargs"].items()}
    for name, value in kwargs.items():
        if name in assumes and name not in parameters and assumes[name] is not ANYTHING and value not in assumes[name]:
            not_mapped(sample, **{name: value})
    kwargs = {k: v for k, v in kwargs.items() if k in parameters or k not in assumes}
    try:
        bound = inspect.signature(function).bind(sample, *operands, **kwargs)
    except TypeError as error:
        extra = {k: v for k, v in kwargs.items() if k not in parameters}
        if extra:
            not_mapped(sample, **extra)
        raise NotMapped(f"not mapped: {record['op']} {error}") from error
    for name, value in bound.arguments.items():
        if name in assumes and assumes[name] is not ANYTHING and value not in assumes[name]:
            not_mapped(sample, **{name: value})
    sample.results = as_list(function(*bound.args, **bound.kwargs))
    recorded = [out for out in record["out"] if out is not None]
    if not len(sample.results) == len(recorded) == len(record["cot"]):
        raise NotMapped(f"not mapped: {record['op']}: {len(recorded)} results are recorded, {len(sample.results)} are made")
    terms = []
    for k, (value, cot) in enumerate(zip(sample.results, record["cot"])):
        sample.outputs[f"o{number}_{k}"] = value.name
        if cot is not None and np.prod(cot["shape"]):
            terms.append(sample.expr(f"sum({value.name} * {sample.value(cot, False).name})").name)
    sample.terms = terms
    return sample


def scalar(s, value):
    return value if isinstance(value, Node) else s.value(np.float64(value), False)


def integers(s, value):
    """The data of an operand that is a constant of the graph: indices and labels."""
    return np.asarray(s.constants[value.name]["value"], np.int64).reshape(value.shape)


def reduce_loss(s, loss, reduction):
    one_of(s, ("none", "mean", "sum"), reduction=reduction)
    return loss if reduction == "none" else s.op(reduction, loss)


# Imports register.
from . import elementwise, losses, networks, products, reductions, resampling, shapes  # noqa: E402,F401 pylint: disable=C0413,C0411
