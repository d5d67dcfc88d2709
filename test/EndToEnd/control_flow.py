"""Loops and branches in compiled models against NumPy, their gradients against central differences: control_flow.py
[--only NAME].

A case is a graph in f64 and the same function written in Python. Every case is compiled fused and with a kernel an op, at
-O0 and -O2, and called with one thread and with two: the bits must be the same.
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

CASES = {}


def case(inputs, parameters, functions, nodes, outputs, dims=None, constants=None, sizes=({},)):
    """Registers a Python function of the inputs and parameters by name that gives the outputs in order; the loss is the
    sum of all outputs. `sizes`: values of the symbolic dimensions to try."""
    def register(function):
        CASES[function.__name__] = {
            "graph": {"symc": 1, "name": function.__name__, "inputs": inputs, "parameters": parameters,
                      "functions": functions, "nodes": nodes + [loss(outputs, inputs)], "outputs": list(outputs),
                      "dims": dims or {}, "constants": constants or {}, "train": {"loss": "J", "optimizer": "sgd"}},
            "function": function, "outputs": list(outputs), "sizes": sizes}
        return function
    return register


def loss(outputs, inputs):
    return {"name": "J", "expr": " + ".join(f"sum({o} * {k + 1}.5)" for k, o in enumerate(outputs))}


def body(inputs, outputs, **nodes):
    return {"inputs": inputs, "nodes": [{"name": n, "expr": e} for n, e in nodes.items()], "outputs": outputs}


def node(name, op, inputs, **attrs):
    return {"name": name, "op": op, "inputs": inputs, "attrs": attrs}


TIMES = ({"t": 0}, {"t": 1}, {"t": 2}, {"t": 7})
ANY = {"t": {"min": 0, "max": 1000}}


@case({"x": "f64[t]", "h0": "f64[]"}, {"a": "f64[]"}, {"step": body(["h", "v"], ["n", "s"], n="a * h + v", s="n * n")},
      [node(["last", "squares"], "scan", ["h0", "x"], body="step", carries=1)], ["last", "squares"], ANY, sizes=TIMES)
def linear_recurrence(x, h0, a):
    h, squares = h0, []
    for v in x:
        h = a * h + v
        squares.append(h * h)
    return h, np.array(squares)


@case({"x": "f64[t, 3, 2]", "h0": "f64[3, 4]"}, {"W": "f64[2, 4]", "U": "f64[4, 4]", "b": "f64[4]"},
      {"cell": body(["h", "v"], ["n", "n"], n="tanh(v @ W + h @ U + b)")},
      [node(["last", "all"], "scan", ["h0", "x"], body="cell", carries=1)], ["last", "all"], ANY, sizes=TIMES)
def elman(x, h0, W, U, b):
    h, states = h0, np.zeros((len(x), 3, 4))
    for i, v in enumerate(x):
        h = states[i] = np.tanh(v @ W + h @ U + b)
    return h, states


@case({"x": "f64[t, 3]", "h0": "f64[3]"}, {"w": "f64[3]"}, {"step": body(["h", "v"], ["n", "h"], n="h * sigmoid(v * w)")},
      [node(["first", "before"], "scan", ["h0", "x"], body="step", carries=1, reverse=True)], ["first", "before"], ANY,
      sizes=TIMES)
def reversed_scan(x, h0, w):
    h, before = h0, np.zeros_like(x)
    for i in reversed(range(len(x))):
        before[i] = h
        h = h / (1 + np.exp(-x[i] * w))
    return h, before


@case({"x": "f64[t]"}, {"a": "f64[2]", "b": "f64[2]"}, {"step": body(["p", "q", "v"], ["q", "r"], r="p * 0.5 + q * v")},
      [node(["p", "q"], "scan", ["a", "b", "x"], body="step", carries=2)], ["p", "q"], ANY, sizes=TIMES)
def exchanged_carries(x, a, b):
    p, q = a, b
    for v in x:
        p, q = q, p * 0.5 + q * v
    return p, q


@case({"x": "f64[t, u]"}, {"a": "f64[]", "c": "f64[]"},
      {"inner": body(["s", "e"], ["m", "m"], m="s * a + sin(e)"),
       "outer": {"inputs": ["h", "row"],
                 "nodes": [node(["last", "all"], "scan", ["h", "row"], body="inner", carries=1),
                           {"name": "n", "expr": "last * c + sum(all * all)"}], "outputs": ["n", "all"]}},
      [{"name": "zero", "expr": "a * 0.0"}, node(["end", "table"], "scan", ["zero", "x"], body="outer", carries=1)],
      ["end", "table"], {"t": {"min": 0, "max": 100}, "u": {"min": 0, "max": 100}},
      sizes=({"t": 3, "u": 4}, {"t": 0, "u": 2}, {"t": 2, "u": 0}, {"t": 1, "u": 1}))
def nested_scans(x, a, c):
    h, table = 0.0, np.zeros_like(x)
    for i, row in enumerate(x):
        s = h
        for j, e in enumerate(row):
            s = table[i, j] = s * a + np.sin(e)
        h = s * c + np.sum(table[i] ** 2)
    return h, table


@case({"x": "f64[4]"}, {"w": "f64[4]"},
      {"more": body(["v"], ["c"], c="sum(v * v) < 50.0"), "grow": body(["v"], ["d"], d="v * 1.5 + w * w")},
      [node("y", "while", ["x"], cond="more", body="grow", max_iterations=30)], ["y"])
def bounded_while(x, w):
    v, steps = x, 0
    while np.sum(v * v) < 50 and steps < 30:
        v, steps = v * 1.5 + w * w, steps + 1
    return (v,)


@case({"x": "f64[4]"}, {"w": "f64[4]"},
      {"never": body(["v"], ["c"], c="sum(v * v) < -1.0"), "grow": body(["v"], ["d"], d="v * w")},
      [node("y", "while", ["w"], cond="never", body="grow", max_iterations=3), {"name": "z", "expr": "y * x"}], ["z"])
def while_without_iterations(x, w):
    return (w * x,)


@case({"x": "f64[4]"}, {"w": "f64[4]"},
      {"always": body(["v"], ["c"], c="sum(v * v) < 1e300"), "shrink": body(["v"], ["d"], d="sin(v) * w")},
      [node("y", "while", ["x"], cond="always", body="shrink", max_iterations=5)], ["y"])
def while_at_its_bound(x, w):
    v = x
    for _ in range(5):
        v = np.sin(v) * w
    return (v,)


@case({"x": "f64[3]", "s": "f64[]"}, {"w": "f64[3]", "u": "f64[]"},
      {"up": body(["v"], ["p", "q"], p="exp(v * w)", q="sum(p)"), "down": body(["v"], ["p", "q"], p="v * u", q="u * u")},
      [{"name": "big", "expr": "s > 0.0"}, node(["p", "q"], "cond", ["big", "x"], true_fn="up", false_fn="down")],
      ["p", "q"], sizes=({"s": 1}, {"s": -1}))
def branches(x, s, w, u):
    if s > 0:
        p = np.exp(x * w)
        return p, np.sum(p)
    return x * u, u * u


@case({"x": "f64[t, 3]"}, {"w": "f64[3]"},
      {"plus": body(["h", "v"], ["r"], r="h + v * w"), "times": body(["h", "v"], ["r"], r="h * cos(v)"),
       "step": {"inputs": ["h", "v"],
                "nodes": [{"name": "p", "expr": "sum(v) > 0.0"},
                          node("n", "cond", ["p", "h", "v"], true_fn="plus", false_fn="times")], "outputs": ["n", "n"]}},
      [node(["last", "all"], "scan", ["w", "x"], body="step", carries=1)], ["last", "all"], ANY, sizes=TIMES)
def branch_in_a_loop(x, w):
    h, states = w, np.zeros_like(x)
    for i, v in enumerate(x):
        h = states[i] = h + v * w if np.sum(v) > 0 else h * np.cos(v)
    return h, states


@case({"x": "f64[t, 2]"}, {"w": "f64[2, 2]"},
      {"step": body(["c", "h", "v"], ["d", "m", "k"], d="c + 1.0", m="h @ w + v", k="m * d")},
      [{"name": "zero", "expr": "sum(w) * 0.0"}, {"name": "start", "expr": "w[0] * 1.0"},
       node(["count", "last", "all"], "scan", ["zero", "start", "x"], body="step", carries=2)], ["count", "last", "all"],
      ANY, sizes=TIMES)
def counted(x, w):
    h, c, rows = w[0], 0.0, np.zeros_like(x)
    for i, v in enumerate(x):
        c, h = c + 1, h @ w + v
        rows[i] = h * c
    return np.array(c), h, rows


@case({"x": "f64[t, 2]"}, {"A": "f64[3, 2]", "w": "f64[2]"},
      {"layer": body(["h", "row"], ["n"], n="tanh(h * row + w)"),
       "step": {"inputs": ["h", "v"], "nodes": [node("g", "scan", ["h", "A"], body="layer", carries=1),
                                                {"name": "n", "expr": "g + v"}], "outputs": ["n"]}},
      [node("last", "scan", ["w", "x"], body="step", carries=1)], ["last"], ANY, sizes=TIMES)
def loop_over_parameters(x, A, w):
    h = w
    for v in x:
        for row in A:
            h = np.tanh(h * row + w)
        h = h + v
    return (h,)


def values_of(case, sizes, rng):
    values = {}
    for name, entry in {**case["graph"]["inputs"], **case["graph"]["parameters"]}.items():
        text = entry[entry.index("[") + 1:-1]
        shape = [sizes[s] if s in sizes else int(s) for s in text.split(", ")] if text else []
        values[name] = np.asarray(rng.normal(size=shape))
        if name in sizes:
            values[name] = np.asarray(float(sizes[name]))
    return values


def evaluate(case, values):
    return [np.asarray(v, float) for v in case["function"](**values)]


def total(case, values):
    return sum(np.sum(v) * (k + 1.5) for k, v in enumerate(evaluate(case, values)))


def difference(case, values, name, step=1e-6):
    result = np.zeros(values[name].shape)
    for index in np.ndindex(*result.shape):
        sides = []
        for side in (step, -step):
            moved = values[name].copy()
            moved[index] += side
            sides.append(total(case, {**values, name: moved}))
        result[index] = (sides[0] - sides[1]) / (2 * step)
    return result


@case({"x": "f64[t]", "h0": "f64[5, 4]"}, {"w": "f64[5, 4]", "u": "f64[5, 4]"},
      {"up": body(["a"], ["b"], b="a + 0.3 * w"), "down": body(["a"], ["b"], b="a - 0.3 * u"),
       "never": body(["a", "k"], ["c"], c="k < 0.0"),
       "more": {"inputs": ["a", "k"], "nodes": [{"name": "p", "expr": "sum(a) > 0.5"},
                                                node("b", "cond", ["p", "a"], true_fn="up", false_fn="down"),
                                                {"name": "j", "expr": "k + 1.0"}], "outputs": ["b", "j"]},
       "step": {"inputs": ["h", "v"], "nodes": [{"name": "z", "expr": "cast(0, 'f64')"},
                                                node(["b", "n"], "while", ["h", "z"], cond="never", body="more", max_iterations=3),
                                                {"name": "c", "expr": "b + 0.01 * v"}], "outputs": ["c", "0.1 * sum(b) + v"]}},
      [node(["last", "rows"], "scan", ["h0", "x"], body="step", carries=1)], ["last", "rows"], ANY, sizes=TIMES)
def carry_handed_on_by_a_loop_that_does_not_run(x, h0, w, u):
    h, rows = h0, []
    for v in x:
        rows.append(0.1 * np.sum(h) + v)
        h = h + 0.01 * v
    return h, np.array(rows)


def named(result):
    return result if isinstance(result, dict) else result._asdict()


def check(name, case, folder, failures):
    path = folder / f"{name}.json"
    path.write_text(json.dumps(case["graph"]))
    models = {}
    for flags in ((), ("-O0",), ("--debug-fusion", "off"), ("--debug-arena", "poisoned")):
        label = flags[-1] if flags else "fused"
        library = folder / f"lib{name}-{label}.so"
        subprocess.run([os.environ["SYMC"], "compile", str(path), "-o", str(library), *flags], check=True)
        for threads in (1, 2):
            models[label, threads] = symc.Model(str(library), threads=threads)
    for number, sizes in enumerate(case["sizes"]):
        values = values_of(case, sizes, np.random.default_rng(number))
        inputs = {n: values[n] for n in case["graph"]["inputs"]}
        results, trains = {}, all(v.size for v in inputs.values())
        for label, model in models.items():
            for parameter in case["graph"]["parameters"]:
                model.parameters[parameter] = values[parameter]
            outputs = [np.array(v) for v in named(model.predict(**inputs)).values()]
            # A training step without examples is refused.
            gradients = {n: np.array(v) for n, v in named(model.gradients(**inputs)).items()} if trains else {}
            results[label] = outputs, gradients
        first = results["fused", 1]
        for label, (outputs, gradients) in results.items():
            same = all(a.tobytes() == b.tobytes() for a, b in zip(outputs, first[0])) and all(
                gradients[n].tobytes() == v.tobytes() for n, v in first[1].items())
            if not same:
                failures.append(f"{name} {sizes}: {label} has other bits")
        for label, got, wanted in zip(case["outputs"], first[0], evaluate(case, values)):
            if got.shape != wanted.shape or not np.allclose(got, wanted, rtol=1e-12, atol=1e-13):
                failures.append(f"{name} {sizes}: {label} is {got.tolist()}, not {wanted.tolist()}")
        for parameter, got in first[1].items():
            if parameter in values and parameter in case["graph"]["parameters"]:
                wanted = difference(case, values, parameter)
                if not np.allclose(got, wanted, rtol=2e-6, atol=1e-6):
                    failures.append(f"{name} {sizes}: gradient by {parameter} is {got.tolist()}, not {wanted.tolist()}")


def check_dropout(folder, failures):
    """Each iteration drops other elements, and the derivative drops the same ones."""
    steps, path = 9, folder / "dropped.json"
    path.write_text(json.dumps({
        "symc": 1, "name": "dropped", "inputs": {"x": "f64[t, 1]"}, "parameters": {"w": {"type": "f64[16]", "init": "ones"}},
        "functions": {"step": body(["v"], ["s"], d="dropout(w + v, rate=0.5)", s="d * d")},
        "nodes": [node("s", "scan", ["x"], body="step", carries=0), {"name": "J", "expr": "sum(s)"}],
        "outputs": ["s"], "train": {"loss": "J", "optimizer": "sgd"}}))
    model = symc.compile(path)
    model.initialize(seed=1)
    x = np.zeros((steps, 1))
    loss, gradient = float(np.array(model.train_step(x=x)["loss"])), None
    model.initialize(seed=1)
    gradient = np.array(named(model.gradients(x=x))["w"])
    kept = gradient / 8  # d = 2 where it is kept: s = 4, its derivative 8
    if not np.isclose(gradient.sum(), 2 * loss) or not np.array_equal(kept, kept.round()):
        failures.append(f"dropout: a loss of {loss} and gradients of {gradient.tolist()} are not of the same masks")
    if np.all((kept == 0) | (kept == steps)):
        failures.append("dropout: every iteration drops the same elements")


def check_failure(folder, failures):
    """An index out of range in some iteration is a status, and the step has changed nothing."""
    path = folder / "failing.json"
    path.write_text(json.dumps({
        "symc": 1, "name": "failing", "inputs": {"i": "i64[t]"}, "parameters": {"w": {"type": "f64[4]", "init": "ones"}},
        "functions": {"step": body(["h", "k"], ["n", "n"], n="h * gather(w, k)")},
        "nodes": [{"name": "one", "expr": "w[0] * 1.0"}, node(["last", "all"], "scan", ["one", "i"], body="step", carries=1)],
        "outputs": ["last"], "train": {"loss": "last", "optimizer": {"sgd": {"learning_rate": 0.25, "momentum": 0.9}}}}))
    model = symc.compile(path)
    model.initialize(seed=1)
    model.train_step(i=np.array([0, 1, 3]))
    before = np.array(model.parameters["w"])
    if np.allclose(before, 1):
        failures.append("failing: a step changes nothing")
    try:
        model.train_step(i=np.array([0, 1, 4, 2]))
        failures.append("failing: an index out of range is no status")
    except symc.Error as error:
        if "index 4 is out of range" not in str(error):
            failures.append(f"failing: {error}")
    if not np.array_equal(before, model.parameters["w"]):
        failures.append("failing: a step that failed has changed a parameter")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="")
    only, failures, ran = parser.parse_args().only, [], 0
    with tempfile.TemporaryDirectory() as scratch:
        for name, one in CASES.items():
            if only in name:
                check(name, one, pathlib.Path(scratch), failures)
                ran += 1
        for name, checks in (("dropout", check_dropout), ("failure", check_failure)):
            if only in name:
                checks(pathlib.Path(scratch), failures)
                ran += 1
    print(*failures, f"{ran} cases, {len(failures)} failed", sep="\n")
    sys.exit(bool(failures) or not ran)


if __name__ == "__main__":
    main()
