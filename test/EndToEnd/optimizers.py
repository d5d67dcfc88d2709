"""Train steps of compiled models against the formulas of the papers, written in NumPy f64.

Each case trains two parameters of different shapes for some steps on changing data, and compares parameters and losses
after every step. In f64 the two agree to rounding, in f32 to a few units of it.
"""
import copy
import json
import math

import numpy as np
import symc
from cases import run

STEPS = 13
SHAPES = {"w": (5,), "v": (2, 3)}


def graph(dtype, train):
    return {
        "symc": 1, "name": "optimizer_case",
        "inputs": {"x": f"{dtype}[5]", "y": f"{dtype}[5]"},
        "parameters": {"w": f"{dtype}[5]", "v": f"{dtype}[2, 3]"},
        "nodes": [{"name": "J", "expr": "mean((x * w - y)**2) + mean(sin(v))"}],
        "outputs": {"z": "x * w"},
        "train": {"loss": "J", **train},
    }


def loss_and_gradients(p, x, y):
    e = x * p["w"] - y
    loss = np.mean(e**2) + np.mean(np.sin(p["v"]))
    return loss, {"w": 2 / 5 * e * x, "v": np.cos(p["v"]) / 6}


# ---- optimizers: state s is a dict of arrays, t counts updates from 1 ---------------------------------------------

def sgd(s, w, g, lr, t, momentum=0, nesterov=False):
    s["m"] = momentum * s.get("m", 0) + g
    return w - lr * (g + momentum * s["m"] if nesterov else s["m"])


def root(x, epsilon, inside):
    return np.sqrt(x + epsilon) if inside else np.sqrt(x) + epsilon


def adagrad(s, w, g, lr, t, initial_accumulator_value=0, epsilon=1e-10, epsilon_inside_root=False):
    s["a"] = s.get("a", initial_accumulator_value) + g**2
    return w - lr * g / root(s["a"], epsilon, epsilon_inside_root)


def rmsprop(s, w, g, lr, t, rho=0.9, momentum=0, centered=False, epsilon=1e-8, epsilon_inside_root=False):
    s["v"] = rho * s.get("v", 0) + (1 - rho) * g**2
    s["c"] = rho * s.get("c", 0) + (1 - rho) * g
    variance = s["v"] - s["c"]**2 if centered else s["v"]
    s["m"] = momentum * s.get("m", 0) + lr * g / root(variance, epsilon, epsilon_inside_root)
    return w - s["m"]


def adadelta(s, w, g, lr, t, rho=0.9, epsilon=1e-6):
    rms = lambda a: np.sqrt(a + epsilon)
    s["a"] = rho * s.get("a", 0) + (1 - rho) * g**2
    d = rms(s.get("u", 0)) / rms(s["a"]) * g
    s["u"] = rho * s.get("u", 0) + (1 - rho) * d**2
    return w - lr * d


def moments(s, g, beta_1, beta_2):
    s["m"] = beta_1 * s.get("m", 0) + (1 - beta_1) * g
    s["v"] = beta_2 * s.get("v", 0) + (1 - beta_2) * g**2
    return s["m"], s["v"]


def adam(s, w, g, lr, t, beta_1=0.9, beta_2=0.999, epsilon=1e-8, weight_decay=0, epsilon_hat=False):
    m, v = moments(s, g, beta_1, beta_2)
    if epsilon_hat:
        step = np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (np.sqrt(v) + epsilon)
    else:
        step = m / (1 - beta_1**t) / (np.sqrt(v / (1 - beta_2**t)) + epsilon)
    return w - lr * weight_decay * w - lr * step


def adamw(s, w, g, lr, t, weight_decay=0.01, **o):
    return adam(s, w, g, lr, t, weight_decay=weight_decay, **o)


def adamax(s, w, g, lr, t, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
    s["m"] = beta_1 * s.get("m", 0) + (1 - beta_1) * g
    s["u"] = np.maximum(beta_2 * s.get("u", 0), np.abs(g))
    return w - lr / (1 - beta_1**t) * s["m"] / (s["u"] + epsilon)


def nadam(s, w, g, lr, t, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
    mu = lambda i: beta_1 * (1 - 0.5 * 0.96**(i / 250))
    product = math.prod(mu(i) for i in range(1, t + 1))
    m, v = moments(s, g, beta_1, beta_2)
    estimate = mu(t + 1) * m / (1 - product * mu(t + 1)) + (1 - mu(t)) * g / (1 - product)
    return w - lr * estimate / (np.sqrt(v / (1 - beta_2**t)) + epsilon)


def lion(s, w, g, lr, t, beta_1=0.9, beta_2=0.99, weight_decay=0):
    direction = np.sign(beta_1 * s.get("m", 0) + (1 - beta_1) * g)
    s["m"] = beta_2 * s.get("m", 0) + (1 - beta_2) * g
    return w - lr * (direction + weight_decay * w)


def lamb(s, w, g, lr, t, beta_1=0.9, beta_2=0.999, epsilon=1e-6, weight_decay=0.01):
    m, v = moments(s, g, beta_1, beta_2)
    r = m / (1 - beta_1**t) / (np.sqrt(v / (1 - beta_2**t)) + epsilon) + weight_decay * w
    norms = np.linalg.norm(w), np.linalg.norm(r)
    return w - lr * (norms[0] / norms[1] if min(norms) > 0 else 1) * r


# ---- schedules: t counts updates from 0 ---------------------------------------------------------------------------

SCHEDULES = {
    "constant": lambda b, t: b,
    "step": lambda b, t, step_size, gamma=0.1: b * gamma**(t // step_size),
    "exponential": lambda b, t, decay_steps, decay_rate, staircase=False:
        b * decay_rate**(t // decay_steps if staircase else t / decay_steps),
    "cosine": lambda b, t, decay_steps, alpha=0:
        b * ((1 - alpha) * 0.5 * (1 + math.cos(math.pi * min(t, decay_steps) / decay_steps)) + alpha),
    "linear_warmup": lambda b, t, warmup_steps: b * min(1, (t + 1) / warmup_steps),
    "piecewise": lambda b, t, boundaries, values: values[sum(t >= x for x in boundaries)],
    "polynomial": lambda b, t, decay_steps, end_learning_rate=1e-4, power=1:
        (b - end_learning_rate) * (1 - min(t, decay_steps) / decay_steps)**power + end_learning_rate,
}
STANDARD_RATES = {"sgd": 0.01, "adagrad": 0.001, "rmsprop": 0.001, "adadelta": 1.0, "adam": 0.001, "adamw": 0.001,
                  "adamax": 0.002, "nadam": 0.001, "lion": 1e-4, "lamb": 0.001}


def single(entry, default):
    """The name and options of `"adam"` or `{"adam": {…}}`."""
    if entry is None:
        return default, {}
    if isinstance(entry, str):
        return entry, {}
    (name, options), = entry.items()
    return name, dict(options)


class Reference:
    def __init__(self, train, parameters):
        self.train, self.p = train, parameters
        self.state = {name: {} for name in parameters}
        self.steps, self.sums = 0, None

    def step(self, x, y):
        loss, g = loss_and_gradients(self.p, x, y)
        self.steps += 1
        every = self.train.get("accumulate_steps", 1)
        self.sums = g if self.sums is None else {n: self.sums[n] + g[n] for n in g}
        if self.steps % every:
            return loss
        g, self.sums = {n: v / every for n, v in self.sums.items()}, None
        if limit := self.train.get("clip_global_norm"):
            norm = math.sqrt(sum(np.sum(v**2) for v in g.values()))
            g = {n: v * limit / max(norm, limit) for n, v in g.items()}
        decay = self.train.get("weight_decay", 0)
        g = {n: v + decay * self.p[n] for n, v in g.items()}
        done = self.steps // every - 1
        name, options = single(self.train["optimizer"], None)
        schedule, schedule_options = single(self.train.get("learning_rate_schedule"), "constant")
        rate = SCHEDULES[schedule](options.pop("learning_rate", STANDARD_RATES[name]), done, **schedule_options)
        for n in self.p:
            self.p[n] = globals()[name](self.state[n], self.p[n], g[n], rate, done + 1, **options)
        return loss


CASES = [{"optimizer": o} for o in STANDARD_RATES] + [
    {"optimizer": {"sgd": {"learning_rate": 0.3, "momentum": 0.9}}},
    {"optimizer": {"sgd": {"learning_rate": 0.3, "momentum": 0.9, "nesterov": True}}},
    {"optimizer": {"adagrad": {"learning_rate": 0.1, "initial_accumulator_value": 0.1}}},
    {"optimizer": {"rmsprop": {"learning_rate": 0.01, "momentum": 0.5}}},
    {"optimizer": {"rmsprop": {"learning_rate": 0.01, "centered": True}}},
    {"optimizer": {"rmsprop": {"learning_rate": 0.01, "centered": True, "momentum": 0.9, "rho": 0.95}}},
    {"optimizer": {"adam": {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-4}}},
    {"optimizer": {"adamw": {"learning_rate": 0.05, "weight_decay": 0.1}}},
    # An epsilon that is large enough to tell where it stands.
    {"optimizer": {"adagrad": {"learning_rate": 0.1, "epsilon": 0.1}}},
    {"optimizer": {"adagrad": {"learning_rate": 0.1, "epsilon": 0.1, "epsilon_inside_root": True}}},
    {"optimizer": {"adagrad": {"epsilon_inside_root": True, "initial_accumulator_value": 0.1}}},
    {"optimizer": {"rmsprop": {"learning_rate": 0.01, "epsilon": 0.1, "epsilon_inside_root": False}}},
    {"optimizer": {"rmsprop": {"learning_rate": 0.01, "epsilon": 0.1, "epsilon_inside_root": True}}},
    {"optimizer": {"rmsprop": {"learning_rate": 0.01, "epsilon": 0.1, "epsilon_inside_root": True, "centered": True,
                               "momentum": 0.9}}},
    {"optimizer": {"adam": {"learning_rate": 0.05, "epsilon": 0.1}}},
    {"optimizer": {"adam": {"learning_rate": 0.05, "epsilon": 0.1, "epsilon_hat": True}}},
    {"optimizer": {"adamw": {"learning_rate": 0.05, "epsilon": 0.1}}},
    {"optimizer": {"adamw": {"learning_rate": 0.05, "epsilon": 0.1, "epsilon_hat": True}}},
    {"optimizer": {"adam": {"learning_rate": 0.05, "epsilon": 0.1, "epsilon_hat": True}}, "accumulate_steps": 3,
     "learning_rate_schedule": {"step": {"step_size": 2}}},
    {"optimizer": {"lion": {"learning_rate": 0.01, "weight_decay": 0.1}}},
    {"optimizer": {"sgd": {"learning_rate": 0.3}}, "clip_global_norm": 0.2},
    {"optimizer": {"adam": {"learning_rate": 0.05}}, "weight_decay": 0.1, "clip_global_norm": 0.3},
    {"optimizer": {"sgd": {"learning_rate": 0.3}}, "accumulate_steps": 4},
    {"optimizer": {"adam": {"learning_rate": 0.05}}, "accumulate_steps": 3, "clip_global_norm": 0.3,
     "learning_rate_schedule": {"exponential": {"decay_steps": 2, "decay_rate": 0.5}}},
] + [{"optimizer": {"sgd": {"learning_rate": 0.3}}, "learning_rate_schedule": s} for s in (
    "constant", {"step": {"step_size": 3, "gamma": 0.5}}, {"step": {"step_size": 4}},
    {"exponential": {"decay_steps": 5, "decay_rate": 0.7}},
    {"exponential": {"decay_steps": 5, "decay_rate": 0.7, "staircase": True}},
    {"cosine": {"decay_steps": 8}}, {"cosine": {"decay_steps": 20, "alpha": 0.1}},
    {"linear_warmup": {"warmup_steps": 5}}, {"piecewise": {"boundaries": [3, 7], "values": [0.3, 0.1, 0.5]}},
    {"polynomial": {"decay_steps": 8}}, {"polynomial": {"decay_steps": 10, "end_learning_rate": 0.01, "power": 2}})]


def run_case(case, dtype, folder):
    path = folder / "optimizer_case.json"
    path.write_text(json.dumps(graph(dtype, case)))
    model = symc.compile(path)
    kind = np.float64 if dtype == "f64" else np.float32
    rng = np.random.default_rng(0)
    start = {n: rng.normal(size=s).astype(kind) for n, s in SHAPES.items()}
    for name, value in start.items():
        model.parameters[name][...] = value
    reference = Reference(copy.deepcopy(case), {n: v.astype(np.float64) for n, v in start.items()})
    worst = 0.0
    for _ in range(STEPS):
        x, y = rng.normal(size=5).astype(kind), rng.normal(size=5).astype(kind)
        loss = float(np.asarray(model.train_step(x=x, y=y)["loss"]))
        expected = reference.step(x.astype(np.float64), y.astype(np.float64))
        pairs = [(loss, expected)] + [(model.parameters[n], reference.p[n]) for n in SHAPES]
        worst = max([worst] + [np.max(np.abs(np.asarray(a) - b) / (np.abs(b) + 1e-1)) for a, b in pairs])
    return worst


def check(i, dtype, bound, folder, failures):
    worst = run_case(CASES[i], dtype, folder)
    if not worst <= bound:
        failures.append(f"{dtype} {json.dumps(CASES[i])}: off by {worst:.3g}")


if __name__ == "__main__":
    # Signs (lion) turn rounding into whole steps in f32.
    kinds = {i: {"f64": 1e-11, **({"f32": 2e-5} if i % 4 == 0 else {})} for i in range(len(CASES))}
    run(__doc__, {f"{i} {dtype}": lambda *to, i=i, dtype=dtype, bound=bound: check(i, dtype, bound, *to)
                  for i, bounds in kinds.items() for dtype, bound in bounds.items()})
