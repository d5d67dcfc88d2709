#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""elementwise_derivatives.py RECORDS.json CPU: derivatives of every elementwise op at special values, and powers.

Every op that has a derivative, on f32 and f64, against formulas in a wider type: at zeros, subnormals, the largest
numbers, infinities and NaN. Powers with literal exponents, integers and fractions, against C's pow and its derivative.
"""
import json
import math
import pathlib
import sys
import tempfile

import numpy as np
import symc
from elementwise_values import ATTRIBUTES, DTYPES, TYPES, compiled, erf, erfc, sigmoid, special, ulps_off

W = np.longdouble
SQRT_HALF, SQRT_TWO_PI = np.sqrt(W(0.5)), np.sqrt(2 * W(np.pi))
flat = lambda *operands: [np.zeros_like(o) for o in operands]
settled = lambda x, value, limit: np.where(np.isinf(x), limit, value)
wide = lambda f: lambda x: f(x.astype(np.float64)).astype(W)


def power_derivatives(x, y):
    return [np.where(y == 0, 0, y * np.power(x, y - 1)), np.where(x == 0, 0, np.power(x, y) * np.log(x))]


def larger(x, y):
    return [np.where(x > y, 1, np.where(x == y, .5, 0)), np.where(y > x, 1, np.where(x == y, .5, 0))]


def mish(x):
    z = np.exp(-np.abs(x))
    n = np.where(x >= 0, 1 + 2 * z, z * (z + 2))
    t = n / (n + 2 * np.where(x >= 0, z * z, 1))
    return settled(x, t + x * (1 - t * t) * sigmoid(x), t)


def gelu(x):
    cdf = wide(erfc)(-x * SQRT_HALF) / 2
    return settled(x, cdf + x * np.exp(-x * x / 2) / SQRT_TWO_PI, cdf)


def gelu_tanh(x):
    k = 2 * np.sqrt(2 / W(np.pi))
    s = sigmoid(k * (x + W(0.044715) * x**3))
    return np.where(np.abs(x) > 100, s, s + x * s * (1 - s) * k * (1 + W(0.134145) * x * x))


def silu(x):
    s = sigmoid(x)
    return settled(x, s * (1 + x * (1 - s)), s)


OVER_SQRT_PI = 2 / np.sqrt(W(np.pi))
DERIVATIVES = {
    "add": lambda x, y: [1, 1], "sub": lambda x, y: [1, -1], "mul": lambda x, y: [y, x],
    "div": lambda x, y: [1 / y, -x / y / y], "floor_div": flat, "mod": lambda x, y: [1, -(x // y)],
    "pow": power_derivatives, "maximum": larger, "minimum": lambda x, y: larger(-x, -y), "neg": lambda x: [-1],
    "abs": lambda x: [np.sign(x)], "sign": flat, "square": lambda x: [2 * x], "reciprocal": lambda x: [-1 / x / x],
    "clip": lambda x: [np.where((x == 1) | (x == 5), .5, (x > 1) & (x < 5))], "exp": lambda x: [np.exp(x)],
    "expm1": lambda x: [np.exp(x)], "log": lambda x: [1 / x], "log1p": lambda x: [1 / (1 + x)],
    "sqrt": lambda x: [.5 / np.sqrt(x)], "rsqrt": lambda x: [-.5 / np.sqrt(x) / x],
    "cbrt": lambda x: [1 / (3 * np.cbrt(x)**2)], "sin": lambda x: [np.cos(x)], "cos": lambda x: [-np.sin(x)],
    "tan": lambda x: [1 + np.tan(x)**2], "asin": lambda x: [1 / np.sqrt((1 - x) * (1 + x))],
    "acos": lambda x: [-1 / np.sqrt((1 - x) * (1 + x))], "atan": lambda x: [1 / (1 + x * x)],
    "atan2": lambda x, y: [y / (x * x + y * y), -x / (x * x + y * y)], "sinh": lambda x: [np.cosh(x)],
    "cosh": lambda x: [np.sinh(x)], "tanh": lambda x: [1 / np.cosh(x)**2], "asinh": lambda x: [1 / np.sqrt(1 + x * x)],
    "acosh": lambda x: [1 / (np.sqrt(x - 1) * np.sqrt(x + 1))], "atanh": lambda x: [1 / ((1 - x) * (1 + x))],
    "erf": lambda x: [OVER_SQRT_PI * np.exp(-x * x)], "erfc": lambda x: [-OVER_SQRT_PI * np.exp(-x * x)], "floor": flat,
    "ceil": flat, "round": flat, "trunc": flat, "where": lambda c, x, y: [c, ~c], "select": lambda c, x, y: [c, ~c],
    "cast": lambda x: [1], "relu": lambda x: [x > 0], "relu6": lambda x: [(x > 0) & (x < 6)],
    "leaky_relu": lambda x: [np.where(x > 0, 1, .01)], "elu": lambda x: [np.where(x > 0, 1, np.exp(x))],
    "selu": lambda x: [np.where(x > 0, 1.0507009873554804934, 1.7580993408473768599 * np.exp(x))],
    "celu": lambda x: [np.where(x > 0, 1, np.exp(x))], "softplus": lambda x: [sigmoid(x)],
    "softsign": lambda x: [1 / (1 + np.abs(x))**2], "sigmoid": lambda x: [sigmoid(x) * sigmoid(-x)],
    "hard_sigmoid": lambda x: [np.where((x > -3) & (x < 3), W(1) / 6, 0)], "silu": lambda x: [silu(x)],
    "hard_swish": lambda x: [np.where(x <= -3, 0, np.where(x >= 3, 1, x / 3 + .5))], "mish": lambda x: [mish(x)],
    "gelu": lambda x: [gelu(x)], "gelu approximate=true": lambda x: [gelu_tanh(x)],
    "prelu": lambda x, a: [np.where(x > 0, 1, a), np.where(x > 0, 0, x)],
}
# What a derivative made of the result loses where that is near 1, in units of 1; and where two terms cancel.
LOSSES = {"tanh": 1, "sigmoid": 1, "gelu": 16, "gelu approximate=true": 16, "mish": 4, "silu": 4}
EXPONENTS = ["-10", "-7", "-3", "-2", "-1", "0", "1", "2", "3", "4", "5", "8", "9", "20", "2.0", "-2.0", "0.5", "-0.5",
             "1.5", "-1.5", "0.1", "-0.1", "(1 / 3)", "2.5", "1e-3", "100.0", "-3.0", "33.0"]


class Derivative:
    def __init__(self, op, attributes, kinds, element):
        self.op, self.attributes, self.kinds, self.element = op, attributes, kinds, element
        self.name = f"{op}_{element}" + "".join(c if c.isalnum() else "_" for c in attributes)

    def operands(self):
        """Values of the operands: pairs of special values, where there are two floating ones."""
        values = special(DTYPES[self.element])
        floating = sum(k != "Sym_BoolTensor" for k in self.kinds)
        index = np.arange(len(values)**2 if floating > 1 else len(values))
        arrays, turn = [], 0
        for kind in self.kinds:
            if kind == "Sym_BoolTensor":
                arrays.append(index % 3 == 0)
            else:
                arrays.append(values[index // len(values)**turn % len(values)])
                turn += 1
        return arrays

    def counted(self, operands):
        """Where the derivative is one that formulas tell."""
        counts = np.ones(len(operands[0]), bool)
        if self.op in ("atan2", "pow", "mod"):
            for o in operands:
                counts &= np.isfinite(o)
        if self.op == "atanh":
            counts &= np.abs(operands[0]) <= 1
        if self.op == "pow":  # the exponent less one is a number of the type, or near enough
            x, y = operands
            with np.errstate(all="ignore"):
                fraction = np.abs(y - np.rint(y))
            counts &= (np.abs(y) < 2**20) & ((y == 0) | (np.abs(y) > 1e-4))
            counts &= (x >= 0) | (fraction == 0) | (fraction > .01)
        return counts


def differentiable(records):
    found = []
    for record in records.values():
        if isinstance(record, dict) and record.get("importable") == 1 and record.get("gradient") and \
                "Sym_Elementwise" in record.get("!superclasses", []):
            kinds = [a[0]["def"] for a in record["arguments"]["args"] if a[0]["def"] in TYPES]
            for element in ("f32", "f64"):
                for attributes in ATTRIBUTES.get(record["opName"], [""]):
                    if record["opName"] != "cast" or attributes[7:10] in ("f32", "f64"):
                        found.append(Derivative(record["opName"], attributes, kinds, element))
    return found


def close(got, want, losses):
    """Within rounding, or a few of the smallest numbers, or with what may be lost of 1."""
    info = np.finfo(got.dtype)
    with np.errstate(all="ignore"):
        rounded = want.astype(got.dtype)
        bound = 1e3 * info.eps * np.abs(want) + 300 * W(info.smallest_subnormal) + losses * info.eps
        good = (np.abs(got.astype(W) - want) <= bound) | (got == rounded) | (np.isnan(got) & np.isnan(want))
        # Near the largest number either side may be infinite.
        edge = np.abs(want) > W(info.max) * (1 - 1e3 * info.eps)
        return good | (edge & (np.abs(got) > info.max * (1 - 1e3 * info.eps)) & (np.signbit(got) == np.signbit(want)))


def check_derivatives(records, cpu, folder):
    all_cases = differentiable(records)
    graph = {"symc": 1, "name": "derivatives", "inputs": {}, "parameters": {}, "nodes": [], "outputs": ["total"]}
    operands, terms = {}, {"f32": [], "f64": []}
    for case in all_cases:
        names = []
        for i, (kind, value) in enumerate(zip(case.kinds, case.operands())):
            names.append(f"{case.name}_{'xyz'[i]}")
            operands[names[-1]] = value
            section = "inputs" if kind == "Sym_BoolTensor" else "parameters"
            graph[section][names[-1]] = f"{'bool' if kind == 'Sym_BoolTensor' else case.element}[{len(value)}]"
        call = f"{case.op}({', '.join(names + [case.attributes] * bool(case.attributes))})"
        result = case.attributes[7:10] if case.op == "cast" else case.element
        terms[result].append(f"sum({call})")
    powers = {f"power{i}_{t}": (t, e) for i, e in enumerate(EXPONENTS) for t in ("f32", "f64")}
    for name, (element, exponent) in powers.items():
        operands[name] = special(DTYPES[element])
        graph["parameters"][name] = f"{element}[{len(operands[name])}]"
        graph["nodes"].append({"name": f"{name}_value", "expr": f"{name} ** {exponent}"})
        graph["outputs"].append(f"{name}_value")
        terms[element].append(f"sum({name}_value)")
    graph["nodes"] += [{"name": f"total_{t}", "expr": " + ".join(terms[t])} for t in terms]
    graph["nodes"].append({"name": "total", "expr": "cast(total_f32, 'f64') + total_f64"})
    graph["train"] = {"loss": "total", "optimizer": "sgd"}
    model = compiled(graph, cpu, folder, functions=["predict", "gradients"])
    for name in graph["parameters"]:
        model.parameters[name][...] = operands[name]
    inputs = {name: operands[name] for name in graph["inputs"]}
    gradients = model.gradients(**inputs)
    predicted = model.predict(**inputs)

    failures = []

    def compare(title, at, good, got, want):
        if not good.all():
            k = int(np.argmin(good))
            failures.append(f"{title} at {', '.join(repr(o[k]) for o in at)} is {got[k]!r}, not {float(want[k])!r} "
                            f"({np.count_nonzero(~good)} of {good.size})")

    for case in all_cases:
        values = case.operands()
        function = DERIVATIVES.get(f"{case.op} {case.attributes}", DERIVATIVES[case.op])
        with np.errstate(all="ignore"):
            formulas = function(*[v if v.dtype == np.bool_ else v.astype(W) for v in values])
        floating = [i for i, kind in enumerate(case.kinds) if kind != "Sym_BoolTensor"]
        for i, formula in zip(floating, formulas):
            name = f"{case.name}_{'xyz'[i]}"
            got = np.asarray(gradients[name])
            want = np.broadcast_to(np.asarray(formula, W), got.shape)
            losses = LOSSES.get(f"{case.op} {case.attributes}".strip(), 0)
            compare(f"d {name}", values, close(got, want, losses) | ~case.counted(values), got, want)
    for name, (element, exponent) in powers.items():
        x, got, slope = operands[name], np.asarray(predicted[f"{name}_value"]), np.asarray(gradients[name])
        n = DTYPES[element](eval(exponent)) if set("/.e") & set(exponent) else W(int(exponent))
        n = n.astype(W)
        with np.errstate(all="ignore"):
            want = np.power(x.astype(W), n)
            compare(f"x ** {exponent} of {element}", [x], ulps_off(got, want) <= max(4.5, abs(float(n)) / 2), got, want)
            want = np.zeros_like(want) if n == 0 else n * np.power(x.astype(W), n - 1)
            compare(f"d x ** {exponent} of {element}", [x], close(slope, want, 0), slope, want)
    print(f"{len(all_cases)} derivatives of {len({case.op for case in all_cases})} ops, {len(powers)} powers")
    return failures


def main():
    records = json.loads(pathlib.Path(sys.argv[1]).read_text())
    with tempfile.TemporaryDirectory() as folder:
        failures = check_derivatives(records, sys.argv[2], folder)
    for failure in failures[:60]:
        print(failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
