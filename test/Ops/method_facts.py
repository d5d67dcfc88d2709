# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""method_facts.py RECORDS.json: what the pages of optimizers, schedules, initialisers and metrics say of them holds.

The formulas are Python: they run beside compiled libraries. Options have the defaults that the pages tell, or other values.
"""
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import symc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "gen"))
import method_records  # noqa: E402 pylint: disable=C0413

SYMC = os.environ["SYMC"]
STEPS = 6
NAMES = {"sqrt": np.sqrt, "maximum": np.maximum, "minimum": np.minimum, "abs": np.abs, "sign": np.sign, "norm": np.linalg.norm,
         "floor": np.floor, "cos": np.cos, "pi": math.pi}


def compile_graph(graph, functions, extra=()):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "g.json"
        path.write_text(json.dumps(graph))
        done = subprocess.run([SYMC, "compile", "-O0", str(path), "-o", f"{folder}/lib.so", "--functions", functions, *extra],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{json.dumps(graph)}: {done.stderr}")
        return symc.Model(f"{folder}/lib.so", threads=1)


def errors_of(graph):
    """The messages of `symc check`."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "g.json"
        path.write_text(json.dumps(graph))
        found = subprocess.run([SYMC, "check", "--diagnostics", "json", str(path)], capture_output=True, text=True, check=False)
    return [d["message"] for d in map(json.loads, found.stderr.splitlines()) if d["severity"] == "error"]


def training(optimizer, schedule=None, element="f64"):
    """w is moved towards x, which each step chooses."""
    train = {"loss": "J", "optimizer": optimizer} | ({"learning_rate_schedule": schedule} if schedule else {})
    return {"symc": 1, "name": "g", "inputs": {"x": f"{element}[3]"}, "parameters": {"w": f"{element}[3]"},
            "nodes": [{"name": "J", "expr": "sum((w - x)**2 * 0.5)"}], "outputs": ["w"], "train": train}


def trained(graph):
    """The parameter after each step, and what it was moved by."""
    model, rng, result = compile_graph(graph, "train_step"), np.random.default_rng(1), []
    for _ in range(STEPS):
        before, x = np.array(model.parameters["w"]), rng.normal(size=3)
        model.train_step(x=x)
        result.append((before, before - x, np.array(model.parameters["w"])))
    return result


def values_of(method, given):
    return {o.name: given.get(o.name, json.loads(o.value or o.sample)) for o in method.options}


def defaults_first(method, others):
    """No options, then each of the others that the method has."""
    yield {}
    for other in others:
        if other.keys() <= {o.name for o in method.options}:
            yield other


OTHERS = [{"nesterov": True, "momentum": 0.8}, {"momentum": 0.7}, {"centered": True, "momentum": 0.5},
          {"epsilon_inside_root": True, "epsilon": 0.1}, {"epsilon_hat": True, "epsilon": 0.1}, {"beta_1": 0.5, "beta_2": 0.7},
          {"weight_decay": 0.3}, {"initial_accumulator_value": 0.5}, {"rho": 0.5, "epsilon": 0.01}]


OTHER_SCHEDULES = [{"step_size": 2}, {"decay_steps": 4}, {"warmup_steps": 3}, {"staircase": True, "decay_steps": 2},
                   {"alpha": 0.3, "decay_steps": 5}, {"power": 2, "decay_steps": 3, "end_learning_rate": 0.2},
                   {"boundaries": [1, 3], "values": [0.5, 0.2, 0.1]}]


def optimizer(method):
    if method.name == "lbfgs":  # its H(g) is compared by test/EndToEnd/lbfgs.py; the first step is that of sgd
        (w, g, after), = trained(training({"lbfgs": {}}))[:1]
        return [] if np.allclose(after, w - g) else ["the first step is not that of sgd"]
    wrong = []
    for given in defaults_first(method, OTHERS):
        options = values_of(method, given)
        scope = {**NAMES, **options, "rate": options["learning_rate"]}
        exec(method.record["start"], scope)  # pylint: disable=exec-used
        for t, (w, g, after) in enumerate(trained(training({method.name: given})), 1):
            scope |= {"t": t, "w": w.copy(), "g": g}
            exec(method.formula, scope)  # pylint: disable=exec-used
            if not np.allclose(scope["w"], after, rtol=1e-9, atol=1e-12):
                wrong.append(f"{given}: step {t} gives {after}, the formula {scope['w']}")
                break
    return wrong


def schedule(method):
    wrong = []
    for given in defaults_first(method, OTHER_SCHEDULES):
        options = values_of(method, given)
        body = {method.name: options} if options else method.name
        for t, (w, g, after) in enumerate(trained(training({"sgd": {"learning_rate": 0.25}}, body))):
            rate = eval(method.formula, {**NAMES, **options, "base": 0.25, "t": t})  # pylint: disable=eval-used
            if not np.allclose(after, w - rate * g, rtol=1e-9):
                wrong.append(f"{given}: the rate of step {t} is {(w - after) / g}, that of the formula {rate}")
                break
    return wrong


def initialiser(method):
    """The two numbers of sym.init, where the formula tells them; else the elements."""
    shape = (3, 4, 5)
    body = {method.name: values_of(method, {})} if method.options else method.name
    graph = {"symc": 1, "name": "g", "inputs": {"x": "f64[]"}, "parameters": {"w": {"type": "f64[3, 4, 5]", "init": body}},
             "nodes": [{"name": "y", "expr": "w * x"}], "outputs": ["y"]}
    w = np.array(compile_graph(graph, "predict").parameters["w"])
    fans = {"fan_in": shape[0] * shape[1], "fan_out": shape[0] * shape[2], **NAMES, **values_of(method, {})}
    kind = re.match(r"(uniform|normal)\((.*?), (.*?)\)(?:, (\w+) = (.*))?", method.formula)
    if kind:
        if kind.group(4):
            fans[kind.group(4)] = eval(kind.group(5), fans)  # pylint: disable=eval-used
        a, b = (eval(text, fans) for text in kind.groups()[1:3])  # pylint: disable=eval-used
        if kind.group(1) == "uniform":
            good = a <= w.min() < w.max() < b and w.max() - w.min() > 0.8 * (b - a)
        else:
            good = abs(w.mean() - a) < 4 * b / w.size**0.5 and 0.7 * b < w.std() < 1.3 * b
            good &= "within" not in method.formula or np.abs(w - a).max() <= 2 * b
        printed = subprocess.run([SYMC, "compile", "--emit=sym", "/dev/stdin"], input=json.dumps(graph), capture_output=True,
                                 text=True, check=False).stdout
        numbers = re.search(r"init <(\w+), ([^,>]+), ([^,>]+)>", printed)
        if numbers and not np.allclose([float(numbers.group(2)), float(numbers.group(3))], [a, b]):
            good = False
        return [] if good else [f"elements from {w.min()} to {w.max()}, the formula says {a}, {b}"]
    if method.name == "orthogonal":
        rows = w.reshape(-1, shape[-1])
        return [] if np.allclose(rows.T @ rows, np.eye(shape[-1]) * fans["gain"]**2) else ["its columns are not orthogonal"]
    if method.name == "identity":
        return [] if np.array_equal(w, [np.eye(4, 5) * k for k in (0, fans["gain"], 0)]) else [f"is {w}"]
    return [] if np.all(w == eval(method.formula, fans)) else [f"is {w}"]  # pylint: disable=eval-used


OPERANDS = {"softmax_cross_entropy": "f64[n, 6]", "sparse_softmax_cross_entropy": "i64[n]", "nll": "i64[n]",
            "kl_divergence": "f64[n, 6]", **{n: "f64[n, 6]" for n in ("sigmoid_cross_entropy", "hinge", "mse", "mae", "huber")}}


def metrics(methods):
    """They take the losses that their pages name, and no others."""
    for loss, label in OPERANDS.items():
        graph = {"symc": 1, "name": "g", "inputs": {"x": "f64[n, 6]", "y": label}, "parameters": {"w": "f64[6]"},
                 "nodes": [{"name": "J", "expr": f"{loss}(x * w, y)"}], "outputs": ["J"],
                 "train": {"loss": "J", "optimizer": "sgd", "metrics": [m.name for m in methods]}}
        refused = {re.match(r"the metric '(\w+)'", message).group(1) for message in errors_of(graph)}
        for m in methods:
            of = m.record["of"]
            named = re.search(rf"\b{loss}\b", of) or ("two operands of one type" in of and label == graph["inputs"]["x"])
            if bool(named) == (m.name in refused):
                yield f"{m.name}: with {loss} it is {'an' if m.name in refused else 'no'} error"


LIMITS = {"NotNegative": (0, -1), "Positive": (1, 0), "Fraction": (0, 1)}


def refusals(methods):
    """Values outside the ranges that the pages tell are errors, and those at the borders are none: many in one graph."""
    for inside in (True, False):
        left = {plural: [m for m in methods[plural] if any(o.range in LIMITS for o in m.options)] for plural in methods}
        while any(left.values()):
            body = lambda m: {m.name: values_of(m, {o.name: [v] * (1 + (o.name == "values")) if o.kind.endswith("s") else v
                                                    for o in m.options if o.range in LIMITS
                                                    for v in [LIMITS[o.range][0 if inside else 1]]})}
            inits, left["initialisers"] = left["initialisers"], []
            one, other = (left[k].pop() if left[k] else None for k in ("optimizers", "schedules"))
            graph = training(body(one) if one else "sgd", body(other) if other else None)
            names = [f"w{i}" for i in range(len(inits))]
            graph["parameters"] |= {n: {"type": "f64[2, 2]", "init": body(m)} for n, m in zip(names, inits)}
            graph["outputs"] = ["w", *names]
            asked = sorted(o.name for m in (one, other, *inits) if m for o in m.options if o.range in LIMITS
                           for _ in range(1 + (o.name == "values")))
            refused = sorted(m.group(1) for m in (re.match(r"'(\w+)' must be ", text) for text in errors_of(graph)) if m)
            if refused != ([] if inside else asked):
                yield f"{json.dumps(graph)}: {refused or 'nothing'} is refused"


def main(records):
    methods, failures = method_records.read(records), []
    for plural, check in (("optimizers", optimizer), ("schedules", schedule), ("initialisers", initialiser)):
        failures += [f"{m.name}: {text}" for m in methods[plural] for text in check(m)]
    failures += [*metrics(methods["metrics"]), *refusals(methods)]
    counts = ", ".join(f"{len(ms)} {plural}" for plural, ms in methods.items())
    print(*failures, f"{counts}: {len(failures)} failed", sep="\n")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main(*sys.argv[1:2])
