"""Functions that take one step at a time, against the function of all steps: the same numbers, in any number of sequences
between which the model is reset, beside other calls of the same instance."""
import json
import os
import pathlib
import subprocess

import numpy as np
import symc
from cases import compiled, named, node, run

F, U, T = 3, 8, 9
CASES = {}


def graph(nodes, inputs=None, parameters=None, functions=None, output="y", **more):
    return {"symc": 1, "name": "streamed", "inputs": inputs or {"x": f"f32[1, time, {F}]"}, "parameters": parameters or {},
            "functions": functions or {}, "nodes": nodes, "outputs": {"y": output},
            "entry_points": {"step": {"outputs": {"y": output}, "stream": "time"}}, **more}


def case(name, nodes, **sections):
    CASES[name] = graph(nodes, **sections)


for KIND in ("rnn", "lstm", "gru"):
    case(KIND, [node("l", KIND, ["x"], units=U), node("y", "dense", ["l"], units=2)])
case("two_layers", [node("a", "lstm", ["x"], units=U), node("b", "gru", ["a"], units=U), {"name": "y", "expr": "tanh(b) + a"}])
case("bounded", [node("l", "lstm", ["x"], units=U), {"name": "y", "expr": "dense(reshape(l, [batch, -1, 8]), units=2)"}],
     inputs={"x": f"f32[batch, time, {F}]"}, dims={"batch": {"min": 2, "max": 2}})
case("last_state", [{"name": ["s", "h", "c"], "op": "lstm", "inputs": ["x"], "attrs": {"units": U}}], output="h * 2.0 + c")
case("initial_state", [{"name": "y", "op": "gru", "inputs": {"x": "x", "initial_h": "h0"}, "attrs": {"units": U}}],
     parameters={"h0": {"type": f"f32[1, {U}]", "init": "ones"}})
case("lengths", [{"name": "y", "op": "rnn", "inputs": {"x": "x", "lengths": "n"}, "attrs": {"units": U}}],
     constants={"n": {"type": "i64[1]", "value": [4]}})
case("causal_conv", [node("c", "conv1d", ["x"], filters=4, kernel_size=3, padding=[[2, 0]], activation="relu"),
                     node("y", "conv1d", ["c"], filters=2, kernel_size=2, dilations=3, padding=[[3, 0]])])
case("padded_conv", [node("p", "pad", ["x"], pad_width=[[0, 0], [3, 0], [0, 0]], constant_values=0.5),
                     node("y", "conv1d", ["p"], filters=4, kernel_size=4)])
case("wavenet", [node("a", "conv1d", ["x"], filters=F, kernel_size=2, dilations=1, padding=[[1, 0]], activation="tanh"),
                 node("b", "conv1d", ["a"], filters=F, kernel_size=2, dilations=2, padding=[[2, 0]], activation="tanh"),
                 {"name": "y", "expr": "layer_norm(x + a + b)"}])
case("scan", [{"name": ["last", "y"], "op": "scan", "inputs": ["h0", "x"], "attrs": {"body": "f", "carries": 1}}],
     inputs={"x": f"f32[time, {F}]"}, parameters={"a": {"type": f"f32[{F}]", "init": {"normal": {"stddev": 0.5}}}},
     constants={"h0": {"type": f"f32[{F}]", "value": [1.0, -2.0, 0.5]}},
     functions={"f": {"inputs": ["h", "v"], "nodes": [{"name": "n", "expr": "a * h + v"}], "outputs": ["n", "n * n"]}})
case("unread_carry", [{"name": ["last", "y"], "op": "scan", "inputs": ["h0", "x"], "attrs": {"body": "f", "carries": 1}}],
     inputs={"x": f"f32[time, {F}]"}, parameters={"h0": f"f32[{F}]"},
     functions={"f": {"inputs": ["h", "v"], "nodes": [], "outputs": ["v", "v * 2.0"]}})
case("positions", [{"name": "t", "expr": "cast(iota(shape=['time'], axis=0), 'f32')"}, {"name": "y", "expr": "x * reshape(t, [1, 'time', 1])"}])
case("embedding", [node("e", "embedding", ["i"], input_dim=7, output_dim=4), node("l", "lstm", ["e"], units=U),
                   {"name": "y", "expr": "softmax(l)"}], inputs={"i": "i64[1, time]"})

REFUSED = {
    "mean": ([{"name": "y", "expr": "x - mean(x, axis=1, keepdims=True)"}], "it takes all steps together"),
    "other_axis": ([{"name": "y", "expr": "cumsum(x, axis=-1)"}], "the function of the library that computes it"),
    "running_sum": ([{"name": "y", "expr": "cumsum(x, axis=1)"}], "the function of the library that computes it"),
    "sorted": ([{"name": "y", "expr": "sort(x)"}], "'y' cannot be computed one step of 'time' at a time: the function of the library"),
    "same_padding": ([node("y", "conv1d", ["x"], filters=4, kernel_size=3, padding="same")], "must end with the step itself"),
    "backwards": ([node("y", "lstm", ["x"], units=U, reverse=True)], "it begins with the last step"),
    "attention": ([{"name": "y", "expr": "attention(x, x, x)"}], "its operands are of different steps"),
    "shifted": ([{"name": "y", "expr": "x[:, 1:] - x[:, :-1]"}], "step"),
    "end_of_all": ([{"name": ["s", "h"], "op": "rnn", "inputs": ["x"], "attrs": {"units": U}},
                    {"name": "y", "expr": "s + expand_dims(h, 1)"}], "the end of all steps"),
    "mixed": ([{"name": "y", "expr": "reshape(x, [3, 'time'])"}], "it mixes steps with other axes"),
    "merged": ([{"name": "y", "expr": "reshape(x, [-1])"}], "more than one step"),
    "product_with_end": ([{"name": ["s", "h"], "op": "gru", "inputs": ["x"], "attrs": {"units": U}},
                          {"name": "y", "expr": "s @ transpose(h)"}], "the end of all steps"),
    "count": ([{"name": "y", "expr": "x / cast(iota(shape=['time'])[-1], 'f32')"}], "step"),
}


def steps_of(model, x, axis, start=0):
    rows = []
    for t in range(start, x.shape[axis]):
        row = np.take(x, t, axis=axis)
        rows.append(named(model.step(np.ascontiguousarray(row)))["y"])
    return rows


def check(name, folder, failures):
    path = folder / f"{name}.json"
    path.write_text(json.dumps(CASES[name]))
    rng = np.random.default_rng(1)
    for flags in ((), ("-O0",), ("--debug-fusion", "off")):
        model = symc.Model(compiled(path, flags))
        model.initialize(seed=4)
        (key, text), = CASES[name]["inputs"].items()
        sizes = text[text.index("[") + 1:-1].split(", ")
        known = {dim: bound["min"] for dim, bound in CASES[name].get("dims", {}).items()}
        axis, shape = sizes.index("time"), [T if s == "time" else known.get(s) or int(s) for s in sizes]
        for sequence in range(2):
            x = rng.integers(0, 7, shape) if text.startswith("i64") else rng.normal(size=shape).astype(np.float32)
            whole = named(model.predict(**{key: x}))["y"]
            got = steps_of(model, x, axis)
            # A result without time, whose size no other axis has, is that of all steps.
            wanted = [np.take(whole, t, axis=axis) for t in range(T)] if T in whole.shape else [whole]
            got = got[-len(wanted):]
            # Products of one row may be summed in another order than those of many.
            if any(g.shape != w.shape or not np.allclose(g, w, rtol=1e-5, atol=1e-6) for g, w in zip(got, wanted)):
                failures.append(f"{name} {flags}: sequence {sequence} differs: {np.array(got).tolist()} and {np.array(wanted).tolist()}")
            model.reset()


def check_refused(name, folder, failures):
    nodes, said = REFUSED[name]
    path = folder / f"{name}.json"
    path.write_text(json.dumps(graph(nodes)))
    result = subprocess.run([os.environ["SYMC"], "compile", str(path), "-o", str(path.with_suffix(".so"))], text=True,
                            capture_output=True)
    if result.returncode != 1 or "S0712" not in result.stderr or said not in result.stderr:
        failures.append(f"{name}: {result.returncode} {result.stderr}")


def check_document(folder, failures):
    """The example of docs/recurrent.md."""
    text = (pathlib.Path(__file__).parents[2] / "docs" / "recurrent.md").read_text()
    example, = [block for block in text.split("```json\n") if block.startswith('{ "symc"')]
    path = folder / "listener.json"
    path.write_text(example.split("```")[0])
    model = symc.compile(path)
    model.initialize(seed=2)
    x = np.random.default_rng(0).normal(size=(1, 7, 4)).astype(np.float32)
    whole, got = named(model.predict(x=x))["y"], np.stack(steps_of(model, x, 1), axis=1)
    if got.shape != whole.shape or not np.allclose(got, whole, atol=1e-5):
        failures.append(f"document: {got} and {whole}")


if __name__ == "__main__":
    run(__doc__, {**{name: lambda *to, name=name: check(name, *to) for name in CASES},
                  **{name: lambda *to, name=name: check_refused(name, *to) for name in REFUSED}, "document": check_document})
