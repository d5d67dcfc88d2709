# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Graphs whose derivatives are printed: one of each differentiable op, and random expressions of a seeded generator."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import central_differences


class Graph:
    """Parts of a graph file: parameters (name → array), constants, nodes, and the name of a scalar node, the loss."""

    def __init__(self, label, parameters, constants, nodes, loss):
        self.label, self.parameters, self.constants, self.nodes, self.loss = label, parameters, constants, nodes, loss


def op_graphs(build):
    rng, number = np.random.default_rng(7), 0
    for op, operands, results in sorted(central_differences.differentiable_ops(build)):
        if op in central_differences.LEFT_OUT:
            continue
        for sample in central_differences.samples_of(op, operands, results if op != "split" else 2, number, rng):
            number += 1
            sample.nodes.append({"name": f"J{sample.number}", "expr": f"2 * ({' + '.join(sample.terms)})"})
            yield Graph(f"{op} {sample.nodes[0].get('attrs', '')}", {n: d for n, (_, d) in sample.parameters.items()},
                        sample.constants, sample.nodes, f"J{sample.number}")


# Names as people give them: letters, Greek, indices, segments; `{}` is the sample's number.
NAMES = ["x{}", "theta{}", "w_{}", "fc{}/kernel", "block{}/fc-1/bias.0", "rate_{}_a", "sigma_{}", "Y{}", "lambda{}", "n{}.v"]
SHAPES = {"m": (3, 4), "v": (4,), "c": (3, 1), "q": (4, 4), "s": ()}
# What broadcasts to a shape, itself most often.
NARROW = {"m": "mmmvcs", "v": "vvvs", "c": "cccs", "q": "qqqvs", "s": "s"}


class Generator:
    """Random scalar expressions of parameters between ½ and 2, so that parameters stand below a fraction line as they are."""

    def __init__(self, number):
        self.rng = np.random.default_rng(1000 + number)
        names = iter(self.rng.permutation(NAMES))
        self.values, self.nodes, self.leaves = {}, [], {kind: [] for kind in SHAPES}
        for kind in "mmvcqs":
            name = next(names).format(number)
            self.values[name] = self.rng.uniform(.5, 2, SHAPES[kind])
            self.leaves[kind].append(f"`{name}`")
        self.positive = {kind: list(leaves) for kind, leaves in self.leaves.items()}
        # Named nodes, small and large: those are definitions.
        for k, depth in enumerate(self.rng.permutation([1, 3])):
            kind = self.pick("mvs")
            name = f"h{number}_{k}" if k else f"part{number}/h"
            self.nodes.append({"name": name, "expr": self.any(kind, depth)})
            self.leaves[kind].append(f"`{name}`")
        self.nodes.append({"name": f"J{number}", "expr": self.any("s", 5)})
        self.graph = Graph(f"random {number}: {self.nodes}", self.values, {}, self.nodes, f"J{number}")

    def pick(self, choices):
        return choices[self.rng.integers(len(choices))]

    def literal(self):
        return self.pick(["2", "3", "0.5", "1.25", "-2", "-0.75", "-1", "1e-05", "0.1"])

    def any(self, kind, depth):
        """An expression of the shape; what it is made of may have any sign."""
        if depth <= 0:
            return self.pick(self.leaves[kind])
        a = lambda: self.any(kind, depth - 1)
        b = lambda: self.any(self.pick(NARROW[kind]), depth - 1)
        p = lambda: self.above_zero(self.pick(NARROW[kind]), depth - 1)
        q = lambda: self.above_zero(kind, depth - 1)
        forms = [
            lambda: f"({a()} + {b()})", lambda: f"({a()} - {b()})", lambda: f"({a()} - ({b()} - {b()}))",
            lambda: f"({self.literal()} - {a()})", lambda: f"({a()} - {self.literal()})", lambda: f"({a()} + {self.literal()})",
            lambda: f"{a()} * {b()}", lambda: f"{a()} * {b()} * {b()}", lambda: f"{self.literal()} * {a()}",
            lambda: f"{a()} / {p()}", lambda: f"{a()} / {p()} / {p()}", lambda: f"{a()} / ({p()} * {p()})",
            lambda: f"{a()} / ({p()} / {p()})", lambda: f"{b()} / {q()}", lambda: f"{self.literal()} / {q()}",
            lambda: f"(-{a()})", lambda: f"(-{a()}) ** 2", lambda: f"(-({a()} ** 2))", lambda: f"({a()}) ** {self.pick('23')}",
            lambda: f"({q()}) ** -2", lambda: f"({q()}) ** -1", lambda: f"({q()}) ** 0.5", lambda: f"({q()}) ** (-{q()})",
            lambda: f"sin({a()})", lambda: f"tanh({a()})", lambda: f"exp(-{q()})", lambda: f"log({q()})", lambda: f"sqrt({q()})",
            lambda: f"sigmoid({a()})", lambda: f"relu({a()})", lambda: f"abs({a()})", lambda: f"softplus({a()})",
            lambda: f"maximum({a()}, {a()})", lambda: f"where({a()} > {a()}, {a()}, {a()})",
            lambda: f"where({a()} < {self.literal()}, {self.literal()}, {a()})",
            lambda: f"where({a()} > 0.9, sqrt(maximum({a()}, 0.1)), 0)", lambda: f"(relu({a()}) + relu({b()}))",
            lambda: f"(relu({a()}) - relu({b()}))",
        ]
        of = lambda other: f"({self.any(other, depth - 1)})"
        if kind == "m":
            forms += 3 * [lambda: f"({of('m')} @ {of('q')})", lambda: f"({of('m')} @ {of('m')}.T @ {of('m')})"]
        elif kind == "q":
            forms += 3 * [lambda: f"({of('m')}.T @ {of('m')})", lambda: f"({of('q')} @ {of('q')}.T)", lambda: f"{of('q')}.T"]
        elif kind == "v":
            forms += 3 * [lambda: f"sum({of('m')}, axis=0)", lambda: f"({of('v')} @ {of('q')})",
                          lambda: f"mean({of('q')}, axis=1)", lambda: f"softmax({of('v')})"]
        elif kind == "c":
            forms += 3 * [lambda: f"sum({of('m')}, axis=1, keepdims=True)", lambda: f"mean({of('m')}, axis=1, keepdims=True)"]
        else:
            forms += 12 * [lambda: f"sum({of(self.pick('mmqvc'))})", lambda: f"mean({of('m')})", lambda: f"({of('v')} @ {of('v')})",
                           lambda: f"max({of('m')})"]
        return self.pick(forms)()

    def above_zero(self, kind, depth):
        """One that may stand below a fraction line."""
        if depth <= 0:
            return self.pick(self.positive[kind])
        a = lambda: self.above_zero(kind, depth - 1)
        forms = [lambda: f"({a()} + {a()})", lambda: f"({a()} + {self.pick(['1', '2', '0.5'])})", lambda: f"({a()} * {a()})",
                 lambda: f"({a()} / {a()})", lambda: f"sqrt({a()})", lambda: f"({a()} ** 2)", lambda: f"exp(-{a()})",
                 lambda: f"({self.any(kind, depth - 1)} ** 2 + 0.5)", lambda: f"(1 - {self.literal_below_one()} * sin({self.any(kind, depth - 1)}))"]
        return self.pick(forms)()

    def literal_below_one(self):
        return self.pick(["0.5", "0.25"])


def random_graphs(count, first=0):
    return [Generator(number).graph for number in range(first, first + count)]
