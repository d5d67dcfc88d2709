#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""elementwise_folding.py RECORDS.json: what is known at compile time has the value that it would have at run time.

Every elementwise op on literals alone against the same op on tensors. Then expressions that algebra would simplify:
they are computed as they are written, at every level of optimization, with sizes known and unknown.
"""
import itertools
import json
import pathlib
import sys
import tempfile
from random import Random

import numpy as np
import symc
from elementwise_values import cases, compiled, special

REALS = ["1", "0.1", "-5.5", "5.5", "2.0", "0.5", "-0.0", "inf", "-inf", "nan", "3e300", "-1e-300", "7.0", "1e-3"]
INTEGERS = ["0", "1", "2", "-1", "-7", "7", "3", "31", "64", "9007199254740993", "9223372036854775807", "4294967296"]


def literal_calls(records):
    """The op, the call, and the literals in it; a part of all pairs."""
    found, random = [], Random(11)
    for case in cases(records):
        element = case.types[-1]
        # A cast says what a literal is; on integers alone a function that takes floating numbers gives one.
        if case.op == "cast" or element not in ("f64", "i64", "bool"):
            continue
        pools = [{"f64": REALS, "i64": INTEGERS, "bool": ["True", "False"]}[t] for t in case.types]
        choices = list(itertools.product(*pools))
        if len(choices) > 14:
            choices = random.sample(choices, 14)
        for chosen in choices:
            call = f"{case.op}({', '.join(list(chosen) + [case.attributes] * bool(case.attributes))})"
            found.append((case, call, chosen))
    return found


INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "floor_div": "//", "mod": "%", "pow": "**", "equal": "==",
         "not_equal": "!=", "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">="}


def value(text, element):
    if element == "bool":
        return text == "True"
    return np.int64(int(text)) if element == "i64" else np.float64(float(text))


def check_literals(records, folder):
    calls = literal_calls(records)
    # Where integers overflow, or f64 has another value to give, a literal becomes a real number: those are left out.
    floating = {case.op for case, _, _ in calls if case.types[-1] == "f64"}
    outputs, expected, tensors = {}, {}, {}
    at_run_time = {"symc": 1, "name": "tensors", "inputs": {}, "outputs": {}}
    by_case = {}
    for case, call, chosen in calls:
        by_case.setdefault(case.name, (case, []))[1].append((call, chosen))
    for name, (case, entries) in by_case.items():
        for i, element in enumerate(case.types):
            at_run_time["inputs"][f"{name}_{'xyz'[i]}"] = f"{element}[{len(entries)}]"
            kind = {"f64": np.float64, "i64": np.int64, "bool": np.bool_}[element]
            tensors[f"{name}_{'xyz'[i]}"] = np.array([value(c[i], element) for _, c in entries], kind)
        operands = [f"{name}_{'xyz'[i]}" for i in range(len(case.types))] + [case.attributes] * bool(case.attributes)
        at_run_time["outputs"][name] = f"{case.op}({', '.join(operands)})"
    model = compiled(at_run_time, "native", folder)
    run = {k: np.asarray(v).copy() for k, v in model.predict(**tensors).items()}
    with np.errstate(all="ignore"):
        for name, (case, entries) in by_case.items():
            lines = []
            for k, (call, chosen) in enumerate(entries):
                want = run[name][k]
                forms = [call]
                if case.op in INFIX and case.types[-1] != "bool":
                    forms.append(f"({chosen[0]}) {INFIX[case.op]} ({chosen[1]})")
                result = case.result
                if case.types[-1] == "i64" and case.op in floating and result == "i64":
                    reals = [np.float64(value(c, t)) for c, t in zip(chosen, case.types)]
                    real = case.__class__(case.op, ["f64" if t == "i64" else t for t in case.types], case.attributes,
                                          "f64").reference([np.array([r]) for r in reals])[0][0]
                    inverse = case.op == "pow" and int(chosen[1]) < 0
                    if inverse or not np.isfinite(real) or not abs(np.float64(want) - real) <= 1e-9 * abs(real):
                        continue
                lines += [(form, want, result) for form in forms]
            for k, (form, want, result) in enumerate(lines):
                outputs[f"{name}_{k}"] = f"where(always, {form}, {result}_other)"
                expected[f"{name}_{k}"] = (form, want)
    graph = {"symc": 1, "name": "literals",
             "inputs": {"always": "bool[]", "f64_other": "f64[]", "i64_other": "i64[]", "bool_other": "bool[]"},
             "outputs": outputs}
    got = compiled(graph, "native", folder).predict(always=np.array(True), f64_other=np.array(0.0),
                                                   i64_other=np.array(0), bool_other=np.array(False))
    failures = []
    for name, (form, want) in expected.items():
        g = got[name][()]
        same = (np.isnan(g) and np.isnan(want)) if want.dtype.kind == "f" and np.isnan(want) else \
            abs(g - want) <= 1e-15 * abs(want) if want.dtype.kind == "f" and np.isfinite(want) else g == want
        if not same or (want.dtype.kind == "f" and np.signbit(g) != np.signbit(want) and want == 0):
            failures.append(f"{form} is {g!r}, on tensors {want!r}")
    print(f"{len(expected)} expressions of literals")
    return failures


# Computed as they are written.
WRITTEN = [
    "x + 0", "0 + x", "x + 0.0", "x - 0", "0 - x", "0.0 - x", "-0.0 - x", "x - 0.0", "x + -0.0", "x * 0", "0.0 * x",
    "x * 1", "x / 1", "x * -1", "-x", "-(-x)", "0 - (0 - x)", "x - x", "x / x", "x + x", "x * x", "x * 2 / 2",
    "x / 2 * 2", "x / 3 * 3", "x / 0.5", "x * 0.5 * 0.5", "x * 3e38 * 3e38", "x / 3e38 / 3e38", "x + y - y",
    "x - y + y", "(x - y) - x", "x * y / y", "x * y - y * x", "x * x - y * y", "x - (-y)", "x + (-y)", "-x + y",
    "-(x - y)", "-(x + y)", "-(x * 2)", "-x * -y", "x + 1e-8 + 1e-8", "x + 1 - 1", "x * y + x * y", "x * (y + 1)",
    "x * y + x", "abs(abs(x))", "abs(-x)", "sqrt(x * x)", "sqrt(x) * sqrt(x)", "sqrt(square(x))", "abs(x) * sign(x)",
    "minimum(x, x)", "maximum(x, x)", "minimum(x, inf)", "maximum(x, -inf)", "where(x < y, x, y)",
    "where(x > y, x, y)", "where(x < 0, -x, x)", "where(x == 0, 0, x)", "where(x == y, x, y)", "where(x != x, 0, x)",
    "where(x <= 0, 0, x)", "where(x < 0, 0, x)", "where(not (x < y), x, y)", "exp(log(x))", "log(exp(x))",
    "log(exp(x) + 1)", "log(1 + x)", "exp(x) - 1", "exp(x) * exp(y)", "log(x) + log(y)", "tanh(-x)",
    "1 / (1 + exp(-x))", "sin(-x)", "cos(-x)", "1 / sqrt(x)", "1 / (1 / x)", "reciprocal(reciprocal(x))",
    "floor(floor(x))", "trunc(x) - x", "x - floor(x)", "round(x + 0.5)", "square(-x)", "1 - (1 - x)", "x / y * y",
    "1 / x * y", "x / (y / y)",
]


def check_written(folder, level):
    x = special(np.float32)
    pairs = np.stack(np.meshgrid(x, x)).reshape(2, -1)
    x, y = np.ascontiguousarray(pairs[0]), np.ascontiguousarray(pairs[1])
    names = ["exp", "log", "tanh", "sin", "cos"]
    single = compiled({"symc": 1, "name": "single", "inputs": {"x": "f32[n]"},
                       "outputs": {f: f"{f}(x)" for f in names}}, "native", folder)
    scope = {f: (lambda v, f=f: np.asarray(single.predict(x=v)[f]).copy()) for f in names}
    f32 = np.float32
    scope |= {"abs": np.abs, "sqrt": np.sqrt, "square": np.square, "sign": np.sign, "floor": np.floor,
              "trunc": np.trunc, "round": np.rint, "reciprocal": np.reciprocal,
              "where": lambda c, a, b: np.where(c, f32(a), f32(b)), "minimum": lambda a, b: np.minimum(a, f32(b)),
              "maximum": lambda a, b: np.maximum(a, f32(b)), "inf": f32(np.inf), "x": x, "y": y}
    graph = {"symc": 1, "name": f"written{level}", "inputs": {"x": "f32[n]", "y": "f32[n]", "u": f"f32[{len(x)}]",
                                                            "v": f"f32[{len(x)}]"}, "outputs": {}}
    for k, text in enumerate(WRITTEN):
        graph["outputs"][f"dynamic{k}"] = text
        graph["outputs"][f"static{k}"] = "".join({"x": "u", "y": "v"}.get(c, c) if not (
            text[i - 1:i].isalpha() or text[i + 1:i + 2].isalpha()) else c for i, c in enumerate(text))
    got = compiled(graph, "native", folder, opt_level=level).predict(x=x, y=y, u=x.copy(), v=y.copy())
    failures = []
    for k, text in enumerate(WRITTEN):
        with np.errstate(all="ignore"):
            want = eval(text.replace("not (x < y)", "~(x < y)"), {}, scope)  # pylint: disable=eval-used
        assert want.dtype == np.float32, text
        for kind in ("dynamic", "static"):
            g = np.asarray(got[f"{kind}{k}"])
            good = (g.view(np.uint32) == want.view(np.uint32)) | (np.isnan(g) & np.isnan(want))
            if not good.all():
                at = int(np.argmin(good))
                failures.append(f"-O{level} {text} of {kind} size at {x[at]!r}, {y[at]!r} is {g[at]!r}, "
                                f"not {want[at]!r}")
    return failures


def main():
    records = json.loads(pathlib.Path(sys.argv[1]).read_text())
    with tempfile.TemporaryDirectory() as folder:
        failures = check_literals(records, folder)
        for level in range(4):
            failures += check_written(folder, level)
    for failure in failures[:60]:
        print(failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
