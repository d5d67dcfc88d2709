"""`grad` in compiled models against NumPy: grad.py [--only NAME]."""
import json
import pathlib
import re

import numpy as np
import symc
from cases import Suite, differences, exprs, named, node, run, values_of

SUITE = Suite({"rtol": 1e-11, "atol": 1e-12},
              lambda wanted: {"rtol": 1e-6, "atol": 1e-7 * max(1, np.abs(wanted).max())}, step=1e-5)
case = SUITE.case


# ---- several variables at once ------------------------------------------------------------------------------------

@case({"x": "f64[batch, 3]"}, {"w": "f64[3]"},
      exprs(h="x * w + k", y="sum(h ** 3)") + [node(["gx", "gw", "gk", "gh"], "grad", ["y", "x", "w", "k", "h"])],
      ["gx", "gw", "gk", "gh"], constants={"k": {"type": "f64[3]", "value": [0.5, -1, 2]}}, sizes=({"batch": 4},) * 2)
def inputs_parameters_constants_and_nodes(x, w):
    gh = 3 * (x * w + np.array([0.5, -1, 2])) ** 2
    return gh * w, np.sum(gh * x, 0), np.sum(gh, 0), gh


@case({"x": "f64[3]"}, {"w": "f64[3]"},
      exprs(y="sum(w * exp(x))", g="grad(y, x)", gg="grad(sum(g * g), x)", g3="grad(sum(gg * x), w)"), ["g", "gg", "g3"])
def three_deep(x, w):
    e = np.exp(x)
    return w * e, 2 * w * w * e * e, 4 * w * e * e * x


@case({"x": "f64[4]"}, {"w": "f64[4]"}, exprs(y="sum(x)", g="grad(y, w) + w", itself="grad(y, y) * sum(w)"), ["g", "itself"])
def what_it_does_not_depend_on_and_itself(x, w):
    return w, np.sum(w)


# ---- what the derivative is by is a value of its own ---------------------------------------------------------------

@case({"x": "f64[3]"}, {"w": "f64[3]"}, exprs(b="x", c="tile(x, reps=[1])", y="sum(w * x * b * b * c * c * c)") +
      [node(["gx", "gb", "gc"], "grad", ["y", "x", "b", "c"])], ["gx", "gb", "gc"])
def nodes_that_only_rename(x, w):
    return 6 * w * x ** 5, 2 * w * x ** 5, 3 * w * x ** 5


@case({"x": "f64[3]"}, {"w": "f64[3]"}, exprs(g="f(x, x) * w", h="same(x)", y="sum(h * x * w)", gh="grad(y, h)"), ["g", "gh"],
      functions={"f": {"inputs": ["a", "b"], "nodes": exprs(y="sum(a * b * b)", g="grad(y, b)"), "outputs": ["g"]},
                 "same": {"inputs": ["a"], "outputs": ["a"]}})
def inputs_of_functions(x, w):
    return 2 * x * x * w, x * w


@case({"x": "f64[3]"}, {"w": "f64[3]"},
      exprs(a="x * w", b="x + w", y="sum(a + b)") + [node(["ga", "gb"], "grad", ["y", "a", "b"])] +
      exprs(z="sum((ga + x) * gb * gb)", gz="grad(z, ga) * w"), ["gz"])
def derivatives_that_are_equal(x, w):
    return (w,)


@case({"x": "f64[3]"}, {"w": "f64[3]"}, exprs(h="dropout(x, rate=0.5)", y="sum(h * x * w)", g="grad(y, h)", J0="sum(w)"), ["g"],
      trains=False)  # other numbers than in `predict`
def a_dropped_node_in_inference(x, w):
    return (x * w,)


# ---- uses ----------------------------------------------------------------------------------------------------------

@case({"x": "f64[5]", "v": "f64[5]"}, {"A": "f64[4, 5]"}, exprs(f="logsumexp(A @ x)", hv="grad(sum(grad(f, x) * v), x)"), ["hv"])
def hessian_times_vector(x, v, A):
    p = np.exp(A @ x - np.max(A @ x))
    p /= p.sum()
    return (A.T @ ((np.diag(p) - np.outer(p, p)) @ (A @ v)),)


@case({"t": "f64[batch, 1]"}, {"W": "f64[1, 6]", "b": "f64[6]", "v": "f64[6, 1]"},
      exprs(u="tanh(t @ W + b) @ v", du="grad(sum(u), t)", ddu="grad(sum(du), t)", residual="mean((ddu + u) ** 2)"),
      ["residual", "ddu"], sizes=({"batch": 7},) * 2)
def physics_informed(t, W, b, v):
    z = np.tanh(t @ W + b)
    u, ddu = z @ v, (-2 * z * (1 - z * z) * W * W) @ v
    return np.mean((ddu + u) ** 2), ddu


@case({"real": "f64[batch, 4]", "fake": "f64[batch, 4]", "mix": "f64[batch, 1]"},
      {"W": "f64[4, 8]", "b": "f64[8]", "v": "f64[8, 1]"},
      exprs(hat="mix * real + (1 - mix) * fake", g="grad(sum(critic(hat)), hat)", penalty="mean((norm(g, axis=1) - 1) ** 2)",
            loss="mean(critic(fake)) - mean(critic(real)) + 10 * penalty"), ["loss"],
      functions={"critic": {"inputs": ["x"], "outputs": ["tanh(x @ W + b) @ v"]}}, sizes=({"batch": 6},) * 2)
def gradient_penalty(real, fake, mix, W, b, v):
    critic = lambda x: np.tanh(x @ W + b) @ v
    hat = mix * real + (1 - mix) * fake
    g = ((1 - np.tanh(hat @ W + b) ** 2) * v.T) @ W.T
    penalty = np.mean((np.sqrt(np.sum(g * g, 1)) - 1) ** 2)
    return (np.mean(critic(fake)) - np.mean(critic(real)) + 10 * penalty,)


@case({"x": "f64[3]"}, {"a": "f64[3]"},
      exprs(y="sum(exp(x) - a * x + 0.25 * x ** 4)", g="grad(y, x)", h="grad(sum(g), x)", next="x - g / h"), ["next"])
def newton_step(x, a):
    return (x - (np.exp(x) - a + x ** 3) / (np.exp(x) + 3 * x ** 2),)


# ---- in functions and bodies ---------------------------------------------------------------------------------------

DESCENT = {"energy": {"inputs": ["h", "r"], "outputs": ["sum(cos(h * w) + 0.5 * (h - r) ** 2)"]},
           "step": {"inputs": ["h", "r"], "nodes": exprs(e="energy(h, r)", g="grad(e, h)", n="h - 0.1 * g"),
                    "outputs": ["n", "e"]}}


def descend(h, r, w):
    return h - 0.1 * (-w * np.sin(h * w) + h - r), np.sum(np.cos(h * w) + 0.5 * (h - r) ** 2)


@case({"x": "f64[t, 3]", "h0": "f64[3]"}, {"w": "f64[3]"},
      [node(["last", "energies"], "scan", ["h0", "x"], body="step", carries=1)],
      ["last", "energies"], functions=DESCENT, sizes=({"t": 5},) * 2)
def descent_in_a_scan(x, h0, w):
    h, energies = h0, []
    for r in x:
        h, e = descend(h, r, w)
        energies.append(e)
    return h, np.array(energies)


@case({"x": "f64[3]"}, {"w": "f64[3]"},
      [node("y", "while", ["x"], cond="far", body="nearer", max_iterations=9)], ["y"],
      functions={"potential": {"inputs": ["v"], "outputs": ["sum(0.5 * v * v + sin(v * w))"]},
                 "far": {"inputs": ["v"], "nodes": exprs(p="potential(v)", g="grad(p, v)"), "outputs": ["sum(g * g) > 0.01"]},
                 "nearer": {"inputs": ["v"], "nodes": exprs(p="potential(v)", g="grad(p, v)"), "outputs": ["v - 0.3 * g"]}})
def descent_until_it_is_flat(x, w):
    v = x
    for _ in range(9):
        g = v + w * np.cos(v * w)
        if np.sum(g * g) <= 0.01:
            break
        v = v - 0.3 * g
    return (v,)


@case({"x": "f64[3]", "s": "f64[]"}, {"w": "f64[3]"},
      exprs(p="s > 0.0") + [node("y", "cond", ["p", "x"], true_fn="cubed", false_fn="squared")], ["y"],
      functions={"cubed": {"inputs": ["v"], "nodes": exprs(y="sum(w * v ** 3)", g="grad(y, v)"), "outputs": ["g * w"]},
                 "squared": {"inputs": ["v"], "nodes": exprs(y="sum(w * w * v ** 2)", g="grad(y, w)"), "outputs": ["g"]}})
def derivatives_in_branches(x, s, w):
    return (3 * w * w * x * x if s > 0 else 2 * w * x * x,)


@case({"x": "f64[t]", "s": "f64[]"}, {"a": "f64[]"},
      [node("last", "scan", ["s", "x"], body="step", carries=1)] + exprs(g="grad(last, a)", gg="grad(g, s)"), ["g", "gg"],
      functions={"step": {"inputs": ["h", "r"], "outputs": ["sin(h * a) + r"]}}, sizes=({"t": 4},) * 2)
def second_derivative_through_a_loop(x, s, a):
    h, ha, hs, has = s, 0.0, 1.0, 0.0  # and its derivatives by a, by s, by both
    for r in x:
        c, z = np.cos(h * a), -np.sin(h * a)
        h, ha, hs, has = (np.sin(h * a) + r, c * (ha * a + h), c * hs * a,
                          z * (hs * a) * (ha * a + h) + c * (has * a + hs))
    return ha, has


@case({"x": "f64[4]"}, {"w": "f64[4]"},
      [node("y", "while", ["x"], cond="more", body="grow", max_iterations=6)] + exprs(g="grad(sum(y * y), x)"), ["g"],
      functions={"more": {"inputs": ["v"], "outputs": ["sum(v * v) < 50.0"]}, "grow": {"inputs": ["v"], "outputs": ["v * v * w + 1.0"]}})
def derivative_of_a_while(x, w):
    v, d = x, np.ones(4)
    for _ in range(6):
        if np.sum(v * v) >= 50:
            break
        v, d = v * v * w + 1, 2 * v * w * d
    return (2 * v * d,)


# ---- comparison ----------------------------------------------------------------------------------------------------

def check_step(folder, failures):
    """A step of gradient descent on a gradient penalty, with the parameters that NumPy's differences give."""
    case = SUITE.cases["gradient_penalty"]
    graph = {**case["graph"], "train": {"loss": "loss", "optimizer": {"sgd": {"learning_rate": 0.125}}}}
    path = folder / "penalty.json"
    path.write_text(json.dumps(graph))
    model, values = symc.compile(path), values_of(case, case["sizes"][0], np.random.default_rng(5))
    for parameter in graph["parameters"]:
        model.parameters[parameter] = values[parameter]
    loss = float(np.array(model.train_step(**{n: values[n] for n in graph["inputs"]})["loss"]))
    if not np.isclose(loss, case["function"](**values)[0], rtol=1e-12):
        failures.append(f"penalty: a loss of {loss}")
    for parameter in graph["parameters"]:
        wanted = values[parameter] - 0.125 * differences(case, values, parameter, SUITE.step) / 1.5
        if not np.allclose(model.parameters[parameter], wanted, rtol=1e-7, atol=1e-8):
            failures.append(f"penalty: {parameter} is {np.array(model.parameters[parameter])}, not {wanted}")


def check_modes(folder, failures):
    """In a training step the derivative is that of the masks of the step; in `predict` there are none."""
    graph = {"symc": 1, "name": "modes", "inputs": {"x": "f64[64]"}, "parameters": {"w": {"type": "f64[64]", "init": "ones"}},
             "nodes": exprs(h="dropout(x * w, rate=0.5)", y="sum(h * h)", g="grad(y, x)", J="sum(g)"),
             "outputs": ["g"], "train": {"loss": "J", "optimizer": "sgd"}}
    path = folder / "modes.json"
    path.write_text(json.dumps(graph))
    model = symc.compile(path)
    model.initialize(seed=3)
    x = np.arange(64.0) + 1
    if not np.array_equal(named(model.predict(x=x))["g"], 2 * x):
        failures.append("modes: `predict` drops")
    gradient = np.array(named(model.gradients(x=x))["w"])  # 2 · d(x w²)/dw · 4 where it is kept
    if not np.all((gradient == 0) | (gradient == 16 * x)) or not 16 < np.count_nonzero(gradient) < 48:
        failures.append(f"modes: gradients of {gradient.tolist()}")


def check_types(folder, failures):
    """Each result has the type of what it is by; f16 and bf16 compute in f32."""
    for kind in ("f16", "bf16", "f32"):
        graph = {"symc": 1, "name": "types", "inputs": {"x": f"{kind}[5]", "v": "f64[5]"},
                 "nodes": exprs(y="sum(cast(x, 'f64') * v * v)") + [node(["gx", "gv"], "grad", ["y", "x", "v"])] +
                 exprs(z="sum(x * x * x)", hx="grad(sum(grad(z, x)), x)", wide="cast(gx, 'f32')", half="cast(hx, 'f32')"),
                 "outputs": ["wide", "gv", "half"]}
        path = folder / f"types{kind}.json"
        path.write_text(json.dumps(graph))
        x, v = np.array([1, -2, 0.5, 3, 4], np.float32), np.arange(5.0)
        given = x.astype(np.float16) if kind == "f16" else x
        if kind == "bf16":
            given = (x.view(np.uint32) >> 16).astype(np.uint16)
        try:
            got = named(symc.compile(path).predict(x=given, v=v))
        except TypeError:  # NumPy has no bf16
            continue
        for name, wanted in (("wide", v * v), ("gv", 2 * x * v), ("half", 6 * x)):
            if not np.array_equal(np.asarray(got[name], float), wanted):
                failures.append(f"types: {name} of {kind} is {np.asarray(got[name]).tolist()}")


def check_batch_norm(folder, failures):
    """The second derivative with the statistics of a training step, which `predict` does not have: against central differences
    of the loss that `train_step` gives at a rate of 0."""
    fixed = {name: {"type": "f64[3]", "init": "ones", "trainable": False} for name in ("mean", "variance")}
    graph = {"symc": 1, "name": "norm", "inputs": {"w": "f64[6, 3]"},
             "parameters": {"x": "f64[6, 3]", "gamma": "f64[3]", "beta": "f64[3]", **fixed},
             "nodes": exprs(y="batch_norm(x, gamma, beta, mean, variance)", f="sum(sin(y * w))") +
             [node(["gx", "gg"], "grad", ["f", "x", "gamma"])] + exprs(J="sum(sin(gx * w) + gx * gx) + sum(gg * gg)"),
             "outputs": ["y"], "train": {"loss": "J", "optimizer": {"sgd": {"learning_rate": 0.0}}}}
    path = folder / "norm.json"
    path.write_text(json.dumps(graph))
    model, rng = symc.compile(path), np.random.default_rng(2)
    values = {"x": rng.normal(size=(6, 3)), "gamma": rng.normal(size=3), "beta": rng.normal(size=3)}
    w = rng.normal(size=(6, 3))

    def loss(moved):
        for name, value in {**values, **moved}.items():
            model.parameters[name] = value
        return float(np.array(model.train_step(w=w)["loss"]))
    loss({})
    gradients = named(model.gradients(w=w))
    for name, value in values.items():
        wanted = np.zeros(value.shape)
        for index in np.ndindex(*value.shape):
            step = np.zeros(value.shape)
            step[index] = 1e-5
            wanted[index] = (loss({name: value + step}) - loss({name: value - step})) / 2e-5
        if not np.any(wanted) or not np.allclose(gradients[name], wanted, rtol=1e-6, atol=1e-6 * np.abs(wanted).max()):
            failures.append(f"batch_norm: the gradient by {name} is {gradients[name].tolist()}, not {wanted.tolist()}")


def check_docs(folder, failures):
    """The example of docs/training.md and its numbers."""
    text = (pathlib.Path(__file__).parents[2] / "docs" / "training.md").read_text()
    graph = text[text.index("## Derivatives in the graph"):].split("```json\n")[1].split("```")[0]
    said = re.search(r"at x = (\[.*?\]) and v = (\[.*?\]), `g` is (\[.*?\]) and `hv` is (\[.*?\])", text)
    x, v, g, hv = (np.array(json.loads(numbers), float) for numbers in said.groups())
    path = folder / "second.json"
    path.write_text(graph)
    got = named(symc.compile(path).predict(x=x, v=v))
    if not np.array_equal(got["g"], g) or not np.array_equal(got["hv"], hv):
        failures.append(f"docs: {got}")


if __name__ == "__main__":
    run(__doc__, {**SUITE.checks(), "step": check_step, "modes": check_modes, "types": check_types, "batch_norm": check_batch_norm,
                   "docs": check_docs})
