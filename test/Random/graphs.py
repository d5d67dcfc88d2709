# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Random graphs from a seed: training graphs with several inputs, outputs and metrics, weighted losses, any optimizer.

    generator = Generator(seed)                  # control=True: functions, loops and branches, nested; training=False: no loss
    graph = generator.graph("name")              # the graph file as an object
    inputs = draw_inputs(graph["inputs"], dims)  # values at these dimensions

The same seed gives the same graph on every machine. A generator knows shapes, so that every graph is one that the
compiler must accept; what it draws is biased towards what shares values: a node is read by several others, reductions
and products of the same operands stand beside each other, and values go to outputs, metrics and the loss at once.
"""
import random

import numpy as np

from more_ops import MoreOps

SYMBOLS = ("n", "m")
ELEMENTS = {"f16": np.float16, "f32": np.float32, "f64": np.float64, "bool": np.bool_,
            **{f"{sign}{bits}": np.dtype(f"{sign}{bits // 8}").type for sign in "iu" for bits in (8, 16, 32, 64)}}

UNARY = ["tanh({0})", "sigmoid({0})", "relu({0})", "exp(-abs({0}))", "sin({0})", "cos({0})", "{0} ** 2", "{0} ** 3", "-{0}",
         "abs({0})", "sqrt(abs({0}) + 0.5)", "log(abs({0}) + 1.0)", "softplus({0})", "silu({0})", "gelu({0})", "erf({0})",
         "leaky_relu({0}, 0.2)", "elu({0})", "hard_swish({0})", "clip({0}, min=-1, max=1)", "square({0})", "atan({0})",
         "rsqrt(square({0}) + 1.0)", "1.0 / (1.0 + {0} * {0})", "{0} * 0.5", "{0} - 1.0", "0.25 * {0} + 2.0", "cbrt({0})",
         "expm1(clip({0}, max=2.0))", "floor({0})", "mish({0})", "softsign({0})", "where({0} > 0.0, {0}, 0.5 * {0})",
         "stop_gradient({0})"]
BINARY = ["{0} + {1}", "{0} - {1}", "{0} * {1}", "{0} / (abs({1}) + 1.0)", "maximum({0}, {1})", "minimum({0}, {1})",
          "{0} * tanh({1})", "where({0} < {1}, {0}, {1} * 2.0)", "{0} * {1} - {1}", "atan2({0}, abs({1}) + 1.0)",
          "({0} - {1}) ** 2", "{0} * {0} + {1} * {1}"]
REDUCTIONS = ["sum({0}, {a}{k})", "mean({0}, {a}{k})", "max({0}, {a}{k})", "min({0}, {a}{k})", "logsumexp({0}, {a}{k})",
              "var({0}, {a}{k})", "std({0} + iota(shape={s}, axis=0, dtype='{t}'), {a}{k})", "norm({0}, 2, {a}{k})",
              "prod(tanh({0}) + 1.2, {a}{k})"]
ROWS = ["softmax({0}, {a})", "log_softmax({0}, {a})", "cumsum({0}, {a})", "layer_norm({0}, axis={a})",
        "rms_norm({0}, axis={a})", "reverse({0}, {a})", "sort({0}, {a})", "roll({0}, 1, {a})",
        "{0} - max({0}, {a}, keepdims=true)", "{0} / (norm({0}, 2, {a}, keepdims=true) + 1.0)",
        "{0} - mean({0}, {a}, keepdims=true)"]
# What a loop or branch does to a value of any shape: {1} is a scalar parameter.
BODIES = ["tanh({0}) * 0.9", "{0} * {1}", "sin({0}) + 0.1 * {0}", "{0} + 0.3 * {1}", "{0} - 0.5 * tanh({0} * {1})",
          "0.7 * {0} + 0.1", "{0}"]
OPTIMIZERS = [{"sgd": {"learning_rate": 0.05}}, {"sgd": {"learning_rate": 0.05, "momentum": 0.9}}, {"adam": {}},
              {"sgd": {"learning_rate": 0.02, "momentum": 0.8, "nesterov": True}}, {"adamw": {"weight_decay": 0.1}},
              {"rmsprop": {"momentum": 0.5, "centered": True}}, {"adagrad": {"learning_rate": 0.1}}, {"adadelta": {}},
              {"adamax": {}}, {"nadam": {}}, {"lion": {"learning_rate": 0.001}}, {"lamb": {}}]
SCHEDULES = [{"cosine": {"decay_steps": 10}}, {"exponential": {"decay_steps": 3, "decay_rate": 0.5}},
             {"linear_warmup": {"warmup_steps": 4}}, {"step": {"step_size": 2}}]


class Generator(MoreOps):
    """One graph in the making; `values` are (name, element type, shape) of what can be read."""

    def __init__(self, seed, control=False, training=True):
        self.rng = random.Random(seed)
        self.control, self.training = control, training
        self.functions, self.scans = {}, {}  # scans: how often, as a size, and the types of the stacks' rows
        self.element = self.rng.choice(["f32", "f32", "f32", "f64"])
        self.symbols = SYMBOLS[:self.rng.choice([0, 1, 1, 1, 2])]
        self.inputs, self.parameters, self.nodes, self.values, self.count = {}, {}, [], [], 0

    # ---------------------------------------------------------------- shapes

    def size(self):
        return self.rng.choice([*self.symbols, 1, 2, 3, 3, 4, 5, 7, 8, 10, 16, 17, 33])

    def shape(self, rank):
        shape = [self.size() for _ in range(rank)]
        if self.symbols and rank and self.rng.random() < 0.7:
            shape[0] = "n"
        # Large tensors slow the tests and find nothing more.
        while np.prod([s if isinstance(s, int) else 40 for s in shape]) > 50000:
            shape[self.rng.randrange(rank)] = 2
        return tuple(shape)

    def spell(self, shape):
        return f"[{', '.join(map(str, shape))}]"

    def quoted(self, shape):
        return "[" + ", ".join(f"'{s}'" if isinstance(s, str) else str(s) for s in shape) + "]"

    # ---------------------------------------------------------------- values

    def name(self, kind):
        self.count += 1
        return f"{kind}{self.count}"

    def add_input(self, shape, element=None):
        name = self.name("x")
        self.inputs[name] = f"{element or self.element}{self.spell(shape)}"
        self.values.append((name, element or self.element, shape))
        return name

    def add_parameter(self, shape, init=None):
        name = self.name("w")
        init = init or self.rng.choice([{"normal": {"stddev": 0.3}}, {"uniform": {"low": -0.5, "high": 0.5}}, "ones"])
        self.parameters[name] = {"type": f"{self.element}{self.spell(shape)}", "init": init}
        self.values.append((name, self.element, shape))
        return name

    def add_node(self, expression, shape, element=None):
        name = self.name("v")
        self.nodes.append({"name": name, "expr": expression})
        self.values.append((name, element or self.element, shape))
        return name

    def pick(self, accepts=lambda shape: True):
        """A floating value whose shape is accepted, recent ones and one value over and over preferred."""
        fit = [v for v in self.values if v[1] == self.element and accepts(v[2])]
        if not fit:
            return None
        if self.rng.random() < 0.3:
            return fit[0] if self.rng.random() < 0.5 else fit[-1]
        return self.rng.choice(fit[-8:] if self.rng.random() < 0.6 else fit)

    def partner(self, shape):
        """A value that broadcasts against the shape, made when there is none."""
        def broadcasts(other):
            return len(other) <= len(shape) and all(o in (1, s) for o, s in zip(reversed(other), reversed(shape)))
        found = self.pick(broadcasts)
        if found and self.rng.random() < 0.85:
            return found[0]
        static = [s if isinstance(s, int) else 1 for s in shape]
        keep = self.rng.randrange(len(static) + 1)
        return self.add_parameter(tuple(s if self.rng.random() < 0.8 else 1 for s in static[keep:]))

    # ---------------------------------------------------------------- nodes

    def axes_of(self, shape):
        count = self.rng.choice([1, 1, 1, 2, len(shape)])
        return sorted(self.rng.sample(range(len(shape)), min(count, len(shape))))

    def unary(self):
        name, _, shape = self.pick()
        self.add_node(self.rng.choice(UNARY).format(name), shape)

    def binary(self):
        name, _, shape = self.pick(lambda s: len(s) > 0)
        self.add_node(self.rng.choice(BINARY).format(name, self.partner(shape)), shape)

    def reduction(self):
        name, _, shape = self.pick(lambda s: len(s) > 0)
        axes = self.axes_of(shape)
        keep = self.rng.random() < 0.5
        axis = axes[0] if len(axes) == 1 else axes
        text = self.rng.choice(REDUCTIONS).format(name, a=axis, k=", keepdims=true" if keep else "", s=self.quoted(shape),
                                                  t=self.element)
        result = tuple(1 if i in axes else s for i, s in enumerate(shape)) if keep else \
            tuple(s for i, s in enumerate(shape) if i not in axes)
        self.add_node(text, result)

    def rows(self):
        name, _, shape = self.pick(lambda s: len(s) > 0)
        axis = self.rng.randrange(len(shape)) if self.rng.random() < 0.4 else len(shape) - 1
        text = self.rng.choice(ROWS)
        if "_norm" in text and not isinstance(shape[axis], int):
            text = "softmax({0}, {a})"
        self.add_node(text.format(name, a=axis), shape)

    def product(self):
        name, _, shape = self.pick(lambda s: len(s) == 2)
        if name is None:
            return self.unary()
        kind = self.rng.random()
        if isinstance(shape[1], int) and kind < 0.6:
            width = self.rng.choice([1, 2, 3, 8, 10, 17])
            weights = self.add_parameter((shape[1], width))
            bias = f" + {self.add_parameter((width,))}" if self.rng.random() < 0.6 else ""
            activation = self.rng.choice(["{0}", "tanh({0})", "relu({0})", "sigmoid({0})"])
            return self.add_node(activation.format(f"{name} @ {weights}{bias}"), (shape[0], width))
        if kind < 0.75:
            other = self.pick(lambda s: len(s) == 2 and s[1] == shape[1])
            return self.add_node(f"{name} @ {other[0]}.T * 0.2", (shape[0], other[2][0]))
        other = self.pick(lambda s: len(s) == 2 and s[0] == shape[0])
        return self.add_node(f"{name}.T @ {other[0]} * 0.1", (shape[1], other[2][1]))

    def move(self):
        name, _, shape = self.pick(lambda s: len(s) > 0)
        axis = self.rng.randrange(len(shape))
        size = shape[axis]
        choices = [(f"transpose({name})", shape[::-1]), (f"expand_dims({name}, {axis})", shape[:axis] + (1,) + shape[axis:])]
        if isinstance(size, int):
            if size > 1:
                index = ", ".join([":"] * axis + [self.rng.choice(["::2", "1:", "::-1", f":{size - 1}"])])
                spans = {"::2": (size + 1) // 2, "1:": size - 1, "::-1": size}
                last = index.split(", ")[-1]
                choices.append((f"{name}[{index}]", shape[:axis] + (spans.get(last, size - 1),) + shape[axis + 1:]))
            other = self.pick(lambda s: len(s) == len(shape) and s[:axis] + s[axis + 1:] == shape[:axis] + shape[axis + 1:]
                              and isinstance(s[axis], int))
            choices.append((f"concat({name}, {other[0]}, axis={axis})",
                            shape[:axis] + (size + other[2][axis],) + shape[axis + 1:]))
            before, after = self.rng.randrange(3), self.rng.randrange(3)
            widths = [[before, after] if i == axis else [0, 0] for i in range(len(shape))]
            choices.append((f"pad({name}, {widths})", shape[:axis] + (size + before + after,) + shape[axis + 1:]))
            if size <= 10:
                indices = self.add_input((self.rng.choice([*self.symbols, 3]),), "i64")
                choices.append((f"gather({name}, {indices} % {size}, axis={axis})",
                                shape[:axis] + (self.values[-1][2][0],) + shape[axis + 1:]))
        if len(shape) < 4:
            other = self.pick(lambda s: s == shape)
            choices.append((f"stack({name}, {other[0]}, axis={axis})", shape[:axis] + (2,) + shape[axis:]))
        if len(shape) > 1 and all(isinstance(s, int) for s in shape[1:]):
            choices.append((f"reshape({name}, [{self.quoted(shape)[1:].split(',')[0]}, -1])",
                            (shape[0], int(np.prod(shape[1:])))))
        if all(isinstance(s, int) for s in shape):
            choices.append((f"reshape({name}, [-1])", (int(np.prod(shape)),)))
        text, result = self.rng.choice(choices)
        if len(result) <= 4 and np.prod([s if isinstance(s, int) else 40 for s in result]) <= 50000:
            self.add_node(text, tuple(result))

    def image(self):
        found = self.pick(lambda s: len(s) == 4 and all(isinstance(d, int) for d in s[1:]))
        if not found:
            found = (self.add_input((self.symbols[0] if self.symbols else 2, 6, 5, self.rng.choice([1, 3]))), None,
                     self.values[-1][2])
        name, _, (batch, height, width, channels) = found
        window = self.rng.choice([1, 2, 3])
        if min(height, width) < window:
            return self.unary()
        kind = self.rng.random()
        if kind < 0.6:
            filters, stride = self.rng.choice([1, 3, 4, 8]), self.rng.choice([1, 1, 2])
            kernel = self.add_parameter((window, window, channels, filters))
            return self.add_node(f"conv2d({name}, {kernel}, strides={stride}, padding='same', use_bias=false)",
                                 (batch, -(-height // stride), -(-width // stride), filters))
        op = "max_pool" if kind < 0.8 else "avg_pool"
        return self.add_node(f"{op}({name}, {window}, strides=1)", (batch, height - window + 1, width - window + 1, channels))

    def lookup(self):
        """Integers and truth values on the way: classes, tables, masks."""
        name, _, shape = self.pick(lambda s: len(s) > 0)
        axis = self.rng.randrange(len(shape))
        kind = self.rng.random()
        rest = shape[:axis] + shape[axis + 1:]
        if kind < 0.25 and isinstance(shape[axis], int):
            width = shape[axis]
            return self.add_node(f"one_hot(argmax({name}, {axis}), {width}, dtype='{self.element}')", rest + (width,))
        if kind < 0.5:
            return self.add_node(f"cast({name} > mean({name}, {axis}, keepdims=true), '{self.element}') * {name}", shape)
        if kind < 0.75:
            rows, width = self.rng.choice([2, 5, 9]), self.rng.choice([1, 4, 8])
            table = self.add_parameter((rows, width))
            return self.add_node(f"embedding(cast(abs({name}) * 3.0, 'i64') % {rows}, {table})", shape + (width,)) \
                if len(shape) < 4 else self.unary()
        return self.add_node(f"where(any({name} > 0.5, {axis}, keepdims=true), {name}, 0.1 * {name})", shape)

    def attend(self):
        """Attention, and products of stacks."""
        found = self.pick(lambda s: len(s) == 3 and isinstance(s[2], int))
        if not found:
            return self.pair()
        name, _, shape = found
        kind = self.rng.random()
        if kind < 0.5:
            causal = self.rng.choice(["true", "false"])
            return self.add_node(f"attention({name}, {name}, {name}, causal={causal})", shape)
        if kind < 0.75:
            return self.add_node(f"einsum('bij,bkj->bik', {name}, {name}) * 0.1", (shape[0], shape[1], shape[1]))
        width = self.rng.choice([1, 5, 8])
        return self.add_node(f"matmul({name}, {self.add_parameter((shape[2], width))})", (shape[0], shape[1], width))

    def layer(self):
        found = self.pick(lambda s: len(s) >= 2 and isinstance(s[-1], int))
        if not found:
            return self.unary()
        name, _, shape = found
        kind = self.rng.random()
        label = self.name("layer")
        if kind < 0.35 and len(shape) == 2:
            units = self.rng.choice([1, 3, 8, 12])
            self.nodes.append({"name": label, "op": "dense", "inputs": [name],
                               "attrs": {"units": units, "activation": self.rng.choice(["tanh", "relu", "gelu"])}})
            shape = (shape[0], units)
        elif kind < 0.55:
            self.nodes.append({"name": label, "op": "batch_norm", "inputs": [name]})
        elif kind < 0.75:
            self.nodes.append({"name": label, "op": "layer_norm", "inputs": [name]})
        else:
            self.nodes.append({"name": label, "op": "dropout", "inputs": [name], "attrs": {"rate": 0.3}})
        self.values.append((label, self.element, shape))
        return None

    def pair(self):
        """Two reductions of one value that meet again: what is fused around them may not go round in a circle."""
        name, _, shape = self.pick(lambda s: len(s) > 0)
        axis = self.rng.randrange(len(shape))
        other = self.pick(lambda s: s == shape)[0] if self.rng.random() < 0.5 else self.add_parameter(
            tuple(s if isinstance(s, int) else 1 for s in shape))
        text = self.rng.choice([
            "{0} * sum({0} * {1}, {a}, keepdims=true) / (1.0 + sum({1} * {1}, {a}, keepdims=true))",
            "({0} - mean({0}, {a}, keepdims=true)) * rsqrt(var({0}, {a}, keepdims=true) + 0.1) + {1}",
            "{1} * softmax({0}, {a}) - {0} * mean({1} * {0}, {a}, keepdims=true)",
            "exp({0} - max({0}, {a}, keepdims=true)) / (sum(abs({0}), {a}, keepdims=true) + 1.0) * {1}"])
        self.add_node(text.format(name, other, a=axis), shape)

    # ---------------------------------------------------------------- functions, loops and branches

    def add_function(self, inputs, nodes, outputs):
        name = self.name("fn")
        self.functions[name] = {"inputs": inputs, "nodes": nodes, "outputs": outputs}
        return name

    def scalar_parameter(self):
        found = [name for name, spec in self.parameters.items() if spec["type"] == f"{self.element}[]"]
        return self.rng.choice(found) if found and self.rng.random() < 0.5 else self.add_parameter(())

    def function(self, depth):
        """A function from a value of any shape to one of the same shape."""
        a, b = self.name("a"), self.name("b")
        if depth and self.rng.random() < 0.6:
            nodes = self.control_nodes(a, b, depth - 1)
        else:
            nodes = [{"name": b, "expr": self.rng.choice(BODIES).format(a, self.scalar_parameter())}]
        return self.add_function([a], nodes, [b])

    def trips(self):
        """How often a loop runs, as an expression; some loops do not."""
        return self.rng.choice([0, 1, 2, 3, 3, 4] + [s for n in self.long() for s in (n, f"{n} - 5", f"{n} - 4")])

    def long(self):
        """The symbolic dimension of trips, 5 or more, in a list; none when no input has it."""
        return [n for n in self.symbols[:1] if any(n in t.partition("[")[2][:-1].split(", ") for t in self.inputs.values())]

    def control_nodes(self, a, b, depth):
        """Nodes that make `b` of `a`, of the same shape: a call, a branch or a loop."""
        return self.rng.choice([self.call_nodes, self.cond_nodes, self.while_nodes, self.scan_nodes])(a, b, depth)

    def call_nodes(self, a, b, depth):
        return [{"name": b, "op": "call", "inputs": [a], "attrs": {"function": self.function(depth)}}]

    def cond_nodes(self, a, b, depth):
        p = self.name("p")
        return [{"name": p, "expr": f"sum({a}) > {self.rng.choice(['0.0', '-1.0', '1000000.0', '0.5'])}"},
                {"name": b, "op": "cond", "inputs": [p, a],
                 "attrs": {"true_fn": self.function(depth), "false_fn": self.function(depth)}}]

    def while_nodes(self, a, b, depth):
        k, last = self.name("k"), self.name("k")
        x, i, y, j, z, m = (self.name(n) for n in "akbkak")
        # A parameter of ones would stand on a bound of 1, where differences jump.
        more = self.rng.choice([f"{m} < {self.rng.choice(['0.0', '2.5', '9.0'])}", f"sum(abs({z})) > 1.04 and {m} < 3.0"])
        nodes = [{"name": y, "op": "call", "inputs": [x], "attrs": {"function": self.function(depth)}},
                 {"name": j, "expr": f"{i} + 1.0"}]
        attributes = {"cond": self.add_function([z, m], [], [more]), "body": self.add_function([x, i], nodes, [y, j]),
                      "max_iterations": self.rng.choice([1, 3, 4])}
        return [{"name": k, "expr": f"cast(0, '{self.element}')"},
                {"name": [b, last], "op": "while", "inputs": [a, k], "attrs": attributes}]

    def scan_nodes(self, a, b, depth):
        """Over numbers from 0 on, which are rows without a shape; the stack, if any, is added to the result."""
        rows, h, r, y, z, stack, last = (self.name(n) for n in "rhrbbsb")
        trips = self.trips()
        nodes = [{"name": y, "op": "call", "inputs": [h], "attrs": {"function": self.function(depth)}},
                 {"name": z, "expr": f"{y} + 0.01 * {r}"}]
        stacks = [f"0.1 * sum({y}) + {r}"] if self.rng.random() < 0.5 else []
        attributes = {"body": self.add_function([h, r], nodes, [z, *stacks]), "carries": 1,
                      "reverse": self.rng.random() < 0.4}
        names = [last, stack] if stacks else [b]
        self.scans[names[0]] = (trips, [()] * len(stacks))
        out = [{"name": rows, "expr": f"cast(iota(shape=[{trips}]), '{self.element}')"},
               {"name": names if stacks else b, "op": "scan", "inputs": [a, rows], "attrs": attributes}]
        return out + ([{"name": b, "expr": f"{last} + 0.01 * tanh(sum({stack}))"}] if stacks else [])

    def loop(self):
        """A loop or branch on a value of the graph."""
        name, _, shape = self.pick()
        long = self.pick(lambda s: s and (s[0] in self.symbols[:1] or isinstance(s[0], int) and s[0] <= 8))
        if long and self.rng.random() < 0.6:
            return self.scan_rows(*long[::2])
        b = self.name("v")
        self.nodes += self.control_nodes(name, b, 2)
        self.values.append((b, self.element, shape))
        return None

    def scan_rows(self, name, shape):
        """A scan over values of the graph. The carry has any shape; the body gives a stack of rows, and maybe one of sums."""
        row = shape[1:]
        carry, _, carried = self.rng.random() < 0.5 and self.pick(lambda s: s == row) or self.pick()
        other = self.pick(lambda s: s[:1] == shape[:1])
        h, r, q, y, z, u = (self.name(n) for n in "hrqbbb")
        last, rows, sums = self.name("v"), self.name("v"), self.name("v")
        step = self.rng.choice(["{0} + {1}", "0.5 * {0} - {1}"]).format(y, r if carried == row else f"mean({r})")
        nodes = [{"name": y, "op": "call", "inputs": [h], "attrs": {"function": self.function(1)}},
                 {"name": z, "expr": f"{step} + 0.1 * mean({q})"}, {"name": u, "expr": f"tanh({r}) * {self.scalar_parameter()}"}]
        names, outputs, types = [last, rows], [z, u], [row]
        if self.rng.random() < 0.5:
            names, outputs, types = [*names, sums], [*outputs, f"sum({q}) + sum({y})"], [*types, ()]
        body = self.add_function([h, r, q], nodes, outputs)
        self.nodes.append({"name": names, "op": "scan", "inputs": [carry, name, other[0]],
                           "attrs": {"body": body, "carries": 1, "reverse": self.rng.random() < 0.4}})
        self.scans[last] = (shape[0], types)
        self.values.append((last, self.element, carried))
        self.values += [(n, self.element, shape[:1] + t) for n, t in zip(names[1:], types)]

    # ---------------------------------------------------------------- the whole

    def scalar(self):
        """An expression of a scalar that depends on a random value."""
        name, _, shape = self.pick()
        if not shape:
            return name
        text = self.rng.choice(["mean({0})", "sum({0}) * 0.01", "mean({0} ** 2)", "mean(tanh({0}))", "norm({0})",
                                "logsumexp({0})", "max({0})"])
        return text.format(name)

    def loss(self):
        terms = []
        for _ in range(self.rng.choice([1, 1, 2, 3])):
            found = self.pick(lambda s: 1 <= len(s) <= 2)
            kind = self.rng.random()
            if found and kind < 0.3:  # weighted by examples
                name, _, shape = found
                target, weights = self.add_input(shape), self.add_input(shape[:1])
                form = self.rng.choice(["sigmoid_cross_entropy({0}, {1}, reduction='none')", "({0} - {1}) ** 2",
                                        "huber({0}, {1}, reduction='none')", "mae({0}, {1}, reduction='none')"])
                each = form.format(name, target)
                if len(shape) == 2:
                    each = f"mean({each}, 1)"
                terms.append(f"sum({weights} ** 2 * {each}) / (sum({weights} ** 2) + 0.01)")
            elif found and kind < 0.5 and len(found[2]) == 2 and isinstance(found[2][1], int):
                labels = self.add_input(found[2][:1], "i64")
                terms.append(f"sparse_softmax_cross_entropy({found[0]}, {labels} % {found[2][1]})")
            elif found and kind < 0.8:
                target = self.add_input(found[2])
                terms.append(self.rng.choice(["mse", "mae", "huber"]) + f"({found[0]}, {target})")
            else:
                terms.append(self.scalar())
        if self.rng.random() < 0.2 and self.parameters:
            terms.append(f"0.01 * sum({self.rng.choice(list(self.parameters))} ** 2)")
        return " + ".join(terms)

    def graph(self, name):
        for _ in range(self.rng.choice([1, 1, 2, 3])):
            self.add_input(self.shape(self.rng.choice([1, 2, 2, 2, 3])))
        for _ in range(self.rng.choice([1, 2, 3])):
            self.add_parameter(tuple(s if isinstance(s, int) else self.rng.choice([1, 3]) for s in
                                     self.shape(self.rng.choice([0, 1, 2, 2]))))
        steps = [self.unary] * 3 + [self.binary] * 5 + [self.reduction] * 4 + [self.rows] * 3 + [self.product] * 3 + \
            [self.move] * 3 + [self.pair] * 2 + [self.layer, self.image, self.lookup, self.attend, self.whole_numbers, self.narrow,
                                                    self.shift, self.recur, self.scattered]
        if self.control:
            steps = [self.unary, self.binary, self.loop] * 5 + steps
            self.loop()
        for _ in range(self.rng.choice([3, 5, 8, 12, 20])):
            step = self.rng.choice(steps)
            if step == self.product and not self.pick(lambda s: len(s) == 2):
                step = self.unary
            if step not in (self.unary, self.image, self.layer) and not self.pick(lambda s: len(s) > 0):
                step = self.unary
            step()
        # A parameter that certainly reaches the loss.
        name_, _, shape = self.pick()
        last = self.add_node(f"{name_} * {self.add_parameter(())}", shape)
        train = self.train_section(last, shape) if self.training else None
        floating = [v[0] for v in self.values if v[1] == self.element]
        outputs = {f"out{i}": self.rng.choice(floating) for i in range(self.rng.choice([1, 2, 3]))}
        if not self.training:  # nothing else keeps the nodes alive
            outputs |= {f"late{i}": name for i, name in enumerate(floating[-4:])}
        graph = {"symc": 1, "name": name, "inputs": self.inputs, "parameters": self.parameters, "nodes": self.nodes,
                 "outputs": outputs}
        if train:
            graph["train"] = train
        if self.control:
            graph["functions"] = self.functions
            graph["dims"] = {symbol: {"min": 5} for symbol in self.long()}
        if self.rng.random() < 0.2:
            graph["entry_points"] = {"encode": {"outputs": {"code": self.rng.choice(floating)}}}
        return graph

    def train_section(self, last, shape):
        """What the file says of training; the loss reads `last`, of this shape."""
        self.nodes.append({"name": "J", "expr": f"{self.loss()} + {'mean(' + last + ')' if shape else last}"})
        train = {"loss": "J", "optimizer": self.rng.choice(OPTIMIZERS)}
        if self.rng.random() < 0.6:
            train["metrics"] = {f"metric{i}": self.scalar() for i in range(self.rng.choice([1, 2]))}
            for key, text in train["metrics"].items():
                if text.startswith(("w", "x", "v", "layer")):  # a bare name of a scalar
                    train["metrics"][key] = f"{text} * 2.0"
        if self.rng.random() < 0.3:
            train["learning_rate_schedule"] = self.rng.choice(SCHEDULES)
        if self.rng.random() < 0.3:
            train["clip_global_norm"] = 0.5
        if self.rng.random() < 0.3:
            train["weight_decay"] = 0.01
        if self.rng.random() < 0.15 and len(self.parameters) > 1:
            train["freeze"] = [next(iter(self.parameters))]
        return train

    def types(self):
        """Element types and shapes of values by name."""
        return {name: (element, shape) for name, element, shape in self.values}


def draw_inputs(inputs, dims, seed=0, bound=100):
    """Values of the inputs of a graph at these dimensions, each from a sequence of its own; integers are below `bound`."""
    values = {}
    for name, text in inputs.items():
        rng = np.random.default_rng([seed, *name.encode()])
        element, _, shape = (text if isinstance(text, str) else text["type"]).partition("[")
        shape = [dims[s.strip()] if s.strip() in dims else int(s) for s in shape[:-1].split(",") if s.strip()]
        if element == "bf16":  # the upper half of an f32
            values[name] = (rng.normal(size=shape).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
            continue
        kind = np.dtype(ELEMENTS[element]).kind
        values[name] = rng.normal(size=shape).astype(ELEMENTS[element]) if kind == "f" else \
            rng.integers(0, 2 if kind == "b" else bound, shape).astype(ELEMENTS[element])
    return values
