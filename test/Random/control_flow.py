#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""control_flow.py [--seeds FIRST:LAST] [--keep DIR]

Random graphs with loops and branches (graphs.py) against copies of them in which Python has written everything out: a
call as the nodes of its function, a loop as that many copies of its body, a branch as both functions and a `where`. At
fixed dimensions `predict` and `loss` have the same bits, and the gradients are equal up to the order of sums; compiled for
any dimensions, all of them up to rounding.
"""
import argparse
import json
import pathlib
import re
import sys
import traceback
import warnings

import numpy as np

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[2] / "python")]
import symc
from agree import run_checks
from graphs import Generator, draw_inputs

DIMS = {"n": 5, "m": 3}  # the loops over n - 5 run no time
NAME = re.compile(r"\b[A-Za-z_]\w*\b")


class Unroller:
    """The nodes of a graph without functions, at these dimensions."""

    def __init__(self, generator, graph, dims):
        self.functions, self.scans, self.dims = graph["functions"], generator.scans, dims
        self.element, self.nodes, self.count = generator.element, [], 0
        self.forms = {"call": self.call, "cond": self.branch, "while": self.loop, "scan": self.scan}

    def add(self, name, expression):
        self.nodes.append({"name": name, "expr": expression})
        return name

    def fresh(self, stem):
        self.count += 1
        return f"{stem}_{self.count}"

    def expand(self, nodes, names, rename):
        """Adds the nodes; `names` maps what they read to what it is called here, and learns what they define."""
        for node in nodes:
            own = node["name"] if isinstance(node["name"], list) else [node["name"]]
            new = [rename(name) for name in own]
            kind = node.get("op")
            inputs = [names.get(i, i) for i in node.get("inputs", [])]
            if kind in self.forms:
                for name, value in zip(new, self.forms[kind](inputs, node["attrs"], own[0])):
                    self.add(name, value)
            elif kind:
                self.nodes.append({**node, "inputs": inputs})
            else:
                self.add(new[0], self.text(node["expr"], names))
            names.update(zip(own, new))

    def text(self, expression, names):
        return NAME.sub(lambda match: names.get(match[0], match[0]), expression)

    def function(self, name, inputs):
        """The names of the results of a function on these values."""
        function = self.functions[name]
        names = dict(zip(function["inputs"], inputs))
        self.expand(function["nodes"], names, self.fresh)
        return [names[o] if o in names else self.add(self.fresh("out"), self.text(o, names)) for o in function["outputs"]]

    def call(self, inputs, attrs, _):
        return self.function(attrs["function"], inputs)

    def branch(self, inputs, attrs, _):
        results = [self.function(attrs[key], inputs[1:]) for key in ("true_fn", "false_fn")]
        return [f"where({inputs[0]}, {a}, {b})" for a, b in zip(*results)]

    def scan(self, inputs, attrs, name):
        trips, rows = self.scans[name]
        trips = trips if isinstance(trips, int) else eval(trips, {}, self.dims)  # n - 5
        carries, order = attrs["carries"], range(trips)
        values, stacks = inputs[:carries], [[None] * trips for _ in rows]
        for i in reversed(order) if attrs.get("reverse") else order:
            elements = [self.add(self.fresh("row"), f"{x}[{i}]") for x in inputs[carries:]]
            results = self.function(attrs["body"], values + elements)
            values = results[:carries]
            for stack, row in zip(stacks, results[carries:]):
                stack[i] = row
        sizes = ["[" + ", ".join(str(self.dims.get(s, s)) for s in (0, *row)) + "]" for row in rows]
        return values + [f"stack({', '.join(stack)}, axis=0)" if stack else
                         f"broadcast_to(cast(0, '{self.element}'), {size})" for stack, size in zip(stacks, sizes)]

    def loop(self, inputs, attrs, _):
        values, running = inputs, None
        for _ in range(attrs["max_iterations"]):
            more, = self.function(attrs["cond"], values)
            running = more if running is None else self.add(self.fresh("run"), f"{running} and {more}")
            results = self.function(attrs["body"], values)
            values = [self.add(self.fresh("kept"), f"where({running}, {new}, {old})") for new, old in zip(results, values)]
        return values


def unrolled(generator, graph, dims):
    unroller = Unroller(generator, graph, dims)
    unroller.expand(graph["nodes"], {}, lambda name: name)
    return {**{k: v for k, v in graph.items() if k != "functions"}, "nodes": unroller.nodes}


def results_of(graph, inputs, folder, label, dims=None):
    """Results of predict, loss and gradients by function and name, and the model."""
    path = folder / f"{label}.json"
    path.write_text(json.dumps(graph, indent=1))
    model = symc.compile(str(path), str(folder / f"{label}.so"), dims=dims, functions=["predict", "loss", "gradients"])
    model.initialize(seed=1)
    found = {}
    with np.errstate(all="ignore"):
        for name in ("predict", "loss", "gradients"):
            function = model.functions[name]
            values = function(**{a.name: inputs[a.name] for a in function.inputs})
            found.update({(name, key): np.array(value) for key, value in values.items()})
    return found, model


def distance(a, b):
    """The largest difference, relative to the larger of the values and of 1; equal values that are not finite have none."""
    with np.errstate(all="ignore"):
        a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        scale = max(1.0, float(np.max(np.abs(b[np.isfinite(b)]), initial=0)))
        return float(np.max(np.where(same, 0, np.abs(a - b) / scale), initial=0))


def compare(expected, found, bits, tolerance):
    for key, value in expected.items():
        exact = bits and key[0] != "gradients"
        if value.shape != found[key].shape:
            return f"{key}: shapes {value.shape} and {found[key].shape}"
        far = distance(found[key], value)
        if not far <= (0 if exact else tolerance):
            return f"{' of '.join(reversed(key))} differs by {far:.3g}{', bit by bit' if exact else ''}"
    return None


def check_unrolled(seed, folder):
    generator = Generator(seed, control=True)
    graph = generator.graph(f"g{seed}")
    inputs = draw_inputs(graph["inputs"], DIMS)
    dims = {n: DIMS[n] for n in generator.symbols
            if any(n in t.partition("[")[2][:-1].split(", ") for t in graph["inputs"].values())}
    tolerance = 1e-4 if generator.element == "f32" else 1e-9
    plain, _ = results_of(unrolled(generator, graph, DIMS), inputs, folder, "unrolled", dims)
    fixed, _ = results_of(graph, inputs, folder, "fixed", dims)
    problem = compare(plain, fixed, True, tolerance)
    if problem or not dims:
        return problem and f"at {dims}: {problem}"
    found, _ = results_of(graph, inputs, folder, "symbolic")
    problem = compare(plain, found, False, tolerance)
    return problem and f"of any dimensions: {problem}"


def guarded(seed, folder):
    """What is wrong, or what was raised."""
    try:
        return check_unrolled(seed, folder)
    except symc.CompileError as error:
        return "\n".join(line for line in str(error).splitlines() if "warning[" not in line)
    except Exception:
        return traceback.format_exc(limit=3)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="0:0")
    parser.add_argument("--keep", help="a folder for graphs that failed")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # of what a random graph does not use
    return run_checks([(f"seed {seed}", lambda folder, seed=seed: guarded(seed, folder))
                       for seed in range(*map(int, options.seeds.split(":")))], options.keep)


if __name__ == "__main__":
    sys.exit(main())
