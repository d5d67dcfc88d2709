#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""differences.py [--seeds FIRST:LAST] [--control]: derivatives of random graphs against central differences, to second
order; with --control such with loops and branches.

A graph with loss J over parameters w, all in f64, is compiled twice: as it is, and with the loss J + Σ c·∂J/∂w, which the file
writes with `grad` and whose directions c are inputs. By each parameter along c, J changes by what its gradient function
says, by all of them by that sum; along any d, the second loss changes by what its gradient function says. At a kink
differences tell nothing: that is counted, and must be rare.
"""
import argparse
import copy
import json
import pathlib
import sys
import tempfile

import numpy as np

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[2] / "python")]
import symc
from compiling import Failed, compile_graph, load_compiler
from graphs import Generator, draw_inputs

DIMS = {"n": 5, "m": 3}  # the loops over n - 5 run no time
TOLD = 0.8  # of the comparisons, at least


def smoothed(graph):
    """The graph without what differences cannot follow: noise, gradients that are stopped, roundings to 16 bits and averages
    over the batch that other functions than `gradients` do not take."""
    graph = copy.deepcopy(graph)
    for node in graph["nodes"]:
        if "expr" in node:
            for old, new in (("stop_gradient(", "("), ("'f16'", "'f64'"), ("'bf16'", "'f64'")):
                node["expr"] = node["expr"].replace(old, new)
        elif node["op"] in ("dropout", "batch_norm"):
            node.update(op="tanh")
            node.pop("attrs", None)
    graph["train"] = {"loss": graph["train"]["loss"], "optimizer": {"sgd": {}}}
    graph.pop("entry_points", None)
    return graph


def with_directions(graph, parameters):
    """The graph whose loss is the loss and its derivative along the inputs c_w. (The derivative alone may not depend on w.)"""
    graph = copy.deepcopy(graph)
    graph["name"] += "_second"
    loss = graph["train"]["loss"]
    terms = [loss]
    for name in parameters:
        graph["inputs"][f"c_{name}"] = graph["parameters"][name]["type"]
        graph["nodes"].append({"name": f"g_{name}", "expr": f"grad({loss}, {name})"})
        terms.append(f"sum(g_{name} * c_{name})")
    graph["nodes"].append({"name": "along", "expr": " + ".join(terms)})
    graph["train"]["loss"] = "along"
    return graph


class Model:
    """A compiled graph; its parameters are moved along directions."""

    def __init__(self, library, inputs):
        self.model = symc.load(str(library), threads=1)
        self.model.initialize(seed=1)
        self.inputs = inputs
        self.start = {name: np.array(value) for name, value in self.model.parameters.items()}

    def call(self, function):
        function = self.model.functions[function]
        return {k: np.array(v) for k, v in function(**{a.name: self.inputs[a.name] for a in function.inputs}).items()}

    def loss(self):
        return float(self.call("loss")["loss"])

    def loss_at(self, directions, step):
        for name, direction in directions.items():
            self.model.parameters[name] = self.start[name] + step * direction
        return self.loss()

    def derivative(self, directions):
        """The derivative of the loss along the directions and how far off it may be; None where there is none."""
        at, steps = self.loss_at(directions, 0.0), (1e-5, 2e-6)
        right, left = ([self.loss_at(directions, sign * step) for step in steps] for sign in (1, -1))
        self.loss_at(directions, 0.0)
        if not np.isfinite([at, *right, *left]).all():
            return None
        central = [(r - l) / (2 * step) for r, l, step in zip(right, left, steps)]
        # One derivative from the right and one from the left are apart in proportion to the step, unless there is a kink.
        apart = [(r - 2 * at + l) / step for r, l, step in zip(right, left, steps)]
        ratio = steps[0] / steps[1]
        kink = (ratio * apart[1] - apart[0]) / (ratio - 1)
        rounding = 2.0**-48 * max(1.0, *map(abs, [at, *right, *left])) / steps[1]
        tolerance = 1e-5 * max(1.0, abs(central[0])) + rounding
        if abs(central[0] - central[1]) > tolerance or abs(kink) > tolerance:
            return None  # or a function that bends too much for these steps
        return central[0], tolerance


def compare(what, model, directions, given):
    """Whether differences tell; fails where they tell another derivative than `given`."""
    expected = model.derivative(directions)
    if expected is None:
        return False
    value, tolerance = expected
    if not abs(given - value) <= tolerance:
        raise Failed(f"differences: {what} is {given!r}, not {value!r}, along a random direction")
    return True


def differences_of(compiler, seed, control, folder, cpu=None):
    """Whether each comparison told something, as a list. Raises Failed."""
    generator = Generator(seed, control)
    generator.element = "f64"
    graph = smoothed(generator.graph(f"g{seed}"))
    inputs = draw_inputs(graph["inputs"], DIMS)

    def compiled(graph):
        source, library = folder / f"{graph['name']}.json", folder / f"{graph['name']}.so"
        source.write_text(json.dumps(graph, indent=1))
        compile_graph(compiler, source, library, "O0", cpu)
        return Model(library, inputs)

    with np.errstate(all="ignore"):
        first = compiled(graph)
        gradient = {k: v for k, v in first.call("gradients").items() if k in graph["parameters"]}
        rng = np.random.default_rng(seed)
        directions = {name: rng.normal(size=value.shape) for name, value in gradient.items()}
        other = {name: rng.normal(size=value.shape) for name, value in gradient.items()}
        along = lambda values, d: float(sum(np.sum(values[name] * d[name]) for name in d))
        told = [compare(f"the gradient of the loss by {name}", first, {name: d}, along(gradient, {name: d}))
                for name, d in directions.items()]
        inputs.update({f"c_{name}": value for name, value in directions.items()})
        second = compiled(with_directions(graph, list(gradient)))
        told.append(compare("`grad` of the loss", first, directions, second.loss() - first.loss()))
        told.append(compare("the gradient of `grad`", second, other, along(second.call("gradients"), other)))
        return told


def main():
    from agree import in_child, run_checks  # which take from here
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="0:0")
    parser.add_argument("--control", action="store_true", help="graphs with loops and branches")
    options = parser.parse_args()
    compiler = load_compiler()
    with tempfile.NamedTemporaryFile("a+", encoding="utf-8") as log:  # of all processes

        def check(folder, seed):
            def work():
                log.write("".join("01"[told] for told in differences_of(compiler, seed, options.control, folder)))
                log.flush()
            return in_child(work)
        failed = run_checks([(f"seed {seed}", lambda folder, seed=seed: check(folder, seed))
                             for seed in range(*map(int, options.seeds.split(":")))], None)
        log.seek(0)
        told = log.read()
    share = told.count("1") / max(1, len(told))
    print(f"{len(told)} comparisons, of which {share:.0%} tell")
    return failed or share < TOLD


if __name__ == "__main__":
    sys.exit(main())
