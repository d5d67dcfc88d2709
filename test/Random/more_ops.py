# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Steps of the generator of graphs.py beyond arithmetic on floats: integers, narrow types, layers, indexing, recurrence."""

INTEGERS = ("i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64")
# {0} and {1} are of the integer type {t}, {k} is a small number.
WHOLE = ["{0} + {1}", "{0} * {1}", "{0} - {1}", "{0} // {k}", "{0} % {k}", "maximum({0}, {1})", "minimum({0}, {1})",
         "{0} ** 2", "bit_xor({0}, {1})", "bit_and({0}, cast({k}, '{t}'))", "shift_left({0}, cast({k} % 4, '{t}'))",
         "shift_right({0}, cast({k} % 4, '{t}'))", "abs({0})", "where({0} > {1}, {0}, {1})", "clip({0}, min=1, max=50)",
         "cumsum({0}, -1)", "reverse({0}, -1)", "sort({0}, -1)"]
# Of any shape, with one axis or more; {a} is an axis of at least two elements.
MOVES = ["cumprod(tanh({0}) + 1.0, {a})", "take_along_axis({0}, argmax({0}, {a}, keepdims=true), {a}) + {0}",
         "{0} - roll({0}, -1, {a})", "where(argmin({0}, {a}, keepdims=true) == 0, {0}, -{0})",
         "cumsum({0}, {a}, reverse=true, exclusive=true)",
         "({0} - mean({0}, {a}, keepdims=true)) / (std({0}, {a}, keepdims=true) + 1.0)"]


class MoreOps:
    """Of class Generator."""

    def whole_numbers(self):
        """A few ops on integers of some type, and back."""
        name, _, shape = self.pick(lambda s: len(s) > 0)
        kind, width = self.rng.choice(INTEGERS), self.rng.choice([3.0, 9.0, 100.0])
        x, y = (f"cast({scale} * {name} + {shift}, '{kind}')" for scale, shift in ((width, 2.0), (-2.0, 7.0)))
        for _ in range(self.rng.choice([1, 2, 3])):
            x = self.add_node(self.rng.choice(WHOLE).format(x, y, t=kind, k=self.rng.choice([1, 2, 3, 7])), shape, kind)
        reduced = self.rng.choice(["{0}", "{0}", "sum({0}, -1, keepdims=true)", "max({0}, -1, keepdims=true)"]).format(x)
        self.add_node(f"tanh(cast({reduced}, '{self.element}') * 0.01) + {name}", shape)

    def narrow(self):
        """A few ops on floats of 16 bits, and back."""
        name, _, shape = self.pick()
        kind = self.rng.choice(["f16", "bf16"])
        x = self.add_node(f"cast(tanh({name}), '{kind}')", shape, kind)
        for text in self.rng.sample(["{0} * {0} + {0}", "sin({0})", "exp({0})", "maximum({0}, 0.25)", "{0} / ({0} * {0} + 1.0)",
                                     "sigmoid({0}) - {0}"], self.rng.choice([1, 2])):
            x = self.add_node(text.format(x), shape, kind)
        if shape and self.rng.random() < 0.4:
            x = self.add_node(f"{x} - mean({x}, -1, keepdims=true)", shape, kind)
        self.add_node(f"cast({x}, '{self.element}')", shape)

    def shift(self):
        """Moves along an axis that has two elements or more."""
        found = self.pick(lambda s: any(isinstance(d, int) and d > 1 for d in s))
        if not found:
            return self.unary()
        name, _, shape = found
        axis = self.rng.choice([i for i, d in enumerate(shape) if isinstance(d, int) and d > 1])
        kind, size = self.rng.random(), shape[axis]
        if kind < 0.3:
            widths = [[1, 1] if i == axis else [0, 0] for i in range(len(shape))]
            mode = self.rng.choice(["reflect", "edge"])
            return self.add_node(f"pad({name}, {widths}, mode='{mode}')", shape[:axis] + (size + 2,) + shape[axis + 1:])
        if kind < 0.45 and axis == len(shape) - 1:
            return self.add_node(f"sort({name}, {axis}, descending=true)", shape)
        if kind < 0.6 and len(shape) == 2:
            return self.add_node(f"{self.rng.choice(['tril', 'triu'])}({name}, k={self.rng.choice([-1, 0, 1])})", shape)
        return self.add_node(self.rng.choice(MOVES).format(name, a=axis), shape)

    def recur(self):
        """A recurrent layer over values of rank 3, with lengths now and then."""
        found = self.pick(lambda s: len(s) == 3 and isinstance(s[2], int))
        if not found:
            return self.unary()
        name, _, shape = found
        label, op, units = self.name("layer"), self.rng.choice(["rnn", "lstm", "gru"]), self.rng.choice([1, 3, 8])
        node = {"name": label, "op": op, "inputs": [name], "attrs": {"units": units, "reverse": self.rng.random() < 0.4}}
        whole = self.rng.random() < 0.6
        node["attrs"]["return_sequences"] = whole
        if self.rng.random() < 0.4:
            lengths = self.add_input(shape[:1], "i64")
            node["inputs"] = {"x": name, "lengths": self.add_node(f"{lengths} % 4", shape[:1], "i64")}
        self.nodes.append(node)
        self.values.append((label, self.element, (*shape[:2], units) if whole else (shape[0], units)))
        return None

    def scattered(self):
        """Rows of a value added to others, and windows along one axis."""
        found = self.pick(lambda s: len(s) == 2 and isinstance(s[0], int) and s[0] > 1)
        lines = self.pick(lambda s: len(s) == 3 and isinstance(s[1], int) and s[1] > 2 and isinstance(s[2], int))
        if lines and self.rng.random() < 0.6:
            name, _, shape = lines
            kernel = self.add_parameter((3, shape[2], 4))
            return self.add_node(f"conv1d({name}, {kernel}, padding='same')", (*shape[:2], 4))
        if not found:
            return self.unary()
        name, _, shape = found
        indices = self.add_input((3, 1), "i64")
        updates = self.add_parameter((3, shape[1])) if isinstance(shape[1], int) else None
        return self.add_node(f"scatter_add({name}, {indices} % {shape[0]}, {updates})", shape) if updates else self.unary()
