# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Builds graph files: `symc.Graph`.

    g = symc.Graph("line")
    x, y = g.input("x", "f32[m, 3]"), g.input("y", "f32[m, 1]")
    theta = g.parameter("theta", "f32[3, 1]")
    error = x @ theta - y
    g.train(loss=g.mean(error ** 2, name="J"), optimizer={"sgd": {"learning_rate": 0.1}})
    g.output(yhat=x @ theta)
    g.to_json("line.json")

Arithmetic makes expressions; every op of the format is a method of the graph, with
its inputs as arguments and its attributes as keywords. A `name` makes a node of its
own; so do attributes, and values that are used more than once. An op of several
results has a list of names and gives a tuple.

    @g.function
    def cell(h, v):
        h = g.tanh(v @ W + h @ U)
        return h, h
    last, rows = g.scan(h0, x, body=cell, carries=1)
"""
import contextlib
import errno
import json
import math
import os
import re
import secrets
import stat

from .functions import Function, traced

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# Words that an expression reads as something else than a name of the graph.
_WORDS = {"inf", "nan", "pi", "and", "or", "not", "True", "False", "true", "false", "if", "else", "is", "in", "lambda", "None"}


def _reference(name):
    """A name of the graph inside an expression."""
    return name if _PLAIN.match(name) and name not in _WORDS else f"`{name}`"


def _quoted(text):
    """A string of an expression, which has no escapes."""
    mark = "'" if "'" not in text else '"'
    if mark in text:
        raise ValueError(f"an expression cannot hold {text!r}: give the attribute by its name")
    return mark + text + mark


def _plain(value):
    """What JSON has for a number or an array of NumPy's, as attributes."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a graph file cannot hold {value!r}")


def _literal(value):
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()  # a number of NumPy's
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf") if math.isinf(value) else repr(value)
    raise TypeError(f"a graph cannot hold {value!r}: use graph.constant for arrays")


def _give(descriptor, old):
    """Gives a new file the owner and the group of an old one; gives the bits of the old mode that it may take over: never
    the rights of another owner's program, nor what another group may do for this process's."""
    for owner, bits in ((old.st_uid, 0o7777), (-1, 0o777)):
        with contextlib.suppress(OSError):  # not everybody may give files away
            os.fchown(descriptor, owner, old.st_gid)
            return bits
    return 0o707


def _write(path, text):
    """Writes a file that appears whole or not at all, with mode and owner of the one that was there. Where a symbolic
    link points is written to, and so is a device or a pipe."""
    path = os.path.realpath(path)
    try:
        old = os.stat(path)
    except FileNotFoundError:
        old = None
    if old and not stat.S_ISREG(old.st_mode):
        with open(os.open(path, os.O_WRONLY), "w", encoding="utf-8") as out:  # nothing is made, should it be gone
            out.write(text)
        return
    if old and not os.access(path, os.W_OK):  # who may not write to a file may not replace it
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name[:50]}.{secrets.token_hex(8)}.symc")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if old else 0o666)
    try:
        with open(descriptor, "w", encoding="utf-8") as out:
            if old:
                os.fchmod(descriptor, stat.S_IMODE(old.st_mode) & _give(descriptor, old))
            out.write(text)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


class Value:
    """A tensor of the graph being built. Operators give new ones."""

    __array_priority__ = 1000  # numpy_array * value asks this class first
    __hash__ = object.__hash__

    def __init__(self, graph, pieces, name=None, depth=1):
        self._graph, self._pieces, self.name, self._depth = graph, pieces, name, depth
        self._scope = graph._scope

    def _combine(self, *pieces):
        return self._graph._expression(pieces)

    def __add__(self, other): return self._combine(self, " + ", other)
    def __radd__(self, other): return self._combine(other, " + ", self)
    def __sub__(self, other): return self._combine(self, " - ", other)
    def __rsub__(self, other): return self._combine(other, " - ", self)
    def __mul__(self, other): return self._combine(self, " * ", other)
    def __rmul__(self, other): return self._combine(other, " * ", self)
    def __truediv__(self, other): return self._combine(self, " / ", other)
    def __rtruediv__(self, other): return self._combine(other, " / ", self)
    def __floordiv__(self, other): return self._combine(self, " // ", other)
    def __mod__(self, other): return self._combine(self, " % ", other)
    def __pow__(self, other): return self._combine(self, " ** ", other)
    def __rpow__(self, other): return self._combine(other, " ** ", self)
    def __matmul__(self, other): return self._combine(self, " @ ", other)
    def __neg__(self): return self._combine("-", self)
    def __lt__(self, other): return self._combine(self, " < ", other)
    def __le__(self, other): return self._combine(self, " <= ", other)
    def __gt__(self, other): return self._combine(self, " > ", other)
    def __ge__(self, other): return self._combine(self, " >= ", other)
    def __eq__(self, other): return self._combine(self, " == ", other)
    def __ne__(self, other): return self._combine(self, " != ", other)

    @property
    def T(self):
        return self._combine(self, ".T")

    def __getitem__(self, index):
        def part(i):
            if isinstance(i, slice):
                text = ":".join("" if v is None else str(int(v)) for v in (i.start, i.stop))
                return text + ("" if i.step is None else f":{int(i.step)}")
            return "..." if i is Ellipsis else "None" if i is None else str(int(i))
        items = index if isinstance(index, tuple) else (index,)
        return self._combine(self, "[" + ", ".join(map(part, items)) + "]")

    def __bool__(self):
        raise TypeError("a tensor of a graph has no value yet; use graph.select for a choice")

    def __iter__(self):
        raise TypeError("a tensor of a graph cannot be iterated over")

    def named(self, name):
        """The same value as a node of this name."""
        return self._graph.node(name, self)

    def __repr__(self):
        return f"<symc value {self.name or self._graph._text(self)}>"


class Graph:
    """A graph file in the making. Attributes that are not methods are ops: `g.tanh(x)`, `g.dense(x, units=10)`."""

    _DEEPEST = 40  # parentheses of one expression, for readers

    def __init__(self, name, doc=None):
        self.name = name
        self._file = {"symc": 1, "name": name, **({"doc": doc} if doc else {})}
        self._sections = {key: {} for key in ("dims", "inputs", "parameters", "constants", "functions", "entry_points")}
        self._nodes, self._outputs, self._train = [], {}, None
        self._scope = None  # the function that is being built
        self._names = set()  # of inputs and nodes of the scope
        self._shared = set()  # of what every scope sees: parameters, constants, functions
        self._dims = set()

    def _declare(self, name, names):
        if name in self._names or name in self._shared:
            raise ValueError(f"the graph has two definitions of {name!r}")
        names.add(name)

    def _leaf(self, section, name, entry):
        value = Value(self, None, name)
        self._declare(name, self._names if section == "inputs" else self._shared)
        if section != "inputs":
            value._scope = Ellipsis  # of all
        self._sections[section][name] = entry
        return value

    def _local(self, name):
        """An input of the function that is being built."""
        self._declare(name, self._names)
        return Value(self, None, name)

    @contextlib.contextmanager
    def _inside(self):
        """Nodes become those of a function, which the graph's own values are no part of."""
        outer = self._scope, self._nodes, self._names
        self._scope, self._nodes, self._names = object(), [], set()
        try:
            yield
        finally:
            self._scope, self._nodes, self._names = outer

    def dim(self, name, min=None, max=None, multiple_of=None):
        """Bounds of a symbolic dimension."""
        given = {"min": min, "max": max, "multiple_of": multiple_of}
        self._sections["dims"][name] = {k: v for k, v in given.items() if v is not None}

    def input(self, name, type, doc=None):
        self._dims.update(re.findall(r"[A-Za-z_]\w*", type.partition("[")[2]))
        return self._leaf("inputs", name, {"type": type, "doc": doc} if doc else type)

    def parameter(self, name, type, init=None, trainable=None, doc=None):
        options = {"init": init, "trainable": trainable, "doc": doc}
        options = {k: v for k, v in options.items() if v is not None}
        return self._leaf("parameters", name, {"type": type, **options} if options else type)

    def constant(self, name, type, value):
        """`value`: nested lists, numbers or an array."""
        return self._leaf("constants", name, {"type": type, "value": value.tolist() if hasattr(value, "tolist") else value})

    def function(self, build=None, *, name=None, **types):
        """A decorator: the function of the file that a Python function of values describes, with the names of its
        parameters. It sees parameters, constants and other functions of the graph. Without types
        (`@g.function(h="f32[n, 8]", v="f32[n, 2]")`) it takes whatever its callers give."""
        if build is None:
            return lambda build: self.function(build, name=name, **types)
        name = name or build.__name__
        entry, function = traced(self, build, name, types)
        self._declare(name, self._shared)
        self._sections["functions"][name] = entry
        return function

    def node(self, name, value, doc=None):
        """Names a value; gives the value by that name."""
        text = self._text(self._own(value)) if isinstance(value, Value) else str(value)
        return self._append({"name": name, "expr": text, **({"doc": doc} if doc else {})})

    def op(self, op, *inputs, name=None, doc=None, **attributes):
        """A node of any op: `g.op("conv2d", x, filters=8, kernel_size=[3, 3], name="conv1")`. With a list of names, and
        of a function with several results, a tuple of values. Operands stand in their order or are all given by their
        names, as some in the middle are left out: `g.op("lstm", x=x, initial_h=h, units=8)`."""
        by_name = {key: value for key, value in attributes.items() if isinstance(value, Value)}
        if by_name and inputs:
            raise TypeError(f"{op}: operands are given by their order or all by their names, and {', '.join(by_name)} by name")
        attributes = {key: value for key, value in attributes.items() if key not in by_name}
        values = [v for i in inputs for v in (i if isinstance(i, (list, tuple)) else [i])]
        if not by_name and not attributes and not doc and name is None and all(not isinstance(i, (list, tuple)) for i in inputs):
            pieces = [op + "("]
            for i, value in enumerate(inputs):
                pieces += ([", "] if i else []) + [_quoted(value) if isinstance(value, str) else value]
            return self._expression((*pieces, ")"), call=True)
        functions = {key: value for key, value in attributes.items() if isinstance(value, Function)}
        for function in functions.values():
            if function._graph is not self:
                raise ValueError("a function of another graph")
        attributes.update({key: function.name for key, function in functions.items()})
        count = next((functions[key].outputs for key in ("function", "body", "true_fn") if key in functions), 1)
        if name is None or (count > 1 and isinstance(name, str)):
            names = [name or self._fresh(op)]
            names += [self._fresh(f"{names[0]}_{i}") for i in range(1, count)]
            name = names if count > 1 else names[0]
        entry = {"name": name, "op": op, "inputs": {key: self._as_name(v, op) for key, v in by_name.items()} if by_name
                 else [self._as_name(v, op) for v in values]}
        if attributes:
            entry["attrs"] = attributes
        return self._append({**entry, **({"doc": doc} if doc else {})})

    def __getattr__(self, op):
        """Ops are methods, `while` as `while_`."""
        if op.startswith("_"):
            raise AttributeError(op)
        return lambda *inputs, **attributes: self.op(op.rstrip("_"), *inputs, **attributes)

    def output(self, *values, **named):
        """What `predict` returns: named nodes, or `name=value`."""
        for value in values:
            if not isinstance(value, Value) or value.name is None:
                raise ValueError("an output without a name: use output(name=value)")
            self._outputs[value.name] = self._own(value)
        self._outputs.update({n: self._own(v) if isinstance(v, Value) else v for n, v in named.items()})

    def entry_point(self, name, *outputs, stream=None):
        """A further function of the library; one that takes a step of the dimension `stream` at a time where that is given."""
        self._sections["entry_points"][name] = {"outputs": [self._as_name(v, name) for v in outputs]}
        if stream is not None:
            self._sections["entry_points"][name]["stream"] = stream

    def train(self, loss, optimizer, metrics=None, **settings):
        """`metrics`: a list of names of ready ones, or name=value. `settings`: learning_rate_schedule, clip_global_norm,
        weight_decay, freeze, remat, …"""
        self._train = {"loss": self._text(loss), "optimizer": optimizer, **settings}
        if metrics:
            self._train["metrics"] = ({name: self._text(value) for name, value in metrics.items()} if isinstance(metrics, dict)
                                      else list(metrics))

    def to_json(self, path=None):
        """The graph file as text, written to `path` when one is given."""
        outputs = {name: self._text(value) for name, value in self._outputs.items()}
        file = dict(self._file)
        for section in ("dims", "inputs", "parameters", "constants", "functions"):
            if self._sections[section]:
                file[section] = self._sections[section]
        file["nodes"] = self._nodes
        same = all(name == text for name, text in outputs.items())
        file["outputs"] = list(outputs) if same else outputs
        if self._sections["entry_points"]:
            file["entry_points"] = self._sections["entry_points"]
        if self._train:
            file["train"] = self._train
        text = json.dumps(file, indent=2, ensure_ascii=False, allow_nan=False, default=_plain) + "\n"
        if path is not None:
            _write(path, text)
        return text

    # ---- values as text ------------------------------------------------------------------------------------------

    def _append(self, entry):
        names = entry["name"] if isinstance(entry["name"], list) else [entry["name"]]
        for name in names:
            self._declare(name, self._names)
        self._nodes.append(entry)
        values = tuple(Value(self, None, name) for name in names)
        return values if isinstance(entry["name"], list) else values[0]

    def _own(self, value):
        """A value that the scope may use."""
        if value._graph is not self:
            raise ValueError("values of two graphs in one expression")
        if value._scope is not Ellipsis and value._scope is not self._scope:
            raise ValueError(f"{value!r} is not of the function that is being built: pass it as an input" if self._scope
                             else f"{value!r} is of a function, which gives it as a result or not at all")
        return value

    def _fresh(self, stem):
        name, count = stem, 0
        while name in self._names or name in self._shared or name in self._dims:
            count += 1
            name = f"{stem}_{count}"
        return name

    def _expression(self, pieces, call=False):
        """A new unnamed value of texts and operands. Operands that have been used before become nodes first, so that
        nothing is written twice."""
        depth = 1
        for piece in pieces:
            if isinstance(piece, Value):
                self._own(piece)
                if piece.name is None and (getattr(piece, "_used", False) or piece._depth >= self._DEEPEST):
                    self._give_name(piece)
                piece._used = True
                depth = max(depth, piece._depth + 1 if piece.name is None else 1)
            elif not isinstance(piece, str):
                _literal(piece)  # complain here, where the mistake is
        value = Value(self, list(pieces), None, depth)
        value._call = call
        return value

    def _give_name(self, value):
        name = self._fresh("t")
        self._append({"name": name, "expr": self._text(value)})
        value.name, value._pieces = name, None

    def _as_name(self, value, where):
        if not isinstance(value, Value):
            raise TypeError(f"{where}: an input is a value of the graph, not {value!r}; attributes are given by their names")
        if self._own(value).name is None:
            self._give_name(value)
        return value.name

    def _text(self, value):
        """An expression for a value, a number or a text that is one already."""
        if isinstance(value, str):
            return value
        if not isinstance(value, Value):
            return _literal(value)
        if value.name is not None:
            return _reference(value.name)
        out = ""
        for piece in value._pieces:
            if isinstance(piece, Value):
                inner = self._text(piece)
                bare = piece.name is not None or getattr(piece, "_call", False) or value._call
                out += inner if bare else f"({inner})"
            elif isinstance(piece, str):
                out += piece
            else:
                text = _literal(piece)
                out += f"({text})" if text.startswith("-") and not value._call else text
        return out
