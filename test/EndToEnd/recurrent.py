"""Recurrent layers in compiled models against NumPy, their gradients against central differences, in every way to compile
them (control_flow.py): recurrent.py [--only NAME]."""
import numpy as np
import symc
from cases import ANY, Suite, node, run

SUITE = Suite({"rtol": 1e-12, "atol": 1e-13}, lambda wanted: {"rtol": 2e-6, "atol": 1e-6}, step=1e-6)
TIMES = ({"t": 0}, {"t": 1}, {"t": 6})
LENGTHS = np.array([4, 0, 6])
UNITS, FEATURES = 5, 3


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def rnn_step(x, h, c, kernel, recurrent, bias, activation):
    return activation(x @ kernel + h @ recurrent + bias), c


def lstm_step(x, h, c, kernel, recurrent, bias, activation):
    i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * activation(g)
    return sigmoid(o) * activation(c), c


def gru_step(x, h, c, kernel, recurrent, bias, activation):
    """As Keras has it with reset_after."""
    bias = np.zeros((2, 1)) if np.ndim(bias) == 0 else bias
    xz, xr, xh = np.split(x @ kernel + bias[0], 3, axis=-1)
    hz, hr, hh = np.split(h @ recurrent + bias[1], 3, axis=-1)
    z = sigmoid(xz + hz)
    return z * h + (1 - z) * activation(xh + sigmoid(xr + hr) * hh), c


def unroll(step, x, kernel, recurrent, bias=0.0, h=None, c=None, lengths=None, reverse=False, activation=np.tanh):
    """The sequence and the final states."""
    batch, time, units = x.shape[0], x.shape[1], recurrent.shape[0]
    h = np.zeros((batch, units)) if h is None else h
    c = np.zeros((batch, units)) if c is None else c
    sequence = np.zeros((batch, time, units))
    for t in reversed(range(time)) if reverse else range(time):
        next_h, next_c = step(x[:, t], h, c, kernel, recurrent, bias, activation)
        runs = np.ones((batch, 1), bool) if lengths is None else (t < lengths)[:, None]
        sequence[:, t] = np.where(runs, next_h, 0)
        h, c = np.where(runs, next_h, h), np.where(runs, next_c, c)
    return sequence, h, c


STEPS = {"rnn": (rnn_step, 1, 1), "lstm": (lstm_step, 4, 2), "gru": (gru_step, 3, 1)}


def register(kind, label, names=1, bias=True, states=False, lengths=False, **attrs):
    step, gates, cells = STEPS[kind]
    inputs, parameters = {"x": f"f64[3, t, {FEATURES}]"}, {
        "K": f"f64[{FEATURES}, {gates * UNITS}]", "R": f"f64[{UNITS}, {gates * UNITS}]"}
    operands, constants = {"x": "x", "kernel": "K", "recurrent_kernel": "R"}, {}
    if bias:
        parameters["b"] = f"f64[2, {gates * UNITS}]" if kind == "gru" else f"f64[{gates * UNITS}]"
        operands["bias"] = "b"
    for state in ("h", "c")[:cells] if states else ():
        parameters[f"{state}0"], operands[f"initial_{state}"] = f"f64[3, {UNITS}]", f"{state}0"
    if lengths:
        constants["lengths"] = {"type": "i32[3]", "value": LENGTHS.tolist()}
        operands["lengths"] = "lengths"
    outputs = ["y", "h", "c"][:1 + cells if names > 1 else 1]

    def function(x, K, R, b=0.0, h0=None, c0=None):
        sequence, h, c = unroll(step, x, K, R, b, h0, c0, LENGTHS if lengths else None, attrs.get("reverse", False),
                                {"tanh": np.tanh, "softsign": lambda v: v / (1 + np.abs(v))}[attrs.get("activation", "tanh")])
        return [sequence if attrs.get("return_sequences", True) else h, h, c][:len(outputs)]
    function.__name__ = f"{kind}_{label}"
    SUITE.case(inputs, parameters, [node(outputs if names > 1 else "y", kind, operands, **attrs)], outputs, dims=ANY,
               constants=constants, sizes=TIMES)(function)


for KIND in STEPS:
    register(KIND, "plain")
    register(KIND, "without_bias", bias=False, return_sequences=False)
    register(KIND, "states", names=2, states=True, activation="softsign")
    register(KIND, "backwards", names=2, reverse=True, return_sequences=False)
    register(KIND, "lengths", names=2, states=True, lengths=True)
    register(KIND, "lengths_backwards", names=2, lengths=True, reverse=True)


def check_made(folder, failures):
    """Layers that make their parameters: names, shapes and initial values; operands by name beside made ones."""
    for kind, (step, gates, cells) in STEPS.items():
        path = folder / f"made_{kind}.json"
        path.write_text('{"symc": 1, "name": "made", "inputs": {"x": "f32[batch, t, 3]", "h0": "f32[batch, 5]"}, '
                        f'"nodes": [{{"name": "l", "op": "{kind}", "inputs": {{"x": "x", "initial_h": "h0"}}, '
                        '"attrs": {"units": 5}}, {"name": "J", "expr": "sum(l[:, -1])"}], "outputs": ["l"], '
                        '"train": {"loss": "J", "optimizer": "adam"}}')
        model = symc.compile(path)
        model.initialize(seed=1)
        kernel, recurrent, bias = (np.array(model.parameters[f"l/{n}"], float) for n in ("kernel", "recurrent_kernel", "bias"))
        if kernel.shape != (3, gates * 5) or recurrent.shape != (5, gates * 5):
            failures.append(f"{kind}: made {kernel.shape} and {recurrent.shape}")
        if not np.allclose(recurrent @ recurrent.T, np.eye(5), atol=1e-5):
            failures.append(f"{kind}: the recurrent kernel is not orthogonal")
        wanted = np.zeros((2, 15) if kind == "gru" else gates * 5)
        if kind == "lstm":
            wanted[5:10] = 1
        if not np.array_equal(bias, wanted):
            failures.append(f"{kind}: the bias begins with {bias.tolist()}")
        rng = np.random.default_rng(0)
        x, h0 = rng.normal(size=(4, 7, 3)).astype(np.float32), rng.normal(size=(4, 5)).astype(np.float32)
        got = np.array(model.predict(x=x, h0=h0)["l"])
        if not np.allclose(got, unroll(step, x, kernel, recurrent, bias, h0)[0], atol=1e-5):
            failures.append(f"{kind}: made parameters give other numbers")
        model.train_step(x=x, h0=h0)


def check_garbage(folder, failures):
    """What stands behind the end of a sequence does not reach gradients."""
    for kind in STEPS:
        path = folder / f"garbage_{kind}.json"
        path.write_text('{"symc": 1, "name": "garbage", "inputs": {"x": "f64[batch, t, 2]", "n": "i64[batch]"}, '
                        f'"nodes": [{{"name": "l", "op": "{kind}", "inputs": {{"x": "x", "lengths": "n"}}, "attrs": {{"units": 2}}}}, '
                        '{"name": "J", "expr": "mean(l * l)"}], "outputs": ["l"], "train": {"loss": "J", "optimizer": "sgd"}}')
        model = symc.compile(path)
        model.initialize(seed=1)
        x, n = np.random.default_rng(0).normal(size=(2, 4, 2)), np.array([2, 1])
        clean = {k: np.array(v) for k, v in model.gradients(x=x, n=n).items()}
        x[0, 2:], x[1, 1:] = np.nan, np.inf
        for name, gradient in model.gradients(x=x, n=n).items():
            if not np.array_equal(clean[name], gradient):
                failures.append(f"{kind}: the gradient by {name} sees what is behind the end")


if __name__ == "__main__":
    run(__doc__, {**SUITE.checks(), "made": check_made, "garbage": check_garbage})
