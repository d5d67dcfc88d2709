# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""formulas.py [--build DIR] [--random N] [--first N] [--only TEXT] [--verbose]: the formulas of `symc grad`, text and LaTeX,
evaluated in NumPy, against the gradients of the compiled model.

Graphs: whole models (below), one of every differentiable op, and random expressions. A repeated `--wrt` is compared with
central differences of the first derivative. A formula that cannot be read, or has another value or shape, is a failure; of
random graphs those whose gradients leave the range of well-conditioned numbers are left out, and may not be many.
"""
import argparse
import json
import keyword
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import symc

from formula_control import CONTROL
from formula_graphs import op_graphs, random_graphs
from formula_latex import GREEK, Latex, define, joined
from formula_scope import SCOPE

SYMC = os.environ["SYMC"]
LINE = {"inputs": {"X": "f64[m, 3]", "y": "f64[m, 1]"}, "parameters": {"theta": "f64[3, 1]"},
        "nodes": [{"name": "yhat", "expr": "X @ theta"}, {"name": "J", "expr": "mean((yhat - y)**2)"}]}
RIDGE = {"inputs": LINE["inputs"], "parameters": LINE["parameters"],
         "nodes": [{"name": "J", "expr": "mean((y - X @ theta)**2) + 0.5 * sum(theta**2)"}]}
PERCEPTRON = {"inputs": {"x": "f64[in, 2]", "y": "f64[in, 1]"},
              "parameters": {"W1": "f64[2, 5]", "W_1": "f64[5]", "W2": "f64[5, 1]", "b2": "f64[1]"},
              "nodes": [{"name": "h", "expr": "tanh(x @ W1 + W_1)"}, {"name": "yhat", "expr": "sigmoid(h @ W2 + b2)"},
                        {"name": "J", "expr": "mean((yhat - y)**2)"}]}
CLASSES = {"inputs": {"x": "f64[m, 4]", "labels": "i64[m]"},
           "parameters": {"V": "f64[4, 6]", "W": "f64[6, 3]", "b": "f64[3]"},
           "nodes": [{"name": "h", "expr": "relu(x @ V)"}, {"name": "logits", "expr": "h @ W + b"},
                     {"name": "J", "expr": "sparse_softmax_cross_entropy(logits, labels)"}]}
DEEP = {"inputs": {"x": "f64[m, 4]"}, "parameters": {"A": "f64[4, 4]", "c": "f64[4]"},
        "nodes": [{"name": "a", "expr": "exp(-x @ A) / (1 + c**2)"}, {"name": "n", "expr": "a - mean(a, axis=1, keepdims=True)"},
                  {"name": "s", "expr": "n / sqrt(mean(n**2, axis=1, keepdims=True) + 0.1)"},
                  {"name": "J", "expr": "sum(s * sin(x)) + mean(sqrt(c**2 + 1))"}]}
# Names that are functions of the formula, and names that one notation writes alike.
NAMES = {"inputs": {"x": "f64[m, 4]", "mask": "bool[m, 3]"},
         "parameters": {"sum": "f64[3]", "sigma": "f64[3]", "lambda": "f64[]", "fc/kernel": "f64[4, 3]", "fc_kernel": "f64[3]",
                        "a1": "f64[3]", "a_1": "f64[3]", "t1": "f64[]"},
         "nodes": [{"name": "h", "expr": "sigmoid(x @ `fc/kernel` + fc_kernel) * `sum`"},
                   {"name": "g", "expr": "where(mask, h * a1, a_1 / (sigma ** 2 + 1.0) / (h + 2.0)) * cast(mask, 'f64')"},
                   {"name": "J", "expr": "0.1 * sum(g) + `lambda` * t1 * mean(relu(h - 0.3) + relu(`sum`))"}]}
PRODUCTS = {"inputs": {}, "parameters": {"A": "f64[3, 3]", "c": "f64[4]", "d": "f64[2, 3]"},
            "nodes": [{"name": "J", "expr": "det(A) + prod(c) + sum(prod(d, 1)**2)"}]}
MODELS = {"line_f": LINE, "ridge_f": RIDGE, "perceptron_f": PERCEPTRON, "classes_f": CLASSES, "deep_f": DEEP, "names_f": NAMES,
          "products_f": PRODUCTS, **CONTROL}


def identifiers(names, text):
    """What the names of a graph are called in text: themselves, or identifiers that no other name and no function has."""
    result, taken = {}, set(re.findall(r"([A-Za-z_]\w*)\(", text))
    for name in [n for n in names if n.isidentifier()] + list(names):
        word = re.sub(r"\W", "_", name)
        for suffix in ["", "_", *(f"_{i}" for i in range(2, 9))]:
            candidate = (word + "_" if keyword.iskeyword(word) else word) + suffix
            if name not in result and candidate not in taken:
                result[name] = candidate
                taken.add(candidate)
    return result


def latex_names(names, text):
    result, taken = {}, {"\\sigma"} if "\\sigma\\left" in text else set()
    escaped = lambda text: "".join(r"\text{-}" if c == "-" else "\\_" if c == "_" else c for c in text)
    upright = lambda text: f"\\mathrm{{{escaped(text)}}}"
    for name in names:
        letters = name.rstrip("0123456789")
        stem, digits = letters.rstrip("_"), name[len(letters):]
        candidates = [upright(name)]
        if stem and (digits or stem == letters):
            base = "\\" + stem if stem in GREEK else stem if len(stem) == 1 and stem.isalpha() else upright(stem)
            candidates.insert(0, base + (f"_{{{digits}}}" if digits else ""))
        result[name] = next(c for c in candidates if c not in taken)
        taken.add(result[name])
    return {n: joined(t) for n, t in result.items()}


def grad(path, of, wrt, notation):
    """Formulas of the derivatives by name, and the lines of the definitions that they need, in order."""
    command = [SYMC, "grad", str(path), "--of", of, "--format", notation]
    for name in wrt:
        command += ["--wrt", name]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SyntaxError(f"symc grad exits {run.returncode}: {run.stderr.strip()}")
    lines, several = run.stdout.splitlines(), len(dict.fromkeys(wrt))
    formulas = [line.split(": ", 1)[1] if several > 1 else line for line in lines[len(lines) - several:]]
    return dict(zip(dict.fromkeys(wrt), formulas, strict=True)), lines[:len(lines) - several]


class Reader:
    """Evaluates formulas of one notation at values of the graph's names."""

    def __init__(self, path, of, wrt, notation, names):
        self.formulas, self.definitions = grad(path, of, wrt, notation)
        self.notation, text = notation, " ".join([*self.formulas.values(), *self.definitions])
        self.spelled = latex_names(names, text) if notation == "latex" else identifiers(names, text)

    def values(self, values):
        if self.notation == "text":
            scope = SCOPE | {self.spelled[n]: v for n, v in values.items()}
            exec("\n".join(self.definitions), scope)  # pylint: disable=exec-used
            return {n: eval(f, scope) for n, f in self.formulas.items()}  # pylint: disable=eval-used
        both = []
        for strict in (False, True):
            scope = {self.spelled[n]: v for n, v in values.items()}
            define(self.definitions, SCOPE, scope, strict)
            both.append({n: Latex(SCOPE, scope, strict).evaluate(f) for n, f in self.formulas.items()})
        for name, value in both[0].items():
            if not np.allclose(value, both[1][name], rtol=1e-9, atol=1e-11, equal_nan=True):
                raise SyntaxError(f"two readings: {self.formulas[name]}")
        return both[0]


def differs(got, wanted, rtol=1e-8, entries=False):
    """Why `got` is not `wanted`: entry by entry for models of well-conditioned numbers, else by the largest entry, beside which
    those of random expressions cancel."""
    got, wanted = np.asarray(got, float), np.asarray(wanted, float)
    if got.shape != wanted.shape:
        return f"shape {got.shape}, not {wanted.shape}"
    if not (np.isfinite(got).all() and np.isfinite(wanted).all()):
        return f"{got} is not finite, or {wanted} is not"
    if entries and not np.allclose(got, wanted, rtol=1e-9, atol=1e-11):
        return f"an entry is off by {np.abs(got - wanted).max()}"
    worst, scale = np.abs(got - wanted).max(initial=0), max(1e-3, np.abs(wanted).max(initial=0))
    return f"off by {worst:.3g} where the largest is {scale:.3g}" if worst > rtol * scale else None


class Checker:
    def __init__(self, verbose):
        self.verbose, self.compared, self.failed = verbose, 0, 0

    def fail(self, label, why, formula=""):
        self.failed += 1
        print(f"FAIL {label}: {why}" + (f"\n    {formula}" if formula and self.verbose else ""))

    def first(self, label, path, loss, values, gradients, entries=False):
        """Both notations against the gradients, entry by entry or not (`differs`). Returns the text's reader when all is right."""
        readers, before = {}, self.failed
        for notation in ("text", "latex"):
            formula = ""
            try:
                reader = readers[notation] = Reader(path, loss, list(gradients), notation, list(values))
                formula = f"{reader.definitions}\n    {reader.formulas}"
                for name, value in reader.values(values).items():
                    self.compared += 1
                    why = differs(value, gradients[name], entries=entries)
                    if why:
                        self.fail(label, f"{notation}, by {name}: {why}", reader.formulas[name] + f"  {reader.definitions}")
            except Exception as error:  # whatever a wrong formula makes of NumPy
                self.fail(label, f"{notation}: {type(error).__name__}: {error}", formula)
        return readers["text"] if self.failed == before else None

    def second(self, label, path, loss, values, name, reader):
        """The formulas of a repeated name against central differences of the sum of the first derivative."""
        step, numeric = 1e-5, np.zeros(np.shape(values[name]))
        for index in np.ndindex(*numeric.shape):
            sums = []
            for side in (step, -step):
                moved = np.array(values[name])
                moved[index] += side
                sums.append(np.sum(reader.values({**values, name: moved})[name]))
            numeric[index] = (sums[0] - sums[1]) / (2 * step)
        if not np.isfinite(numeric).all() or np.abs(numeric).max(initial=0) > 1e4:
            return
        for notation in ("text", "latex"):
            formula = ""
            try:
                again = Reader(path, loss, [name, name], notation, list(values))
                formula = again.formulas[name]
                self.compared += 1
                value = again.values(values)[name]
                why = differs(value, numeric, 1e-4 * max(1, 1 / max(1e-9, np.abs(numeric).max(initial=0))))
                if why:
                    self.fail(label, f"{notation}, twice by {name}: {why}", formula)
            except Exception as error:
                self.fail(label, f"{notation}, twice by {name}: {type(error).__name__}: {error}", formula)


def write(path, graphs):
    total = " + ".join(g.loss for g in graphs)
    entries = {}
    for kind in ("parameters", "constants"):
        entries[kind] = {n: v for g in graphs for n, v in getattr(g, kind).items()}
    path.write_text(json.dumps({
        "symc": 1, "name": path.stem, "inputs": {"scale": "f64[]"}, "constants": entries["constants"],
        "parameters": {n: f"f64[{', '.join(map(str, v.shape))}]" for n, v in entries["parameters"].items()},
        "nodes": [n for g in graphs for n in g.nodes] + [{"name": "total", "expr": f"scale * ({total})"}],
        "outputs": {"out": "total"}, "train": {"loss": "total", "optimizer": "sgd"}}))


def named(result):
    return result if isinstance(result, dict) else result._asdict()


def check_graphs(checker, graphs, folder, label, seconds):
    """Graphs whose operands are parameters: many share one model, each has its formulas by itself. Returns how many were
    left out."""
    left_out = 0
    path = folder / f"{label}.json"
    write(path, graphs)
    library = folder / f"lib{label}.so"
    subprocess.run([SYMC, "compile", str(path), "-o", str(library), "--functions", "gradients"], check=True)
    model = symc.Model(str(library), threads=1)
    for graph in graphs:
        for name, value in graph.parameters.items():
            model.parameters[name] = value
    gradients = {n: np.array(v) for n, v in named(model.gradients(scale=np.float64(1))).items()}
    fields = list(named(model.gradients(scale=np.float64(1))))
    for k, graph in enumerate(graphs):
        wanted = {n: gradients[n] for n in graph.parameters if n in fields}
        if seconds and not all(np.isfinite(g).all() and np.abs(g).max(initial=0) < 1e6 for g in wanted.values()):
            left_out += 1
            continue
        one = folder / f"{label}_{k}.json"
        write(one, [graph])
        constants = {n: np.array(c["value"]).astype(c["type"].split("[")[0].replace("i64", "int64").replace("f64", "float64"))
                     for n, c in graph.constants.items()}
        values = {**graph.parameters, **constants}
        reader = checker.first(graph.label, one, graph.loss, values, wanted)
        if reader and seconds:
            name = list(wanted)[k % len(wanted)]
            checker.second(graph.label, one, graph.loss, values, name, reader)
    return left_out


def check_model(checker, name, graph, folder):
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"symc": 1, "name": name, **graph, "outputs": {"out": "J"},
                                "train": {"loss": "J", "optimizer": "sgd"}}))
    model = symc.compile(path)
    rng, values = np.random.default_rng(1), {}
    for n, t in graph["inputs"].items():
        sizes = list(filter(None, t[t.index("[") + 1:-1].split(", ")))
        values |= {s: 7 for s in sizes if not s.isdigit()}
        shape = [int(s) if s.isdigit() else 7 for s in sizes]
        values[n] = (rng.integers(0, 3, size=shape) if t.startswith("i64") else rng.random(shape) < .5 if t.startswith("bool")
                     else rng.normal(size=shape))
    for n in graph["parameters"]:
        values[n] = rng.normal(size=model.parameters[n].shape)
        model.parameters[n] = values[n]
    gradients = named(model.gradients(**{i: values[i] for i in graph["inputs"]}))
    wanted = dict(zip(graph["parameters"], (np.array(g) for g in gradients.values()), strict=True))
    reader = checker.first(name, path, "J", values, wanted, entries=True)
    for n in graph["parameters"] if reader else ():
        checker.second(name, path, "J", values, n, reader)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path(SYMC).parent.parent)
    parser.add_argument("--random", type=int, default=20, help="how many random expressions")
    parser.add_argument("--first", type=int, default=0, help="number of the first of them")
    parser.add_argument("--only", default="", help="models, ops and random graphs whose label contains this")
    parser.add_argument("--verbose", action="store_true", help="print the formulas that fail")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # of branches that `where` does not take
    checker = Checker(arguments.verbose)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        for name, graph in MODELS.items():
            if arguments.only in name:
                check_model(checker, name, graph, folder)
        ops = [g for g in op_graphs(arguments.build) if arguments.only in g.label]
        for i in range(0, len(ops), 40):
            check_graphs(checker, ops[i:i + 40], folder, f"ops{i}", False)
        graphs = [g for g in random_graphs(arguments.random, arguments.first) if arguments.only in g.label]
        left_out = sum(check_graphs(checker, graphs[i:i + 5], folder, f"random{i}", True) for i in range(0, len(graphs), 5))
    if left_out > len(graphs) // 4:
        sys.exit(f"{left_out} of {len(graphs)} random graphs are left out")
    print(f"{checker.compared} formulas compared, {checker.failed} failed, {left_out} random graphs left out")
    sys.exit(checker.failed != 0 or checker.compared == 0)


if __name__ == "__main__":
    main()
