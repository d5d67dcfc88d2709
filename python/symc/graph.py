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
import keyword
import operator
import re

from . import literals, values
from .files import write
from .functions import Function, traced
from .operators import OPERATORS
from .places import Entries, Entry, Text, caller, written


class Value:
    """A tensor of the graph being built. Operators give new ones."""

    __array_ufunc__ = None  # numpy_array * value asks this class
    __hash__ = object.__hash__

    def __init__(self, graph, pieces, name=None, depth=1):
        self._graph, self._pieces, self.name, self._depth = graph, pieces, name, depth
        self._scope, self._place = graph._scope, caller()
        self._used, self._call = False, False
        # Of the first result of a node: its entry, whether its name was made up, and how many results may be asked for.
        self._entry, self._made_up, self._count = None, False, 1

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
    def __rfloordiv__(self, other): return self._combine(other, " // ", self)
    def __mod__(self, other): return self._combine(self, " % ", other)
    def __rmod__(self, other): return self._combine(other, " % ", self)
    def __pow__(self, other): return self._combine(self, " ** ", other)
    def __rpow__(self, other): return self._combine(other, " ** ", self)
    def __matmul__(self, other): return self._combine(self, " @ ", other)
    def __rmatmul__(self, other): return self._combine(other, " @ ", self)
    def __neg__(self): return self._combine("-", self)
    def __pos__(self): return self
    def __abs__(self): return self._graph.op("abs", self)
    def __and__(self, other): return self._combine(self, " and ", other)
    def __rand__(self, other): return self._combine(other, " and ", self)
    def __or__(self, other): return self._combine(self, " or ", other)
    def __ror__(self, other): return self._combine(other, " or ", self)
    def __invert__(self): return self._combine("not ", self)

    def __xor__(self, other):
        raise TypeError("a value of a graph has no ^: write a != b for bool, g.bit_xor(a, b) for integers")
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
        def number(i):
            try:
                return str(operator.index(i))
            except TypeError:
                raise TypeError("an index of a graph's value is an integer, a slice, `...` or None, not "
                                + (f"{i!r}: by a tensor of indices write g.gather(x, indices, axis=0), by one of bool "
                                   "g.select(condition, x, y)" if isinstance(i, Value) else repr(i))) from None

        def part(i):
            if isinstance(i, slice):
                text = ":".join("" if v is None else number(v) for v in (i.start, i.stop))
                return text + ("" if i.step is None else f":{number(i.step)}")
            return "..." if i is Ellipsis else "None" if i is None else number(i)
        items = index if isinstance(index, tuple) else (index,)
        return self._combine(self, "[" + ", ".join(map(part, items)) + "]")

    def __bool__(self):
        raise TypeError("a tensor of a graph has no value yet: a choice is g.select(condition, x, y), and of several "
                        "conditions `(a > 0) & (a < 1)`, `|` or `~`")

    def __float__(self):
        raise TypeError("a tensor of a graph has no value yet: g.cast(x, 'f32') gives another element type, and a function of "
                        "the compiled model the numbers")

    __int__ = __float__

    def __array__(self, *_, **__):
        raise TypeError("a tensor of a graph has no value yet, and is no array: an op of the graph is g.mean(x), not "
                        "numpy.mean(x), and a function of the compiled model gives the numbers")

    def __len__(self):
        raise TypeError(_MISSING["shape"])

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        hint = _MISSING.get(name) or (f"write g.{name}(x)" if name in OPERATORS else "it has .T and .named(name)")
        raise AttributeError(f"a value of a graph has no {name!r}: {hint}", name=name, obj=self)

    def __iter__(self):
        """The results of an op whose first one may stand alone: `sequence, h, c = g.lstm(x, units=8)`."""
        return iter(self._graph._results(self))

    def named(self, name):
        """The same value as a node of this name."""
        return self._graph.node(name, self)

    def __repr__(self):
        return f"<symc value {self.name or self._graph._text(self)}>"


_MISSING = dict.fromkeys(("shape", "size", "ndim"), "a size is written as the types of the inputs write it: by the name of its "
                         "dimension, or as a number")
_MISSING.update({"dtype": "its element type follows from the types of the inputs; g.cast(x, 'f32') gives another one",
                 "astype": "write g.cast(x, 'f32')", "dot": "write x @ y", "view": "write g.reshape(x, shape=(…))",
                 "flatten": "write g.reshape(x, shape=(…))", "item": "it has no value yet", "numpy": "it has no value yet"})


class _Operator:
    """A method of a graph that makes nodes of an op."""

    def __init__(self, graph, name):
        self._graph, self.__name__ = graph, name
        known = OPERATORS[name]
        self.__doc__ = f"{known.signature}\n\n{known.summary}. `symc help {name}` says more."

    def __call__(self, *inputs, **attributes):
        return self._graph.op(self.__name__, *inputs, **attributes)

    def __repr__(self):
        return f"<symc operator {OPERATORS[self.__name__].signature}>"


class Graph:
    """A graph file in the making. Attributes that are not methods are ops: `g.tanh(x)`, `g.dense(x, units=10)`."""

    _DEEPEST = 40  # parentheses of one expression, for readers

    def __init__(self, name, doc=None):
        self.name = name
        self._file = Entry({"symc": 1, "name": name, **({"doc": doc} if doc else {})}, place=caller())
        self._sections = {key: Entry() for key in ("dims", "inputs", "parameters", "constants", "functions", "entry_points")}
        self._nodes, self._outputs, self._train = Entries(), {}, None
        self._scope = None  # the function that is being built
        self._names = set()  # of inputs and nodes of the scope
        self._shared = set()  # of what every scope sees: parameters, constants, functions
        self._dims = set()

    def __repr__(self):
        counts = ((len(self._sections["inputs"]), "input"), (len(self._sections["parameters"]), "parameter"),
                  (len(self._nodes), "node"))
        said = ", ".join(f"{count} {what}{'s' * (count != 1)}" for count, what in counts)
        return f"<symc graph {self.name}: {said}; outputs {', '.join(self._outputs) or 'none yet'}>"

    def _declare(self, name, names):
        if name in self._names or name in self._shared:
            raise ValueError(f"the graph has two definitions of {name!r}")
        names.add(name)

    def _leaf(self, section, name, entry):
        value = Value(self, None, name)
        self._declare(name, self._names if section == "inputs" else self._shared)
        if section != "inputs":
            value._scope = Ellipsis  # of all
        self._sections[section][name] = (Entry if isinstance(entry, dict) else Text)(entry, place=value._place)
        return value

    def _local(self, name):
        """An input of the function that is being built."""
        self._declare(name, self._names)
        return Value(self, None, name)

    @contextlib.contextmanager
    def _inside(self):
        """Nodes become those of a function, which the graph's own values are no part of."""
        outer = self._scope, self._nodes, self._names
        self._scope, self._nodes, self._names = object(), Entries(), set()
        try:
            yield
        finally:
            self._scope, self._nodes, self._names = outer

    def dim(self, name, min=None, max=None, multiple_of=None):
        """Bounds of a symbolic dimension."""
        given = {"min": min, "max": max, "multiple_of": multiple_of}
        kept = {k: literals.plain(v) for k, v in given.items() if v is not None}
        self._sections["dims"][name] = Entry(kept, place=caller())

    def input(self, name, type, doc=None, device=None):
        """An input: `g.input("x", "f32[batch, 3]")`."""
        self._dims.update(re.findall(r"[A-Za-z_]\w*", _type(type, name).partition("[")[2]))
        options = _given(doc=doc, device=device)
        return self._leaf("inputs", name, {"type": type, **options} if options else type)

    def parameter(self, name, type, init=None, trainable=None, doc=None, device=None):
        """A parameter: `g.parameter("w", "f32[3, 8]", init="glorot_uniform")`."""
        _type(type, name)
        init = literals.finite(init, f"init of {name!r}")
        options = _given(init=init, trainable=trainable, doc=doc, device=device)
        return self._leaf("parameters", name, {"type": type, **options} if options else type)

    def constant(self, *given, name=None, type=None, value=None):
        """`g.constant([1.0, 2.0])`, `g.constant("k", [1.0, 2.0])` or `g.constant("k", "f64[2]", [1.0, 2.0])`: nested lists,
        numbers or an array. Without a type that is the array's; numbers of Python are f32, or i64 or bool where all are
        whole numbers or truths."""
        if value is None and given:
            *given, value = given
        if value is None or len(given) > 2:
            raise TypeError("a constant is g.constant(value), g.constant(name, value) or g.constant(name, type, value)")
        name = given[0] if given else name
        type = given[1] if len(given) > 1 else type
        if type is not None:
            _type(type, name)
        else:
            value = values.constant(value)
            type = literals.element_type(value.dtype) + str(list(value.shape))
        name = self._fresh("constant") if name is None else name
        return self._leaf("constants", name, {"type": type, "value": literals.finite(value, f"constant {name!r}")})

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

    def node(self, name, value, doc=None, device=None):
        """Names a value; gives the value by that name."""
        options = _given(doc=doc, device=device)
        if not isinstance(value, Value):
            return self._append({"name": name, "expr": str(value), **options})
        self._own(value)
        if not value._made_up or value._used:
            return self._append({"name": name, "expr": self._text(value), **options})
        # Nothing knows the name that the node has so far: parameters of a layer are called after this one.
        self._declare(name, self._names)
        self._names.discard(value.name)
        value._entry.update({"name": name, **options})
        value.name, value._made_up = name, False
        return value

    def op(self, op, *inputs, name=None, doc=None, device=None, **attributes):
        """A node of any op: `g.op("conv2d", x, filters=8, kernel_size=[3, 3], name="conv1")`. Of an op that has several
        results, and with a list of names, a tuple of values. Operands stand in their order or are all given by their
        names, as some in the middle are left out: `g.op("lstm", x=x, initial_h=h, units=8)`."""
        if op not in OPERATORS:
            raise ValueError(_unknown(op))
        known, options = OPERATORS[op], _given(doc=doc, device=device)
        by_name = {key: value for key, value in attributes.items() if isinstance(value, Value)}
        if by_name and inputs:
            raise TypeError(f"{op}: operands are given by their order or all by their names, and {', '.join(by_name)} by name")
        functions = {key: value for key, value in attributes.items() if isinstance(value, Function)}
        for function in functions.values():
            if function._graph is not self:
                raise ValueError("a function of another graph")
        names = {key: value.name for key, value in functions.items()}
        names.update({key: value.__name__ for key, value in attributes.items() if isinstance(value, _Operator)})  # activations
        attributes = {key: names[key] if key in names else literals.plain(value)
                      for key, value in attributes.items() if key not in by_name}
        count = self._count(op, inputs, attributes, functions)
        lists = [_is_list(i) and all(isinstance(v, Value) for v in i) for i in inputs]
        # What a node has no form for is an expression: numbers for operands, attributes by position, infinities.
        in_words = not literals.is_finite(attributes) or not all(
            whole or isinstance(i, Value) for whole, i in zip(lists, inputs))
        if in_words and known.layer:
            literals.finite(attributes, op)
            odd = next(i for i, whole in zip(inputs, lists) if not whole and not isinstance(i, Value))
            first = re.search(r"; (\w+)", known.signature)
            raise TypeError(f"{op}: an input is a value of the graph, not {odd!r}; attributes are given by their names"
                            + (f": {first.group(1)}={odd!r}" if first and isinstance(odd, (int, str)) else ""))
        alone = count == 1 and not known.layer and name is None and not options
        if in_words or (alone and not any(lists) and not by_name and not attributes):
            text = self._called(op, inputs, {**by_name, **attributes})
            if alone:
                return text
            body = {"expr": self._text(text)}
        else:
            operands = [self._as_name(v, op) for i, whole in zip(inputs, lists) for v in (i if whole else [i])]
            body = {"op": op, "inputs": {key: self._as_name(v, op) for key, v in by_name.items()} if by_name else operands,
                    **({"attrs": attributes} if attributes else {})}
        return self._append({"name": self._names_of(op, name, count), **body, **options}, name is None,
                            known.results if known.first_alone else 1)

    def _called(self, op, inputs, named):
        """The expression of a call."""
        pieces = [op, "("]
        for key, value in [(None, i) for i in inputs] + list(named.items()):
            pieces += ([", "] if len(pieces) > 2 else []) + ([f"{key}="] if key else [])
            if _is_list(value) and any(isinstance(v, Value) for v in value):
                pieces += ["[", *(p for v in value for p in (v, ", ")), "]"]
                del pieces[-2]
            else:
                pieces.append(value if isinstance(value, Value) else literals.literal(value))
        return self._expression((*pieces, ")"), call=True)

    @staticmethod
    def _count(op, inputs, attributes, functions):
        """How many results a node has, of those whose first one does not stand alone."""
        known = OPERATORS[op]
        if functions:
            return next((functions[key].outputs for key in ("function", "body", "true_fn") if key in functions), 1)
        if op == "grad":
            return max(1, sum(len(i) if _is_list(i) else 1 for i in inputs) - 1)
        if op == "split":
            parts = attributes.get("sections", attributes.get("sizes", inputs[1] if len(inputs) > 1 else 1))
            return len(parts) if _is_list(parts) else int(parts)
        return 1 if known.first_alone else max(1, known.results)

    def _names_of(self, op, name, count):
        """The name of a node, or those of its results."""
        if isinstance(name, (list, tuple)):
            return list(name)
        first = name or self._fresh(op)
        return [first, *(self._fresh(f"{first}_{i}") for i in range(1, count))] if count > 1 else first

    def _results(self, value):
        """All results of the node whose first one is `value`."""
        if value._count == 1:
            raise TypeError("a tensor of a graph cannot be iterated over")
        entry = value._entry
        if isinstance(entry["name"], str):
            names = [self._fresh(f"{value.name}_{i}") for i in range(1, value._count)]
            for name in names:
                self._declare(name, self._names)
            entry["name"] = [value.name, *names]
            value._made_up = False
        rest = [Value(self, None, name) for name in entry["name"][1:]]
        for other in rest:
            other._scope, other._place = value._scope, value._place
        return [value, *rest]

    def __getattr__(self, op):
        """Ops are methods, `while` as `while_`."""
        if op.startswith("_"):
            raise AttributeError(op)
        if op.rstrip("_") not in OPERATORS:
            raise AttributeError(_unknown(op))
        return _Operator(self, op.rstrip("_"))

    def __dir__(self):
        return [*super().__dir__(), *(f"{op}_" if keyword.iskeyword(op) else op for op in OPERATORS)]

    def output(self, *values, **named):
        """What `predict` returns: nodes that have a name, names of nodes, or `name=value`."""
        place = caller()
        for name, value in self._named(values, named):
            self._outputs[name] = value, place

    def _named(self, values, named):
        """Names and values of what is given by itself, a value that has a name or the name of one, or as `name=value`."""
        for value in values:
            if not isinstance(value, str) and (not isinstance(value, Value) or value.name is None):
                raise ValueError("an output without a name: use output(name=value), or entry_point(…, name=value)")
        for value in values:
            if isinstance(value, Value):
                value._used = True  # by its name
        given = [(v, literals.reference(v)) if isinstance(v, str) else (v.name, v) for v in values] + list(named.items())
        return [(name, self._own(value) if isinstance(value, Value) else value) for name, value in given]

    def entry_point(self, name, *outputs, stream=None, **named):
        """A further function of the library, whose results are values, names of nodes or `name=value`: `g.entry_point("encode",
        h)`. With `stream` it takes a step of that dimension at a time."""
        flat = [v for item in outputs for v in (item if _is_list(item) else (item,))]
        outputs = [v if isinstance(v, str) else self._as_name(v, name) for v in flat]
        if named:
            outputs = {**{v: literals.reference(v) for v in outputs}, **{n: self._text(v) for n, v in self._named((), named)}}
        self._sections["entry_points"][name] = Entry({"outputs": outputs, **_given(stream=stream)}, place=caller())

    def train(self, loss, optimizer, metrics=None, **settings):
        """`metrics`: a dict of name and value, the name of a ready one, or a list of such names and dicts. `settings`:
        learning_rate_schedule, clip_global_norm, weight_decay, freeze, remat, …"""
        given = [] if metrics is None else [metrics] if isinstance(metrics, (str, dict, Value)) else list(metrics)
        for metric in given:
            if not isinstance(metric, (str, dict)):
                raise TypeError(f"a metric is the name of a ready one ('accuracy') or {{'name': value}}, not {metric!r}")
        settings = {key: literals.finite(value, key) for key, value in {"optimizer": optimizer, **settings}.items()}
        self._train = Entry({"loss": self._text(loss), **settings}, place=caller())
        formulas = lambda given: Entry({name: self._text(value) for name, value in given.items()})
        if isinstance(metrics, dict):
            self._train["metrics"] = formulas(metrics)
        elif given:
            self._train["metrics"] = Entries(formulas(m) if isinstance(m, dict) else m for m in given)

    def _written(self):
        """The text of the graph file and the `Places` of its parts."""
        outputs = {name: (self._text(value), place) for name, (value, place) in self._outputs.items()}
        file = Entry(self._file, place=self._file.place)
        for section in ("dims", "inputs", "parameters", "constants", "functions"):
            if self._sections[section]:
                file[section] = self._sections[section]
        file["nodes"] = self._nodes
        if all(name == text for name, (text, _) in outputs.items()):
            file["outputs"] = Entries(Text(text, place) for text, place in outputs.values())
        else:
            file["outputs"] = Entry((name, Text(text, place, getattr(text, "parts", ())))
                                    for name, (text, place) in outputs.items())
        if self._sections["entry_points"]:
            file["entry_points"] = self._sections["entry_points"]
        if self._train:
            file["train"] = self._train
        return written(file)

    def to_json(self, path=None):
        """The graph file as text, written to `path` when one is given."""
        text, _ = self._written()
        if path is not None:
            write(path, text)
        return text

    # ---- values as text ------------------------------------------------------------------------------------------

    def _append(self, entry, made_up=False, count=1):
        """Adds a node; its value, or a tuple where it has a list of names."""
        names = entry["name"] if isinstance(entry["name"], list) else [entry["name"]]
        for name in names:
            self._declare(name, self._names)
        results = tuple(Value(self, None, name) for name in names)
        first = results[0]
        self._nodes.append(Entry(entry, place=first._place))
        if isinstance(entry["name"], list):
            return results
        first._entry, first._made_up, first._count = self._nodes[-1], made_up, count
        return first

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
                if piece.name is None and (piece._used or piece._depth >= self._DEEPEST):
                    self._give_name(piece)
                piece._used = True
                depth = max(depth, piece._depth + 1 if piece.name is None else 1)
            elif not isinstance(piece, str):
                literals.number(piece)  # complain here, where the mistake is
        value = Value(self, list(pieces), None, depth)
        value._call = call
        return value

    def _give_name(self, value):
        name = self._fresh("t")
        node = self._append({"name": name, "expr": self._text(value)})
        node._entry.place = value._place
        value.name, value._pieces = name, None

    def _as_name(self, value, where):
        if not isinstance(value, Value):
            raise TypeError(f"{where}: an input is a value of the graph, not {value!r}; attributes are given by their names")
        if self._own(value).name is None:
            self._give_name(value)
        value._used = True
        return value.name

    def _text(self, value):
        """An expression for a value, a number or a text that is one already."""
        if isinstance(value, str):
            return value
        if not isinstance(value, Value):
            return literals.number(value)
        if value.name is not None:
            value._used = True
            return literals.reference(value.name)
        out, parts = "", []
        for piece in value._pieces:
            if isinstance(piece, Value):
                inner = self._text(piece)
                bare = piece.name is not None or piece._call or value._call
                at = len(out) + (not bare)
                parts += [(at + begin, at + end, place) for begin, end, place in getattr(inner, "parts", ())]
                out += inner if bare else f"({inner})"
            elif isinstance(piece, str):
                out += piece
            else:
                text = literals.number(piece)
                out += f"({text})" if text.startswith("-") and not value._call else text
        return Text(out, value._place, [*parts, (0, len(out), value._place)])


def _type(type, name):
    """A type as a graph file writes it."""
    if not isinstance(type, str):
        shape = type if _is_list(type) else ("batch", 3)
        example = ", ".join(str(size) if isinstance(size, (int, str)) else "batch" for size in shape)
        raise TypeError(f"the type of {name!r} is a text, an element type and a shape: 'f32[{example}]', not {type!r}")
    return type


def _is_list(value):
    return isinstance(value, (list, tuple))


def _given(**options):
    return {key: value for key, value in options.items() if value is not None}


def _unknown(op):
    from .compiler import operator_hint  # pylint: disable=import-outside-toplevel,cyclic-import
    hint = operator_hint(op.rstrip("_"))
    return f"there is no op {op!r}" + (f": {hint}" if hint else "; `symc help ops` lists them")
