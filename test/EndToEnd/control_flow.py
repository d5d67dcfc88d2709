"""Loops and branches in compiled models against NumPy, their gradients against central differences: control_flow.py
[--only NAME].

A case is a graph in f64 and the same function written in Python. Every case is compiled fused and with a kernel an op, at
-O0 and -O2, and called with one thread and with two: the bits must be the same.
"""
import json

import numpy as np
import symc
from cases import ANY, Suite, body, named, node, run

SUITE = Suite({"rtol": 1e-12, "atol": 1e-13}, lambda wanted: {"rtol": 2e-6, "atol": 1e-6}, step=1e-6)
case = SUITE.case
TIMES = ({"t": 0}, {"t": 1}, {"t": 2}, {"t": 7})


@case({"x": "f64[t]", "h0": "f64[]"}, {"a": "f64[]"},
      [node(["last", "squares"], "scan", ["h0", "x"], body="step", carries=1)], ["last", "squares"],
      {"step": body(["h", "v"], ["n", "s"], n="a * h + v", s="n * n")}, ANY, sizes=TIMES)
def linear_recurrence(x, h0, a):
    h, squares = h0, []
    for v in x:
        h = a * h + v
        squares.append(h * h)
    return h, np.array(squares)


@case({"x": "f64[t, 3, 2]", "h0": "f64[3, 4]"}, {"W": "f64[2, 4]", "U": "f64[4, 4]", "b": "f64[4]"},
      [node(["last", "all"], "scan", ["h0", "x"], body="cell", carries=1)], ["last", "all"],
      {"cell": body(["h", "v"], ["n", "n"], n="tanh(v @ W + h @ U + b)")}, ANY, sizes=TIMES)
def elman(x, h0, W, U, b):
    h, states = h0, np.zeros((len(x), 3, 4))
    for i, v in enumerate(x):
        h = states[i] = np.tanh(v @ W + h @ U + b)
    return h, states


@case({"x": "f64[t, 3]", "h0": "f64[3]"}, {"w": "f64[3]"},
      [node(["first", "before"], "scan", ["h0", "x"], body="step", carries=1, reverse=True)], ["first", "before"],
      {"step": body(["h", "v"], ["n", "h"], n="h * sigmoid(v * w)")}, ANY,
      sizes=TIMES)
def reversed_scan(x, h0, w):
    h, before = h0, np.zeros_like(x)
    for i in reversed(range(len(x))):
        before[i] = h
        h = h / (1 + np.exp(-x[i] * w))
    return h, before


@case({"x": "f64[t]"}, {"a": "f64[2]", "b": "f64[2]"},
      [node(["p", "q"], "scan", ["a", "b", "x"], body="step", carries=2)], ["p", "q"],
      {"step": body(["p", "q", "v"], ["q", "r"], r="p * 0.5 + q * v")}, ANY, sizes=TIMES)
def exchanged_carries(x, a, b):
    p, q = a, b
    for v in x:
        p, q = q, p * 0.5 + q * v
    return p, q


@case({"x": "f64[t, u]"}, {"a": "f64[]", "c": "f64[]"},
      [{"name": "zero", "expr": "a * 0.0"}, node(["end", "table"], "scan", ["zero", "x"], body="outer", carries=1)], ["end", "table"],
      {"inner": body(["s", "e"], ["m", "m"], m="s * a + sin(e)"),
       "outer": {"inputs": ["h", "row"],
                 "nodes": [node(["last", "all"], "scan", ["h", "row"], body="inner", carries=1),
                           {"name": "n", "expr": "last * c + sum(all * all)"}], "outputs": ["n", "all"]}}, {"t": {"min": 0, "max": 100}, "u": {"min": 0, "max": 100}},
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
      [node("y", "while", ["x"], cond="more", body="grow", max_iterations=30)], ["y"],
      {"more": body(["v"], ["c"], c="sum(v * v) < 50.0"), "grow": body(["v"], ["d"], d="v * 1.5 + w * w")})
def bounded_while(x, w):
    v, steps = x, 0
    while np.sum(v * v) < 50 and steps < 30:
        v, steps = v * 1.5 + w * w, steps + 1
    return (v,)


@case({"x": "f64[4]"}, {"w": "f64[4]"},
      [node("y", "while", ["w"], cond="never", body="grow", max_iterations=3), {"name": "z", "expr": "y * x"}], ["z"],
      {"never": body(["v"], ["c"], c="sum(v * v) < -1.0"), "grow": body(["v"], ["d"], d="v * w")})
def while_without_iterations(x, w):
    return (w * x,)


@case({"x": "f64[4]"}, {"w": "f64[4]"},
      [node("y", "while", ["x"], cond="always", body="shrink", max_iterations=5)], ["y"],
      {"always": body(["v"], ["c"], c="sum(v * v) < 1e300"), "shrink": body(["v"], ["d"], d="sin(v) * w")})
def while_at_its_bound(x, w):
    v = x
    for _ in range(5):
        v = np.sin(v) * w
    return (v,)


@case({"x": "f64[3]", "s": "f64[]"}, {"w": "f64[3]", "u": "f64[]"},
      [{"name": "big", "expr": "s > 0.0"}, node(["p", "q"], "cond", ["big", "x"], true_fn="up", false_fn="down")], ["p", "q"],
      {"up": body(["v"], ["p", "q"], p="exp(v * w)", q="sum(p)"), "down": body(["v"], ["p", "q"], p="v * u", q="u * u")}, sizes=({"s": 1}, {"s": -1}))
def branches(x, s, w, u):
    if s > 0:
        p = np.exp(x * w)
        return p, np.sum(p)
    return x * u, u * u


@case({"x": "f64[t, 3]"}, {"w": "f64[3]"},
      [node(["last", "all"], "scan", ["w", "x"], body="step", carries=1)], ["last", "all"],
      {"plus": body(["h", "v"], ["r"], r="h + v * w"), "times": body(["h", "v"], ["r"], r="h * cos(v)"),
       "step": {"inputs": ["h", "v"],
                "nodes": [{"name": "p", "expr": "sum(v) > 0.0"},
                          node("n", "cond", ["p", "h", "v"], true_fn="plus", false_fn="times")], "outputs": ["n", "n"]}}, ANY, sizes=TIMES)
def branch_in_a_loop(x, w):
    h, states = w, np.zeros_like(x)
    for i, v in enumerate(x):
        h = states[i] = h + v * w if np.sum(v) > 0 else h * np.cos(v)
    return h, states


@case({"x": "f64[t, 2]"}, {"w": "f64[2, 2]"},
      [{"name": "zero", "expr": "sum(w) * 0.0"}, {"name": "start", "expr": "w[0] * 1.0"},
       node(["count", "last", "all"], "scan", ["zero", "start", "x"], body="step", carries=2)], ["count", "last", "all"],
      {"step": body(["c", "h", "v"], ["d", "m", "k"], d="c + 1.0", m="h @ w + v", k="m * d")}, ANY, sizes=TIMES)
def counted(x, w):
    h, c, rows = w[0], 0.0, np.zeros_like(x)
    for i, v in enumerate(x):
        c, h = c + 1, h @ w + v
        rows[i] = h * c
    return np.array(c), h, rows


@case({"x": "f64[t, 2]"}, {"A": "f64[3, 2]", "w": "f64[2]"},
      [node("last", "scan", ["w", "x"], body="step", carries=1)], ["last"],
      {"layer": body(["h", "row"], ["n"], n="tanh(h * row + w)"),
       "step": {"inputs": ["h", "v"], "nodes": [node("g", "scan", ["h", "A"], body="layer", carries=1),
                                                {"name": "n", "expr": "g + v"}], "outputs": ["n"]}}, ANY, sizes=TIMES)
def loop_over_parameters(x, A, w):
    h = w
    for v in x:
        for row in A:
            h = np.tanh(h * row + w)
        h = h + v
    return (h,)


@case({"x": "f64[t]", "h0": "f64[5, 4]"}, {"w": "f64[5, 4]", "u": "f64[5, 4]"},
      [node(["last", "rows"], "scan", ["h0", "x"], body="step", carries=1)], ["last", "rows"],
      {"up": body(["a"], ["b"], b="a + 0.3 * w"), "down": body(["a"], ["b"], b="a - 0.3 * u"),
       "never": body(["a", "k"], ["c"], c="k < 0.0"),
       "more": {"inputs": ["a", "k"], "nodes": [{"name": "p", "expr": "sum(a) > 0.5"},
                                                node("b", "cond", ["p", "a"], true_fn="up", false_fn="down"),
                                                {"name": "j", "expr": "k + 1.0"}], "outputs": ["b", "j"]},
       "step": {"inputs": ["h", "v"], "nodes": [{"name": "z", "expr": "cast(0, 'f64')"},
                                                node(["b", "n"], "while", ["h", "z"], cond="never", body="more", max_iterations=3),
                                                {"name": "c", "expr": "b + 0.01 * v"}], "outputs": ["c", "0.1 * sum(b) + v"]}}, ANY, sizes=TIMES)
def carry_handed_on_by_a_loop_that_does_not_run(x, h0, w, u):
    h, rows = h0, []
    for v in x:
        rows.append(0.1 * np.sum(h) + v)
        h = h + 0.01 * v
    return h, np.array(rows)


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


def check_draws(folder, failures):
    """No two iterations of loops in a loop draw the same numbers, and a derivative draws those of its value."""
    path = folder / "draws.json"
    inner = body(["h", "r"], ["h * u", "u"], u="random_uniform(shape=[], dtype='f64') + r * w")
    outer = {"inputs": ["h", "row"], "nodes": [node(["p", "us"], "scan", ["h", "row"], body="inner", carries=1)],
             "outputs": ["p", "us"]}
    path.write_text(json.dumps({
        "symc": 1, "name": "draws", "inputs": {"x": "f64[5, 7]"}, "parameters": {"w": "f64[]"},
        "functions": {"inner": inner, "outer": outer},
        "nodes": [node(["y", "us"], "scan", ["start", "x"], body="outer", carries=1), {"name": "start", "expr": "w * 0 + 1"}],
        "outputs": ["us"], "train": {"loss": "y", "optimizer": "sgd"}}))
    model = symc.compile(path)
    model.initialize(seed=3)
    x = np.random.default_rng(1).uniform(0.5, 1.5, size=(5, 7))
    drawn = named(model.predict(x=x))["us"]
    if len(np.unique(drawn.round(12))) != 35:
        failures.append("draws: iterations of loops in a loop draw the same numbers")
    product = drawn.prod()
    wanted = sum(product / u * r for u, r in zip(drawn.ravel(), x.ravel()))
    got = float(named(model.gradients(x=x))["w"])
    if not np.isclose(got, wanted):
        failures.append(f"draws: the gradient is {got}, not {wanted}, of the same numbers")


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


if __name__ == "__main__":
    run(__doc__, {**SUITE.checks(), "dropout": check_dropout, "draws": check_draws, "failure": check_failure})
