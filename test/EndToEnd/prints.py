"""What `print` of a graph shows: the values, in the order of the program, in every function, loop and branch, however the
graph is compiled; and nothing else is changed by it."""
import copy
import json
import re

import numpy as np
import symc
from cases import WAYS, body, compiled, exprs, named, node, run

RNG = np.random.default_rng(3)
X = RNG.normal(size=(5, 3)).astype(np.float32)
PARAMETERS = {"W": {"type": "f32[3, 3]", "init": {"normal": {"stddev": 0.5}}},
              "b": {"type": "f32[3]", "init": {"constant": {"value": 0.25}}}}


def graph(nodes, functions=None, inputs=None):
    return {"symc": 1, "name": "shows", "inputs": inputs or {"x": "f32[n, 3]"}, "parameters": PARAMETERS,
            "functions": functions or {}, "nodes": nodes, "outputs": ["y"],
            "train": {"loss": "J", "optimizer": {"adam": {"learning_rate": 0.05}}}}


def loop(names, op, inputs, **attrs):
    return {"name": names, "op": op, "inputs": inputs, "attrs": attrs}


CASES = {}


def case(nodes, functions=None):
    """Registers what a graph shows, as a function of its parameters, x, and whether the loss is computed as well."""
    def register(function):
        CASES[function.__name__] = graph(nodes, functions), function
        return function
    return register


@case(exprs(h="print(tanh(print(x, 'before') @ W + b))", y="print(h * 2.0)", again="print(h, label='again')",
            m="print(mean(again), label='mean')", unused="print(m * 3.0, 'unused')", dead="print(x, 'dead') + m",
            J="print(mean(y**2) + 0.0 * m)"))
def straight(p, x, train):
    h = np.tanh(x @ p["W"] + p["b"])
    shown = [("before", x), ("h", h), ("y", h * 2)]
    return shown + [("again", h), ("mean", h.mean()), ("J", np.mean((h * 2) ** 2))] * train


@case([*exprs(h0="b * 0.0", wide="broadcast_to(b, ['n', 3])"),
       loop(["l", "rows"], "scan", ["h0", "x", "wide"], body="step", carries=1),
       *exprs(y="rows + print(l, label='last')", J="mean(y**2)")],
      {"step": body(["h", "v", "w"], ["state", "state * 1.0"], state="print(tanh(print(v, label='row') * w + h))")})
def looped(p, x, train):
    shown, h = [], np.zeros(3)
    for row in x:
        h = np.tanh(row * p["b"] + h)
        shown += [("row", row), ("l/step/state", h)]
    return shown + [("last", h)]


@case([*exprs(p="sum(x) < 0.0"), node("c", "cond", ["p", "x", "b"], true_fn="minus", false_fn="plus"),
       *exprs(y="print(c, label='behind')", J="mean(y**2)")],
      {"minus": body(["u", "v"], ["-g"], g="print(u * v, label='down')"),
       "plus": body(["u", "v"], ["g * 3.0"], g="print(u * v, label='up')")})
def branched(p, x, train):
    down, h = x.sum() < 0, x * p["b"]
    return [("down" if down else "up", h), ("behind", h * (-1 if down else 3))]


@case([*exprs(s0="mean(b) * 4.0"), loop(["s", "same"], "while", ["s0", "x"], cond="more", body="double", max_iterations=8),
       *exprs(y="print(s, label='end') * x @ W", J="mean(y**2)")],
      {"more": body(["u", "v"], ["print(u, label='test') < 20.0"]),
       "double": {"inputs": ["u", "v"], "outputs": ["u * 2.0 + 0.0 * t", "v"], "nodes": [
           *exprs(heads="v[:2, 0]", many="broadcast_to(u, [2])", zero="u * 0.0"),
           loop(["t", "r"], "scan", ["zero", "heads", "many"], body="inner", carries=1)]},
       "inner": body(["t", "v", "u"], ["t + q", "q"], q="print(v * u, label='inner')")})
def nested(p, x, train):
    shown, s = [], 4 * p["b"].mean()
    while True:
        shown += [("test", s)]
        if not s < 20:
            return shown + [("end", s)]
        shown += [("inner", v * s) for v in x[:2, 0]]
        s *= 2


def silent(value):
    """The graph without its prints."""
    if isinstance(value, str):
        return re.sub(r"print\(", "(", re.sub(r", (label=)?'\w+'\)", ")", value)) if "print(" in value else value
    if isinstance(value, list):
        return [silent(v) for v in value]
    return {k: silent(v) for k, v in value.items()} if isinstance(value, dict) else value


def differences(shown, wanted):
    if [label for label, _ in shown] != [label for label, _ in wanted]:
        yield f"shows {[label for label, _ in shown]}, not {[label for label, _ in wanted]}"
    else:
        for (label, got), (_, value) in zip(shown, wanted):
            if got.shape != np.shape(value) or not np.allclose(got, value, rtol=1e-5, atol=1e-6):
                yield f"{label} is {got.tolist()}, not {np.asarray(value).tolist()}"


def bits(model, inputs):
    """Of all results of all functions, and of the parameters behind two steps."""
    results = [named(model.functions[f](**inputs)) for f in ("predict", "loss", "gradients", "train_step", "train_step")]
    return [v.tobytes() for r in results for v in r.values()] + [model.parameters[p].tobytes() for p in model.parameters]


def check(name, folder, failures):
    source, function = CASES[name]
    path, quiet = folder / f"{name}.json", folder / f"{name}_quiet.json"
    path.write_text(json.dumps(source))
    quiet.write_text(json.dumps(silent(source)))
    without = bits(symc.Model(compiled(quiet), seed=1), {"x": X})
    for label, flags in WAYS.items():
        library = compiled(path, flags)
        for threads in (1, 2):
            shown = []
            model = symc.Model(library, threads=threads, seed=1, show=lambda *seen: shown.append(seen))
            p = {n: np.array(v, np.float64) for n, v in model.parameters.items()}
            for f, train in (("predict", False), ("train_step", True)):
                shown.clear()
                model.functions[f](x=X)
                wanted = function(p, X.astype(np.float64), train)
                failures += [f"{name} {label} {threads} {f}: {d}" for d in differences(shown, wanted)]
        if bits(symc.Model(library, seed=1, show=None), {"x": X}) != without:
            failures.append(f"{name} {label}: has other bits than without prints")


def check_remat(folder, failures):
    """What is computed again is not shown again, and what is computed behind a print has the same bits."""
    for pattern in ("*", "h", "l"):
        name = "looped" if pattern == "l" else "straight"
        source = copy.deepcopy(CASES[name][0])
        path, plain = folder / f"remat{pattern == '*'}{name}.json", folder / f"plain{name}.json"
        plain.write_text(json.dumps(source))
        source["train"]["remat"] = [pattern]
        path.write_text(json.dumps(source))
        shown, model = [], symc.Model(compiled(plain), seed=1, show=None)
        again = symc.Model(compiled(path), seed=1, show=lambda *seen: shown.append(seen))
        p = {n: np.array(v, np.float64) for n, v in again.parameters.items()}
        if bits(again, {"x": X}) != bits(model, {"x": X}):
            failures.append(f"remat {pattern}: has other bits")
        again.initialize(seed=1)
        shown.clear()
        again.train_step(x=X)
        failures += [f"remat {pattern}: {d}" for d in differences(shown, CASES[name][1](p, X.astype(np.float64), True))]


def check_types(folder, failures):
    """Every element type, scalars and tensors without elements."""
    types = "f16 bf16 f32 f64 i8 i16 i32 i64 u8 u16 u32 u64 bool".split()
    path = folder / "types.json"
    path.write_text(json.dumps({
        "symc": 1, "name": "types", "inputs": {"x": "i32[n, 2]"}, "dims": {"n": {"min": 0}},
        "nodes": [node(f"{t}_x", "cast", ["x"], dtype=t) for t in types] + [node(t, "print", [f"{t}_x"]) for t in types],
        "outputs": {**{f"y_{t}": t for t in types}, "s": "print(sum(x), label='sum')"}}))
    shown = []
    model = symc.Model(compiled(path), show=lambda *seen: shown.append(seen))
    for x in (np.array([[0, 1], [2, 100]], np.int32), np.zeros((0, 2), np.int32)):
        shown.clear()
        model.predict(x=x)
        got = dict(shown)
        for t in types:
            value = x != 0 if t == "bool" else x
            if got[t].shape != x.shape or not np.array_equal(got[t].astype(np.float64), value.astype(np.float64)):
                failures.append(f"{t} {x.shape} is {got[t]}")
        if got["sum"].shape != () or got["sum"] != x.sum():
            failures.append(f"sum is {got['sum']}")


def check_stream(folder, failures):
    """A step of a stream shows what the whole shows in that step."""
    source = graph(exprs(y="print(tanh(x @ W + b), label='y')", J="mean(y)"), inputs={"x": "f32[time, 3]"})
    source["entry_points"] = {"step": {"outputs": {"y": "y"}, "stream": "time"}}
    path = folder / "stream.json"
    path.write_text(json.dumps(source))
    shown = []
    model = symc.Model(compiled(path), seed=1, show=lambda *seen: shown.append(seen))
    model.predict(x=X)
    (_, whole), = shown
    for t in range(len(X)):
        shown.clear()
        model.step(X[t])
        failures += [f"step {t}: {d}" for d in differences(shown, [("y", whole[t:t + 1])])]


def check_hook(folder, failures):
    """An exception of the hook comes out of the call, and the next call is as any other."""
    path = folder / "hook.json"
    path.write_text(json.dumps(CASES["straight"][0]))
    calls = []

    def fail(label, value):
        calls.append(label)
        raise KeyError(label)

    model = symc.Model(compiled(path), seed=1, show=fail)
    for _ in range(2):
        calls.clear()
        try:
            model.predict(x=X)
            failures.append("hook: the exception is lost")
        except KeyError as error:
            if error.args != ("before",) or calls != ["before"]:
                failures.append(f"hook: {error} after {calls}")
    # Nor can it call the model in the middle of a call.
    again = symc.Model(compiled(path), seed=1, show=lambda *_: again.predict(x=X))
    try:
        again.predict(x=X)
        failures.append("hook: a call in the middle of a call")
    except RuntimeError as error:
        if "in the middle of a call" not in str(error):
            failures.append(f"hook: {error}")


if __name__ == "__main__":
    run(__doc__, {**{name: lambda *to, name=name: check(name, *to) for name in CASES}, "remat": check_remat, "types": check_types,
                  "stream": check_stream, "hook": check_hook})
