# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Compiled models against NumPy, for the tests of this folder.

A case is a graph in f64 and the same outputs written as a Python function of its inputs and parameters. It is compiled in
the ways of WAYS and called with one thread and with two: the bits must be the same. Outputs are compared with the function,
the gradients of the sum of all outputs with central differences of it.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import symc

WAYS = {"fused": (), "-O0": ("-O0",), "unfused": ("--debug-fusion", "off"), "poisoned": ("--debug-arena", "poisoned")}
ANY = {"t": {"min": 0, "max": 1000}}


def node(name, op, inputs, **attrs):
    return {"name": name, "op": op, "inputs": inputs, **({"attrs": attrs} if attrs else {})}


def exprs(**nodes):
    return [{"name": n, "expr": e} for n, e in nodes.items()]


def body(inputs, outputs, **nodes):
    return {"inputs": inputs, "nodes": exprs(**nodes), "outputs": outputs}


def named(result):
    return {n: np.array(v) for n, v in (result if isinstance(result, dict) else result._asdict()).items()}


def compiled(path, flags=()):
    """The library of a graph file, compiled with these flags."""
    library = path.with_name(f"lib{path.stem}{''.join(flags)}.so")
    subprocess.run([os.environ["SYMC"], "compile", str(path), "-o", str(library), *flags], check=True)
    return str(library)


class Suite:
    """Cases that are held to the same bounds. `values`: rtol and atol of outputs; `gradients(wanted)`: the bounds of a
    gradient; `step`: of the differences."""

    def __init__(self, values, gradients, step):
        self.values, self.gradients, self.step, self.cases = values, gradients, step, {}

    def case(self, inputs, parameters, nodes, outputs, functions=None, dims=None, constants=None, sizes=({}, {}), trains=True):
        """Registers a Python function that gives the outputs in order. `sizes`: values of the symbolic dimensions, with
        other numbers each time; an input that is called like one has its value. `trains`: gradients are compared."""
        def register(function):
            total = " + ".join(f"sum({o} * {k + 1}.5)" for k, o in enumerate(outputs))
            self.cases[function.__name__] = {
                "graph": {"symc": 1, "name": function.__name__, "inputs": inputs, "parameters": parameters,
                          "functions": functions or {}, "constants": constants or {}, "nodes": nodes + exprs(J=total),
                          "outputs": list(outputs), "dims": dims or {}, "train": {"loss": "J", "optimizer": "sgd"}},
                "function": function, "outputs": list(outputs), "sizes": sizes, "trains": trains}
            return function
        return register

    def checks(self):
        """For `run`."""
        return {name: lambda folder, failures, name=name: self.check(name, folder, failures) for name in self.cases}

    def check(self, name, folder, failures):
        case = self.cases[name]
        path = folder / f"{name}.json"
        path.write_text(json.dumps(case["graph"]))
        models = {}
        for label, flags in WAYS.items():
            library = compiled(path, flags)
            for threads in (1, 2):
                models[label, threads] = symc.Model(library, threads=threads)
        for number, sizes in enumerate(case["sizes"]):
            values = values_of(case, sizes, np.random.default_rng(number))
            inputs = {n: values[n] for n in case["graph"]["inputs"]}
            # A training step without examples is refused.
            trains, results = case["trains"] and all(v.size for v in inputs.values()), {}
            for label, model in models.items():
                for parameter in case["graph"]["parameters"]:
                    model.parameters[parameter] = values[parameter]
                results[label] = (call(model.predict, inputs), call(model.gradients, inputs) if trains else {})
            first = results["fused", 1]
            for label, other in results.items():
                if any(a[n].tobytes() != b[n].tobytes() for a, b in zip(first, other) for n in a):
                    failures.append(f"{name} {sizes}: {label} has other bits")
            for label, wanted in zip(case["outputs"], evaluate(case, values)):
                got = first[0][label]
                if got.shape != wanted.shape or not np.allclose(got, wanted, **self.values):
                    failures.append(f"{name} {sizes}: {label} is {got.tolist()}, not {wanted.tolist()}")
            for parameter in case["graph"]["parameters"] if trains else ():
                got, wanted = first[1][parameter], differences(case, values, parameter, self.step)
                if not np.allclose(got, wanted, **self.gradients(wanted)):
                    failures.append(f"{name} {sizes}: gradient by {parameter} is {got.tolist()}, not {wanted.tolist()}")


def call(function, values):
    return named(function(**{a.name: values[a.name] for a in function.inputs}))


def values_of(case, sizes, rng):
    values = {}
    for name, entry in {**case["graph"]["inputs"], **case["graph"]["parameters"]}.items():
        text = entry[entry.index("[") + 1:-1]
        values[name] = np.asarray(rng.normal(size=[sizes[s] if s in sizes else int(s) for s in text.split(", ")] if text else []))
        if name in sizes:
            values[name] = np.asarray(float(sizes[name]))
    return values


def evaluate(case, values):
    return [np.asarray(v, float) for v in case["function"](**values)]


def differences(case, values, name, step):
    total = lambda v: sum(np.sum(o) * (k + 1.5) for k, o in enumerate(evaluate(case, v)))
    result = np.zeros(values[name].shape)
    for index in np.ndindex(*result.shape):
        sides = []
        for side in (step, -step):
            moved = values[name].copy()
            moved[index] += side
            sides.append(total({**values, name: moved}))
        result[index] = (sides[0] - sides[1]) / (2 * step)
    return result


def run(description, checks):
    """Runs the checks, functions of a folder and the list that failures go to, by name; with `--only` those whose name has
    it. Exits 1 when one fails or none ran."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--only", default="")
    chosen, failures = [c for name, c in checks.items() if parser.parse_args().only in name], []
    for check in chosen:
        with tempfile.TemporaryDirectory() as folder:
            check(pathlib.Path(folder), failures)
    print(*failures, f"{len(chosen)} cases, {len(failures)} failed", sep="\n")
    sys.exit(bool(failures) or not chosen)
