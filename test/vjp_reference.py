#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""vjp_reference.py [--only OP] [--verbose] FILE...: outputs and vector-Jacobian products against recorded ones.

A FILE (plain or gzip) has one JSON object a line: op, variant, input, args, kwargs, out, cot, grads, of a PyTorch
operator in f64. Each sample becomes nodes of a graph whose floating operands are parameters and whose loss is
sum(out * cot), so that `gradients` gives the products. Many samples share one model. Prints a line an op and
`N passed, M failed, K skipped`; exits 1 after a failure.
"""
import argparse
import collections
import gzip
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import traceback

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))
SYMC = os.environ.get("SYMC", str(ROOT / "build" / "release" / "bin" / "symc"))
# Codes of diagnostics that say that this version does not have something.
ABSENT = ("S0501", "S0901", "S0902", "S0903", "S0906")


class NoOp(Exception):
    """symc has no op for the sample."""


def array(tensor):
    kind = {"float64": np.float64, "int64": np.int64, "bool": np.bool_, "uint8": np.uint8}[tensor["dtype"]]
    return np.array(tensor["data"], kind).reshape(tensor["shape"])


def is_tensor(value):
    return isinstance(value, dict) and "data" in value


def as_list(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


class Node:
    """A value of the graph and its shape."""

    def __init__(self, name, shape):
        self.name, self.shape = name, tuple(shape)

    @property
    def rank(self):
        return len(self.shape)


class Sample:
    """Builds the nodes of one sample; what `wrt` holds are its differentiated operands in order."""

    def __init__(self, number, record):
        self.number, self.record = number, record
        self.parameters, self.constants, self.nodes, self.wrt, self.outputs = {}, {}, [], [], {}
        self.count = 0
        self.training_only = False  # `predict` gives something else

    def name(self):
        self.count += 1
        return f"s{self.number}_{self.count}"

    def value(self, tensor, differentiated=True):
        data = array(tensor) if is_tensor(tensor) else np.asarray(tensor)
        name = self.name()
        element = {"f": "f64", "i": "i64", "b": "bool", "u": "u8"}[data.dtype.kind]
        type_text = f"{element}[{', '.join(map(str, data.shape))}]"
        node = Node(name, data.shape)
        if data.dtype.kind == "f" and differentiated and data.size:
            self.parameters[name] = (type_text, data)
            self.wrt.append(name)
        else:
            self.constants[name] = {"type": type_text, "value": data.tolist()}
            if data.dtype.kind == "f" and differentiated:
                self.wrt.append(None)
        return node

    def op(self, op, *inputs, shape=None, results=1, attributes=None, **attrs):
        attrs |= attributes or {}
        names = [self.name() for _ in range(results)]
        entry = {"name": names[0] if results == 1 else names, "op": op, "inputs": [i.name for i in inputs]}
        if attrs:
            entry["attrs"] = attrs
        self.nodes.append(entry)
        nodes = [Node(n, () if shape is None else shape) for n in names]
        return nodes[0] if results == 1 else nodes

    def expr(self, text, shape=()):
        name = self.name()
        self.nodes.append({"name": name, "expr": text})
        return Node(name, shape)

    def reshape(self, x, shape):
        node = Node(self.name(), shape)
        self.nodes.append({"name": node.name, "op": "reshape", "inputs": [x.name], "attrs": {"shape": list(shape)}})
        return node

    def transpose(self, x, axes):
        return self.op("transpose", x, shape=[x.shape[a] for a in axes], axes=list(axes))


# ---- The table: PyTorch's operator → nodes. A function takes the sample, its positional arguments (tensors as nodes)
# and its keyword arguments, and gives the result or a list of results.

OPS = {}


def maps(*names, constant=()):
    """Registers a function for these operators; `constant` names keyword arguments that are not differentiated."""
    def register(function):
        for name in names:
            OPS[name] = (function, set(constant))
        return function
    return register


def same(op, **attrs):
    return lambda s, x: s.op(op, x, shape=x.shape, **attrs)


for torch_name, op in {"cos": "cos", "cosh": "cosh", "exp": "exp", "log": "log", "reciprocal": "reciprocal",
                       "sigmoid": "sigmoid", "nn.functional.relu": "relu", "nn.functional.hardswish": "hard_swish",
                       "nn.functional.silu": "silu", "nn.functional.mish": "mish", "nn.functional.softsign": "softsign",
                       "nn.functional.elu": "elu", "nn.functional.selu": "selu",
                       "nn.functional.leaky_relu": "leaky_relu", "nn.functional.hardsigmoid": "hard_sigmoid"}.items():
    maps(torch_name)(same(op))
maps("nn.functional.hardtanh")(same("clip", min=-1.0, max=1.0))


@maps("nn.functional.gelu")
def gelu(s, x, approximate="none"):
    return s.op("gelu", x, approximate=approximate == "tanh")


def scalar(s, value):
    return value if isinstance(value, Node) else s.value(np.float64(value), False)


def binary(op):
    def build(s, x, y):
        return s.op(op, x, scalar(s, y), shape=np.broadcast_shapes(x.shape, getattr(y, "shape", ())))
    return build


for torch_name, op in {"mul": "mul", "pow": "pow", "maximum": "maximum", "minimum": "minimum"}.items():
    maps(torch_name)(binary(op))


@maps("add", "sub")
def add(s, x, y, alpha=1):
    y = scalar(s, y)
    if alpha != 1:
        y = s.op("mul", y, scalar(s, float(alpha)))
    return s.op("add" if s.record["op"] == "add" else "sub", x, y)


@maps("div")
def div(s, x, y, rounding_mode=None):
    if rounding_mode == "floor":
        return s.op("floor_div", x, scalar(s, y))
    quotient = s.op("div", x, scalar(s, y))
    return s.op("trunc", quotient) if rounding_mode == "trunc" else quotient


@maps("where")
def where(s, x, condition, y):
    return s.op("where", condition, x, y)


# ---- Reductions

def axes_of(x, dim):
    return None if dim is None or dim == [] else [d % max(x.rank, 1) for d in as_list(dim)]


def reduced(s, op, x, dim=None, keepdim=False, **attrs):
    """A reduction; PyTorch lets a scalar have the axis 0."""
    axes = axes_of(x, dim)
    if x.rank == 0:
        axes, keepdim = None, False
    if axes is not None:
        attrs["axis"] = axes
    return s.op(op, x, keepdims=bool(keepdim), **attrs)


@maps("sum", "mean", "amax", "amin", "prod", "max", "min", "logsumexp")
def reduction(s, x, dim=None, keepdim=False, dtype=None):
    op = s.record["op"].removeprefix("a")
    if isinstance(dim, Node):
        return binary(op + "imum")(s, x, dim)
    return reduced(s, op, x, dim, keepdim)


@maps("std", "var")
def deviation(s, x, dim=None, unbiased=None, keepdim=False, correction=None):
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    ddof = correction if correction is not None else int(unbiased is None or unbiased)
    return reduced(s, s.record["op"], x, dim, keepdim, ddof=ddof)


@maps("norm")
def norm(s, x, p=2, dim=None, keepdim=False, dtype=None):
    if p == "nuc":
        raise NoOp("the nuclear norm")
    return reduced(s, "norm", x, dim, keepdim, ord=2.0 if p == "fro" else float(p))


def along(op, name="axis"):
    def build(s, x, dim, dtype=None):
        if x.rank == 0:
            return s.reshape(s.op(op, s.reshape(x, [1]), **{name: 0}), [])
        return s.op(op, x, **{name: dim})
    return build


for torch_name in ("cumsum", "softmax", "log_softmax"):
    maps(torch_name)(along(torch_name))


# ---- Products

@maps("matmul", "mm", "mv")
def matmul(s, a, b):
    return s.op("matmul", a, b)


@maps("outer")
def outer(s, a, b):
    return s.op("einsum", a, b, equation="i,j->ij")


@maps("addmm")
def addmm(s, c, a, b, alpha=1, beta=1):
    return s.expr(f"{float(beta)!r} * {c.name} + {float(alpha)!r} * ({a.name} @ {b.name})")


@maps("einsum")
def einsum(s, operands, equation):
    return s.op("einsum", *operands, equation=equation)


@maps("nn.functional.linear")
def linear(s, x, weight, bias=None):
    kernel = s.transpose(weight, [1, 0])
    return s.op("dense", x, kernel, *([bias] if bias else []), use_bias=bias is not None)


# ---- Shapes and indices

@maps("expand")
def expand(s, x, sizes):
    added = len(sizes) - x.rank
    return broadcast(s, x, [x.shape[i - added] if size == -1 else size for i, size in enumerate(sizes)])


def broadcast(s, x, shape):
    node = Node(s.name(), shape)
    s.nodes.append({"name": node.name, "op": "broadcast_to", "inputs": [x.name], "attrs": {"shape": list(shape)}})
    return node


@maps("reshape", "view")
def reshape_op(s, x, *shape):
    shape = shape[0] if len(shape) == 1 and isinstance(shape[0], list) else list(shape)
    if is_tensor(shape) or isinstance(shape, Node):
        raise NoOp("another dtype")
    return s.reshape(x, shape)


@maps("flip")
def flip(s, x, dims):
    return s.op("reverse", x, axis=dims)


@maps("roll")
def roll(s, x, shifts, dims=0):
    return s.op("roll", x, shift=shifts, axis=dims)


@maps("tile", "repeat")
def tile(s, x, reps):
    return s.op("tile", x, reps=reps)


@maps("squeeze")
def squeeze(s, x, dim=None):
    if dim is not None and (x.rank == 0 or x.shape[dim] != 1):
        return s.reshape(x, x.shape)
    return s.op("squeeze", x, **({} if dim is None else {"axis": dim}))


@maps("unsqueeze")
def unsqueeze(s, x, dim):
    return s.op("expand_dims", x, axis=dim)


@maps("permute")
def permute(s, x, dims):
    return s.op("transpose", x, axes=[d % max(x.rank, 1) for d in dims])


@maps("transpose")
def transpose(s, x, a, b):
    axes = list(range(x.rank))
    if axes:
        axes[a], axes[b] = axes[b], axes[a]
    return s.op("transpose", x, axes=axes)


@maps("cat", "stack")
def cat(s, tensors, dim=0):
    return s.op("concat" if s.record["op"] == "cat" else "stack", *tensors, axis=dim)


@maps("split", "chunk")
def split(s, x, size, dim=0):
    if s.record["op"] == "chunk":
        size = math.ceil(x.shape[dim] / size)
    sizes = size if isinstance(size, list) else [min(size, x.shape[dim] - i) for i in range(0, x.shape[dim], size)]
    result = s.op("split", x, results=len(sizes), sizes=sizes, axis=dim)
    return result


@maps("narrow")
def narrow(s, x, dim, start, length):
    start = int(array(s.record["args"][1])) if isinstance(start, Node) else start
    start = start % x.shape[dim] if start < 0 else start
    starts, stops = [None] * x.rank, [None] * x.rank
    starts[dim], stops[dim] = start, start + length
    return s.op("slice", x, start=starts, stop=stops, step=[1] * x.rank)


@maps("gather")
def gather(s, x, dim, index):
    if x.rank == 0:
        raise NoOp("indices of a scalar")
    return s.op("take_along_axis", x, index, axis=dim)


@maps("index_select")
def index_select(s, x, dim, index):
    return s.op("gather", x, index, axis=dim)


@maps("tril", "triu")
def triangle(s, x, k=0, diagonal=None):
    return s.op(s.record["op"], x, k=k if diagonal is None else diagonal)


@maps("nn.functional.pad")
def pad(s, x, widths, mode="constant", value=0.0):
    mode = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}.get(mode)
    if mode is None or min(widths, default=0) < 0:
        raise NoOp("circular or negative padding")
    pairs = [[0, 0] for _ in range(x.rank)]
    for i in range(len(widths) // 2):
        pairs[-1 - i] = widths[2 * i:2 * i + 2]
    attrs = {"constant_values": float(value)} if mode == "constant" else {"mode": mode}
    return s.op("pad", x, pad_width=pairs, **attrs)


@maps("nn.functional.interpolate", "nn.functional.upsample_bilinear", "nn.functional.upsample_nearest")
def interpolate(s, x, size=None, scale_factor=None, mode="nearest", align_corners=None):
    out = s.record["out"][0]["shape"]
    if mode != "bilinear" or align_corners or s.record["op"].startswith("nn.functional.upsample") or scale_factor is not None:
        raise NoOp("half-pixel centres and bilinear only")
    channels_last = s.transpose(x, [0, 2, 3, 1])
    y = s.op("resize", channels_last, shape=[out[0], out[2], out[3], out[1]], method="bilinear", **{"size": out[2:]})
    return s.op("transpose", y, axes=[0, 3, 1, 2])


# ---- Networks

def batched(s, x, rank, build):
    """Images without a batch get one of 1."""
    if x.rank == rank:
        return build(x)
    y = build(s.reshape(x, [1, *x.shape]))
    return s.reshape(y, s.record["out"][0]["shape"])


@maps("nn.functional.conv1d", "nn.functional.conv2d")
def conv(s, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    axes = weight.rank - 2
    if padding not in ("same", "valid"):
        amounts = as_list(padding) * (axes if len(as_list(padding)) == 1 else 1)
        padding = [[p, p] for p in amounts]
    elif padding == "same":
        dilations = as_list(dilation) * (axes if len(as_list(dilation)) == 1 else 1)
        totals = [d * (k - 1) for d, k in zip(dilations, weight.shape[2:])]
        padding = [[t // 2, t - t // 2] for t in totals]
    return batched(s, x, axes + 2, lambda image: s.op(
        f"conv{axes}d", image, weight, *([bias] if bias else []), strides=stride, padding=padding, dilations=dilation,
        groups=groups, layout="NCHW", use_bias=bias is not None))


@maps("nn.functional.conv_transpose2d")
def conv_transpose(s, x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    two = lambda v: as_list(v) * (2 if len(as_list(v)) == 1 else 1)
    amounts = [[p, p - o] for p, o in zip(two(padding), two(output_padding))]
    if any(after < 0 for _, after in amounts):
        raise NoOp("a result that is larger than the kernel reaches")
    return batched(s, x, 4, lambda image: s.op(
        "conv_transpose2d", image, weight, *([bias] if bias else []), strides=stride, padding=amounts, dilations=dilation,
        groups=groups, layout="NCHW", use_bias=bias is not None))


@maps("nn.functional.max_pool2d")
def max_pool(s, x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    if as_list(dilation) != [1]:
        raise NoOp("dilated pooling")
    two = lambda v: as_list(v) * (2 if len(as_list(v)) == 1 else 1)
    out, sizes, strides = s.record["out"][0]["shape"][-2:], two(kernel_size), two(stride or kernel_size)
    amounts = [[p, max(0, (o - 1) * st + k - n - p)]
               for p, o, st, k, n in zip(two(padding), out, strides, sizes, x.shape[-2:])]
    return batched(s, x, 4, lambda image: s.op("max_pool", image, pool_size=sizes, strides=strides, padding=amounts,
                                               layout="NCHW"))


@maps("nn.functional.avg_pool2d")
def avg_pool(s, x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    two = lambda v: as_list(v) * (2 if len(as_list(v)) == 1 else 1)
    amounts = two(padding)
    if any(amounts):  # there, padding counts
        widths = [[0, 0], [0, 0], *([p, p] for p in amounts)]
        shape = [n + sum(w) for n, w in zip(x.shape, widths)]
        x = s.op("pad", x, shape=shape, pad_width=widths)
    return s.op("avg_pool", x, pool_size=kernel_size, strides=stride or kernel_size, layout="NCHW")


@maps("nn.functional.adaptive_avg_pool2d")
def adaptive(s, x, sizes):
    if any(size not in (None, x.shape[i - 2]) for i, size in enumerate(sizes)):
        raise NoOp("windows of several sizes")
    return s.reshape(x, x.shape)


def scales(s, size, gamma, beta):
    """Scale and shift; 1 and 0 where there are none."""
    return gamma or s.value(np.ones(size), False), beta or s.value(np.zeros(size), False)


@maps("nn.functional.layer_norm")
def layer_norm(s, x, shape, gamma=None, beta=None, eps=1e-5):
    if len(shape) != 1:
        raise NoOp("several axes")
    return s.op("layer_norm", x, *scales(s, shape[0], gamma, beta), epsilon=eps)


@maps("nn.functional.group_norm")
def group_norm(s, x, groups, weight=None, bias=None, eps=1e-5):
    last = [0, *range(2, x.rank), 1]
    y = s.op("group_norm", s.transpose(x, last), *scales(s, x.shape[1], weight, bias), groups=groups, epsilon=eps)
    return s.op("transpose", y, axes=[0, x.rank - 1, *range(1, x.rank - 1)])


@maps("nn.functional.instance_norm", constant=("running_mean", "running_var"))
def instance_norm(s, x, running_mean=None, running_var=None, weight=None, bias=None, momentum=0.1, eps=1e-5,
                  use_input_stats=True):
    y = s.op("instance_norm", s.transpose(x, [0, *range(2, x.rank), 1]), *scales(s, x.shape[1], weight, bias), epsilon=eps)
    return s.op("transpose", y, axes=[0, x.rank - 1, *range(1, x.rank - 1)])


@maps("nn.functional.batch_norm")
def batch_norm(s, x, mean=None, variance=None, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    if not training or x.rank < 2:
        raise NoOp("derivatives of inference, or no channels")
    for moving in (mean, variance):
        if moving:
            s.wrt.remove(moving.name)
    given = [node or s.value(np.full(x.shape[1], fill), False)
             for node, fill in ((weight, 1.0), (bias, 0.0), (mean, 0.0), (variance, 1.0))]
    s.training_only = True
    return s.op("batch_norm", x, *given, axis=1, epsilon=eps)


# ---- Losses

@maps("nn.functional.mse_loss", "nn.functional.l1_loss")
def error(s, x, y, reduction="mean"):
    return s.op("mse" if "mse" in s.record["op"] else "mae", x, y, reduction=reduction)


@maps("nn.functional.smooth_l1_loss", "nn.functional.huber_loss")
def huber(s, x, y, reduction="mean", beta=1.0, delta=1.0):
    return s.op("huber", x, y, reduction=reduction, delta=delta)


@maps("nn.functional.cross_entropy")
def cross_entropy(s, x, target, reduction="mean"):
    dense = s.record["args"][0]["dtype"] == "float64"
    return s.op("softmax_cross_entropy" if dense else "sparse_softmax_cross_entropy", x, target, axis=1, reduction=reduction)


@maps("nn.functional.nll_loss")
def nll(s, x, target, reduction="mean", ignore_index=None, weight=None):
    if weight is not None or ignore_index is not None:
        raise NoOp("weights and ignored labels")
    return s.op("nll", x, target, reduction=reduction)


@maps("nn.functional.binary_cross_entropy_with_logits", constant=("weight", "pos_weight"))
def logits(s, x, target, reduction="mean", weight=None, pos_weight=None):
    if pos_weight is not None:
        raise NoOp("weights of positive examples")
    if weight is None:
        return s.op("sigmoid_cross_entropy", x, target, reduction=reduction)
    loss = s.op("mul", s.op("sigmoid_cross_entropy", x, target, reduction="none"), weight)
    return loss if reduction == "none" else s.op(reduction, loss)


@maps("nn.functional.binary_cross_entropy", constant=("weight",))
def cross(s, x, target, reduction="mean", weight=None):
    loss = s.expr(f"-({target.name} * log({x.name}) + (1 - {target.name}) * log(1 - {x.name}))")
    if weight is not None:
        loss = s.op("mul", loss, weight)
    return loss if reduction == "none" else s.op(reduction, loss)


@maps("nn.functional.kl_div")
def kl_div(s, x, target, reduction="mean", log_target=False):
    t = target.name
    loss = s.expr(f"exp({t}) * ({t} - {x.name})" if log_target else f"{t} * (log({t}) - {x.name})")
    return loss if reduction == "none" else s.op(reduction, loss)


# ---- Building, compiling, comparing

def build(number, record):
    sample = Sample(number, record)
    if record["op"] not in OPS:
        raise NoOp("no op")
    function, constant = OPS[record["op"]]

    def node(value, differentiated=True):
        if is_tensor(value):
            return sample.value(value, differentiated)
        if isinstance(value, list) and value and all(map(is_tensor, value)):
            return [node(v) for v in value]
        return value
    operands = [node(record["input"])] + [node(a) for a in record["args"]]
    kwargs = {k: node(v, k not in constant) for k, v in record["kwargs"].items() if k != "dtype"}
    try:
        result = function(sample, *operands, **kwargs)
    except TypeError as e:
        raise NoOp(f"arguments: {e}") from e
    sample.results = as_list(result)
    terms = []
    for k, (value, cot) in enumerate(zip(sample.results, record["cot"])):
        sample.outputs[f"o{number}_{k}"] = value.name
        if cot is not None and np.prod(cot["shape"]):
            terms.append(sample.expr(f"sum({value.name} * {sample.value(cot, False).name})").name)
    sample.terms = terms
    return sample


def write_graph(samples, path):
    """One node a line, so that a diagnostic's line tells its sample. Returns line → sample."""
    lines, owner = [], {}

    def section(key, opening, closing, entries):
        lines.append(f'"{key}": {opening}')
        for i, (sample, text) in enumerate(entries):
            lines.append(text + ("," if i + 1 < len(entries) else ""))
            owner[len(lines)] = sample
        lines.append(closing + ",")
    pairs = lambda s, d: [(s, f"{json.dumps(k)}: {json.dumps(v)}") for k, v in d.items()]
    lines.append('{ "symc": 1, "name": "reference",')
    section("inputs", "{", "}", [(None, '"scale": "f64[]"')])
    section("parameters", "{", "}", [(None, '"anchor": "f64[]"')] + [p for s in samples for p in pairs(s, {k: v[0] for k, v in s.parameters.items()})])
    section("constants", "{", "}", [p for s in samples for p in pairs(s, s.constants)])
    nodes = [(s, json.dumps(n)) for s in samples for n in s.nodes]
    # `anchor` is there for samples without elements, whose loss depends on nothing.
    total = " + ".join(["anchor", *(t for s in samples for t in s.terms)])
    nodes.append((None, json.dumps({"name": "J", "expr": f"scale * ({total})"})))
    section("nodes", "[", "]", nodes)
    section("outputs", "{", "}", [p for s in samples for p in pairs(s, s.outputs)] + [(None, '"scaled": "scale * 1"')])
    lines.append('"train": { "loss": "J", "optimizer": { "sgd": { "learning_rate": 0.0 } } } }')
    path.write_text("\n".join(lines) + "\n")
    return owner


def close(got, want):
    """To 1e-6, relative to the largest element: the references have nine digits."""
    got, want = np.asarray(got, np.float64), np.asarray(want, np.float64)
    if got.shape != want.shape:
        return f"shape {got.shape}, not {want.shape}"
    if not want.size:
        return None
    finite = np.isfinite(want)
    if not (np.isnan(got) == np.isnan(want)).all() or not (np.isinf(got) == np.isinf(want)).all():
        return "NaN or infinity at other places"
    scale = max(1.0, np.abs(want[finite]).max(initial=0))
    worst = np.abs(got[finite] - want[finite]).max(initial=0)
    return None if worst <= 1e-6 * scale else f"off by {worst:.3g} where the largest is {scale:.3g}"


def compare(sample, outputs, gradients):
    record = sample.record
    for k, want in enumerate([] if sample.training_only else record["out"]):
        if k >= len(sample.results) or (want is not None and "data" not in want):
            continue
        why = close(outputs[f"o{sample.number}_{k}"], array(want))
        if why:
            return f"output {k}: {why}"
    if len(sample.wrt) != len(record["grads"]):
        return f"{len(sample.wrt)} differentiated operands, {len(record['grads'])} recorded"
    for k, (name, want) in enumerate(zip(sample.wrt, record["grads"])):
        if name is None:
            continue
        shape = sample.parameters[name][1].shape
        why = close(gradients[name], array(want) if want is not None else np.zeros(shape))
        if why:
            return f"gradient {k}: {why}"
    return None


LACKING = 3  # symc's exit code for an environment that lacks something: no sample's fault


class Lacking(Exception):
    """The compiler cannot run at all."""


def diagnostics(path):
    r = subprocess.run([SYMC, "check", "--diagnostics", "json", str(path)], capture_output=True, text=True, timeout=300)
    if r.returncode == LACKING:
        raise Lacking(r.stderr.strip())
    found = []
    for line in r.stderr.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            if r.returncode not in (0, 1):
                found.append({"severity": "error", "code": "crash", "line": 0, "message": line})
    return r.returncode, [d for d in found if d["severity"] == "error"]


def run(samples, folder, label):
    """Results of the samples by number: None passed, ("skip" or "fail", why)."""
    import symc
    results = {}
    path = folder / f"{label}.json"
    while samples:
        owner = write_graph(samples, path)
        code, errors = diagnostics(path)
        bad = {}
        for d in errors:
            sample = owner.get(d["line"])
            if sample:
                bad.setdefault(sample.number, ("skip" if d["code"] in ABSENT else "fail", f"{d['code']}: {d['message']}"))
        if code == 0 and not errors:
            break
        if not bad:
            return halves(samples, folder, label, results, errors[0]["message"] if errors else f"check exits {code}")
        results.update(bad)
        samples = [s for s in samples if s.number not in bad]
    if not samples:
        return results
    library = folder / f"lib{label}.so"
    r = subprocess.run([SYMC, "compile", str(path), "-o", str(library), "--functions", "predict,gradients"],
                       capture_output=True, text=True, timeout=900)
    if r.returncode == LACKING:
        raise Lacking(r.stderr.strip())
    if r.returncode:
        return halves(samples, folder, label, results, f"compile exits {r.returncode}: {r.stderr.strip()[-300:]}")
    try:
        model = symc.Model(str(library), threads=1)
        for s in samples:
            for name, (_, data) in s.parameters.items():
                model.parameters[name] = data
        outputs = named(model.predict(scale=np.float64(1)))
        gradients = named(model.gradients(scale=np.float64(1)))
    except Exception as e:
        return halves(samples, folder, label, results, f"{type(e).__name__}: {e}")
    for s in samples:
        why = compare(s, outputs, gradients)
        results[s.number] = ("fail", why) if why else None
    return results


def named(result):
    return result if isinstance(result, dict) else result._asdict()


def halves(samples, folder, label, results, why):
    """Narrows a failure that names no sample down to the one."""
    if len(samples) == 1:
        results[samples[0].number] = ("fail", why)
        return results
    middle = len(samples) // 2
    for part, tag in ((samples[:middle], "a"), (samples[middle:], "b")):
        results.update(isolated(part, folder, label + tag))
    return results


def start(samples, folder, label):
    """`run` in a process of its own, which a wrong model may end. This process has one thread: a fork beside others
    would copy their locks as they are."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            (folder / f"{label}.results").write_text(json.dumps(run(samples, folder, label)))
            code = 0
        except Lacking as e:
            print(e, file=sys.stderr)
            code = LACKING
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(code)
    return pid


def collect(status, samples, folder, label):
    """The results of a process that `start` made."""
    if status == 0:
        return {int(k): v for k, v in json.loads((folder / f"{label}.results").read_text()).items()}
    if os.waitstatus_to_exitcode(status) == LACKING:
        raise Lacking("the compiler cannot run")
    return halves(samples, folder, label, {}, f"the process ended with status {status}")


def isolated(samples, folder, label):
    return collect(os.waitpid(start(samples, folder, label), 0)[1], samples, folder, label)


def isolated_all(batches, folder, jobs):
    """All batches, `jobs` at a time."""
    results, running, waiting = {}, {}, list(enumerate(batches))
    while running or waiting:
        while waiting and len(running) < jobs:
            number, batch = waiting.pop(0)
            running[start(batch, folder, f"b{number}")] = (batch, folder, f"b{number}")
        pid, status = os.wait()
        results.update(collect(status, *running.pop(pid)))
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--only", help="ops whose name contains this")
    parser.add_argument("--batch", type=int, default=32, help="samples in one model")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--verbose", action="store_true", help="every sample that is skipped")
    parser.add_argument("--map-only", action="store_true", help="build the graphs and stop")
    arguments = parser.parse_args()
    records = []
    for file in arguments.files:
        with (gzip.open(file, "rt") if open(file, "rb").read(2) == b"\x1f\x8b" else open(file)) as f:
            records += [json.loads(line) for line in f if line.strip()]
    if arguments.only:
        records = [r for r in records if arguments.only in r["op"]]
    results, samples = {}, []
    for number, record in enumerate(records):
        try:
            samples.append(build(number, record))
        except NoOp as e:
            results[number] = ("skip", str(e))
    with tempfile.TemporaryDirectory(prefix="symc-vjp-") as folder:
        folder = pathlib.Path(folder)
        batches = [samples[i:i + arguments.batch] for i in range(0, len(samples), arguments.batch)]
        if arguments.map_only:
            for i, batch in enumerate(batches):
                write_graph(batch, folder / f"b{i}.json")
                json.loads((folder / f"b{i}.json").read_text())
            batches = []
        try:
            results.update(isolated_all(batches, folder, arguments.jobs))
        except Lacking as e:
            sys.exit(str(e))
    table = collections.defaultdict(list)
    for number, record in enumerate(records):
        table[record["op"]].append((number, results.get(number)))
    counts = collections.Counter()
    for op, rows in table.items():
        tally = collections.Counter("passed" if r is None else {"fail": "failed", "skip": "skipped"}[r[0]] for _, r in rows)
        counts.update(tally)
        print(f"{op}: " + ", ".join(f"{tally[k]} {k}" for k in ("passed", "failed", "skipped") if tally[k]))
        for number, r in rows:
            if r and (r[0] == "fail" or arguments.verbose):
                print(f"    sample {number} {records[number]['variant']} {r[0]}: {r[1]}")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
