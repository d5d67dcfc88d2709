#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""central_differences.py [--only OP] [--build DIR] [--batch N] [--second]: `gradients` against central differences, in
f64, for every op of the dialect whose definition tells a derivative. With --second the loss is one of the derivatives,
as `grad` gives them.

Operands are drawn from a seeded generator where the op is smooth; what the definition does not tell (shapes that go
together, attributes, domains) is in the tables below. An op that neither the tables nor the general rule fit is a
failure, and so is a sample in which nothing moves. Exits 1 when a derivative differs by more than 1e-6.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from vjp import runner
from vjp.sample import Sample

# Where operands are drawn from, when not in ±2.
DOMAINS = {"log": (.5, 3), "log1p": (-.5, 2), "sqrt": (.5, 3), "rsqrt": (.5, 3), "pow": (.5, 2), "acosh": (1.5, 3),
           "asin": (-.8, .8), "acos": (-.8, .8), "atanh": (-.8, .8), "div": (.5, 2), "reciprocal": (.5, 2),
           "kl_divergence": (.1, .9), "det": (-1, 1), "prod": (.5, 2), "cumprod": (.5, 2), "tan": (-1, 1), "mod": (.6, .9),
           "floor_div": (.6, .9), "std": (-2, 2), "nll": (-3, -.1), "cbrt": (.5, 2), "standardize": (.5, 2)}
F = lambda *shape: ("f", shape)
I = lambda shape, *values: ("i", shape, values)
B = lambda *shape: ("b", shape)
SPD = lambda n: ("spd", (n, n))
TRI = lambda n: ("tri", (n, n))
# Operands and attributes, where the general rule (every operand f64[3, 4]) does not do; several for some.
SAMPLES = {
    "matmul": [([F(3, 4), F(4, 2)], {}), ([F(4, 3), F(2, 4)], {"transpose_a": True, "transpose_b": True}),
               ([F(2, 3, 4), F(4, 2)], {}), ([F(5, 1, 3, 4), F(2, 4, 2)], {}), ([F(4), F(4, 2)], {}), ([F(4), F(4)], {})],
    "dot": [([F(4), F(4)], {}), ([F(3, 4), F(4)], {}), ([F(2, 3, 4), F(5, 4, 2)], {}), ([F(), F(3)], {})],
    "einsum": [([F(3, 4), F(4, 2)], {"equation": "ij,jk"}), ([F(2, 3, 3)], {"equation": "bii->b"}),
               ([F(2, 3, 4), F(2, 5, 4)], {"equation": "bid,bjd->bij"}), ([F(3, 4), F(4, 5), F(5)], {"equation": "ij,jk,k->i"})],
    "dense": [([F(3, 4), F(4, 2), F(2)], {"activation": "tanh"}), ([F(2, 3, 4), F(4, 2), F(2)], {})],
    "conv1d": [([F(2, 7, 3), F(3, 3, 4), F(4)], {"padding": "same", "strides": 2}),
               ([F(2, 4, 7), F(6, 2, 2), F(6)], {"groups": 2, "dilations": 3, "layout": "NCHW"})],
    "conv2d": [([F(2, 6, 5, 3), F(3, 2, 3, 4), F(4)], {"strides": [2, 1], "padding": "same"}),
               ([F(1, 6, 6, 4), F(3, 3, 2, 4), F(4)], {"groups": 2, "dilations": 2}),
               ([F(1, 2, 5, 5), F(3, 2, 3, 3), F(3)], {"layout": "NCHW", "padding": [[1, 0], [2, 1]]})],
    "conv3d": [([F(1, 4, 5, 4, 2), F(2, 3, 2, 2, 3), F(3)], {}),
               ([F(1, 5, 4, 3, 2), F(3, 2, 2, 2, 3), F(3)], {"strides": [2, 1, 2], "padding": "same", "activation": "tanh"}),
               ([F(1, 4, 5, 3, 3), F(2, 2, 2, 2, 2), F(2)], {"groups": 2, "dilations": [2, 1, 1], "layout": "NCHW"}),
               ([F(1, 4, 2, 3, 2), F(3, 1, 1, 2, 3), F(3)], {"padding": [[2, 0], [0, 0], [0, 0]]}),
               ([F(1, 3, 4, 3, 2), F(1, 2, 3, 2, 3), F(3)], {})],
    "depthwise_conv2d": [([F(2, 5, 5, 3), F(3, 3, 3, 2), F(6)], {"padding": "same"})],
    "conv_transpose2d": [([F(2, 3, 3, 2), F(3, 3, 4, 2), F(4)], {"strides": 2, "padding": "same"})],
    "max_pool": [([F(2, 5, 6, 3)], {"pool_size": 3, "strides": 2, "padding": "same"}), ([F(2, 4, 4, 3)], {"pool_size": 2}),
                 ([F(2, 3, 7)], {"pool_size": 2, "strides": 3, "layout": "NCHW"}),
                 ([F(1, 4, 5, 3, 2)], {"pool_size": [2, 3, 1], "strides": [1, 2, 2], "padding": "same"})],
    "avg_pool": [([F(2, 5, 6, 3)], {"pool_size": 3, "strides": 2, "padding": "same"}), ([F(2, 4, 4, 3)], {"pool_size": 2}),
                 ([F(2, 3, 7)], {"pool_size": 2, "strides": 3, "layout": "NCHW"}),
                 ([F(1, 4, 5, 3, 2)], {"pool_size": [2, 3, 1], "strides": [1, 2, 2], "padding": "same"})],
    "global_avg_pool": [([F(2, 3, 4, 3)], {}), ([F(2, 3, 2, 2, 3)], {"layout": "NCHW"})],
    "global_max_pool": [([F(2, 3, 4, 3)], {}), ([F(2, 5, 3)], {"keepdims": True})],
    "cholesky": [([SPD(4)], {})], "inv": [([SPD(4)], {})], "det": [([SPD(3)], {})], "qr": [([F(5, 3)], {}), ([F(3, 5)], {})],
    "triangular_solve": [([TRI(4), F(4, 2)], {}), ([TRI(4), F(4)], {"transpose_a": True, "unit_diagonal": True})],
    "solve": [([SPD(4), F(4, 2)], {}), ([SPD(4), F(4)], {})], "lstsq": [([F(6, 3), F(6, 2)], {}), ([F(3, 5), F(3)], {})],
    "trace": [([F(2, 4, 4)], {}), ([F(3, 2)], {})],
    "layer_norm": [([F(3, 4), F(4), F(4)], {})], "rms_norm": [([F(3, 4), F(4)], {})],
    "group_norm": [([F(2, 3, 3, 4), F(4), F(4)], {"groups": 2})], "instance_norm": [([F(2, 3, 3, 4), F(4), F(4)], {})],
    "standardize": [([F(3, 4), F(4), F(4)], {}), ([F(2, 3, 4), F(3), F(3)], {"axis": 1})],
    "reshape": [([F(3, 4)], {"shape": [2, -1]})], "broadcast_to": [([F(3, 1)], {"shape": [2, 3, 4]})],
    "transpose": [([F(2, 3, 4)], {"axes": [2, 0, 1]})], "expand_dims": [([F(3, 4)], {"axis": 1})],
    "squeeze": [([F(3, 1, 4)], {"axis": 1})], "concat": [([F(3, 4), F(2, 4)], {"axis": 0})],
    "stack": [([F(3, 4), F(3, 4)], {"axis": 1})], "split": [([F(6, 4)], {"sections": 2, "axis": 0})],
    "slice": [([F(5, 4)], {"start": [1, None], "stop": [None, -1], "step": [2, 1]})],
    "pad": [([F(3, 4)], {"pad_width": [[1, 2], [0, 1]]}), ([F(3, 4)], {"pad_width": [[1, 2], [0, 1]], "mode": "reflect"}),
            ([F(3, 4)], {"pad_width": [[1, 2], [0, 1]], "mode": "edge"})],
    "tile": [([F(3, 4)], {"reps": [2, 1]})], "reverse": [([F(3, 4)], {"axis": 1})],
    "roll": [([F(3, 4)], {"shift": 1, "axis": 1})], "tril": [([F(4, 4)], {"k": -1})], "triu": [([F(4, 4)], {"k": 1})],
    "gather": [([F(5, 4), I((3,), 4, 0, 4)], {"axis": 0})],
    "gather_nd": [([F(5, 4), I((2, 2), 4, 0, 1, 3)], {})],
    "take_along_axis": [([F(3, 4), I((3, 2), 1, 1, 0, 3, 2, 2)], {"axis": 1})],
    "scatter_add": [([F(5, 4), I((3, 1), 4, 0, 4), F(3, 4)], {})],
    "scatter": [([F(5, 4), I((2, 1), 4, 0), F(2, 4)], {})],
    "sort": [([F(3, 4)], {})], "top_k": [([F(3, 6)], {"k": 2})],
    "dynamic_slice": [([F(5, 4), I((), 2), I((), 1)], {"sizes": [2, 3]})],
    "dynamic_update_slice": [([F(5, 4), F(2, 2), I((), 2), I((), 1)], {})],
    "where": [([B(3, 4), F(3, 4), F(3, 4)], {})], "select": [([B(3, 4), F(3, 4), F(3, 4)], {})],
    "cast": [([F(3, 4)], {"dtype": "f64"})], "clip": [([F(3, 4)], {"min": -1.0, "max": 1.0})],
    "embedding": [([I((3,), 1, 0, 1), F(4, 2)], {})],
    "sparse_softmax_cross_entropy": [([F(3, 4), I((3,), 1, 3, 0)], {}),
                                     ([F(2, 4, 3), I((2, 3), 1, 9, 0, 9, 3, 2)], {"axis": 1, "ignore_index": 9}),
                                     ([F(3, 4), I((3,), -1, 3, 0)], {"ignore_index": -1, "reduction": "sum"})],
    "nll": [([F(3, 4), I((3,), 1, 3, 0)], {}), ([F(3, 4), I((3,), 1, -5, 0)], {"ignore_index": -5}),
            ([F(3, 4), I((3,), 1, 3, 0)], {"ignore_index": 3, "reduction": "none"})],
    "resize": [([F(1, 3, 4, 2)], {"size": [5, 6]}), ([F(2, 7, 2)], {"size": 3, "method": "nearest"}),
               ([F(1, 5, 4, 3, 1)], {"size": [3, 7, 2], "method": "bicubic", "antialias": True}),
               ([F(1, 5, 3, 2)], {"size": [3, 4], "coordinates": "align_corners"}),
               ([F(1, 5, 3, 2)], {"size": [3, 4], "method": "bicubic", "coordinates": "asymmetric"})],
    "space_to_depth": [([F(1, 4, 4, 2)], {"block_size": 2})], "depth_to_space": [([F(1, 2, 2, 8)], {"block_size": 2})],
    "rnn": [([F(2, 3, 4), F(4, 5), F(5, 5), F(5)], {}), ([F(2, 3, 4), F(4, 5), F(5, 5)], {"reverse": True, "activation": "softplus"})],
    "lstm": [([F(2, 3, 4), F(4, 12), F(3, 12), F(12), F(2, 3), F(2, 3), I((2,), 3, 1)], {})],
    "gru": [([F(2, 3, 4), F(4, 9), F(3, 9), F(2, 9), F(2, 3), I((2,), 3, 1)], {"reverse": True}), ([F(2, 3, 4), F(4, 9), F(3, 9)], {"return_sequences": False})],
    "attention": [([F(2, 3, 4), F(2, 5, 4), F(2, 5, 4)], {})],
    "sum": [([F(3, 4)], {"axis": 0}), ([F(2, 3, 4)], {"axis": [0, 2], "keepdims": True})],
    "norm": [([F(3, 4)], {"axis": 1}), ([F(3, 4)], {"ord": 3.0}), ([F(3, 4)], {"ord": 1.0, "axis": 0})],
    "cumsum": [([F(3, 4)], {"axis": 1, "reverse": True, "exclusive": True})],
    "var": [([F(3, 4)], {"axis": 0, "ddof": 1})], "std": [([F(3, 4)], {"axis": 1})],
}
# Their derivative is 0 wherever there is one.
STEPS = {"ceil", "floor", "round", "trunc", "sign", "floor_div"}
# Random, or with other values in `predict` than in `gradients`.
LEFT_OUT = {"dropout": "random", "batch_norm": "other statistics in `predict`: test/EndToEnd/grad.py", "stop_gradient": "has no derivative by definition", "print": "an effect", "assert": "an effect",
            "grad": "--second is about it",
            # These take functions of the file: test/Random/control_flow.py.
            "call": "a function", "cond": "functions", "scan": "functions", "while": "functions"}


def differentiable_ops(build):
    records = json.loads((build / "dialects" / "sym" / "SymOps.records.json").read_text())
    for record in records.values():
        if isinstance(record, dict) and record.get("importable") == 1 and record.get("gradient") and "opName" in record:
            operands = []
            for argument, _ in record["arguments"]["args"]:
                kinds = records[argument["def"]]["!superclasses"]
                if "TypeConstraint" in kinds and "Optional" not in kinds:
                    operands.append(argument["def"])
            yield record["opName"], operands, max(1, len(record["results"]["args"]))


def draw(rng, kind, shape, low, high, values=()):
    if kind == "i":
        return np.array(values, np.int64).reshape(shape)
    if kind == "b":
        return rng.random(shape) < .5
    data = rng.uniform(low, high, shape)
    if kind == "spd":
        return data @ data.T + 2 * np.eye(shape[0])
    if kind == "tri":
        return np.tril(data) * .5 + 2 * np.eye(shape[0])
    return data


def differentiate(sample):
    """The terms become those of the derivatives by all parameters."""
    total, variables = sample.expr(" + ".join(sample.terms)), list(sample.parameters)
    gradients = [sample.name() for _ in variables]
    sample.nodes.append({"name": gradients, "op": "grad", "inputs": [total.name, *variables]})
    sample.terms = [sample.expr(f"sum(sin({g} * 0.6 + 0.2) + {g} * 0.5)").name for g in gradients]


def samples_of(op, operands, results, number, rng, second=False):
    cases = SAMPLES.get(op)
    if cases is None:
        kinds = {"Sym_BoolTensor": B(3, 4), "Sym_IntTensor": None}
        general = [kinds.get(o, F(3, 4)) for o in operands]
        cases = [(general, {})] if None not in general else []
    low, high = DOMAINS.get(op, (-2, 2))
    for specs, attrs in cases:
        sample = Sample(number, {"op": op})
        number += 1
        inputs = [sample.value(draw(rng, *spec[:2], low, high, *spec[2:])) for spec in specs]
        outputs = sample.op(op, *inputs, results=results, attributes=attrs)
        outputs = outputs[:1] if op == "top_k" else outputs if isinstance(outputs, list) else [outputs]
        # Weights that tell the elements apart, whatever the shape.
        sample.results = outputs
        factor = 0.4 if second else 1.7  # a third derivative is not to be seen in the differences
        sample.terms = [sample.expr(f"sum(sin({o.name} * {factor}) + {o.name} * 0.3)").name for o in outputs]
        if second:
            differentiate(sample)
        sample.outputs = {f"t{sample.number}_{k}": t for k, t in enumerate(sample.terms)}
        yield sample


def check(samples, folder, label):
    """The largest difference of each sample; a text where there is none."""
    import symc
    path, results = folder / f"{label}.json", {}
    while samples:
        owner = runner.write_graph(samples, path)
        code, errors = runner.diagnostics(path)
        bad = {owner[d["line"]].number: f"{d['code']}: {d['message']}" for d in errors if owner.get(d["line"])}
        if code == 0:
            break
        if not bad:
            raise SystemExit(f"{path}: {errors}")
        results.update(bad)
        samples = [s for s in samples if s.number not in bad]
    if not samples:
        return results
    library = folder / f"lib{label}.so"
    r = subprocess.run([runner.SYMC, "compile", str(path), "-o", str(library), "--functions", "predict,gradients"],
                       capture_output=True, text=True)
    if r.returncode:
        if len(samples) == 1:
            return {**results, samples[0].number: r.stderr.strip()[-200:]}
        for i, part in enumerate((samples[:len(samples) // 2], samples[len(samples) // 2:])):
            results.update(check(part, folder, f"{label}{i}"))
        return results
    model = symc.Model(str(library), threads=1)
    one = np.float64(1)
    for s in samples:
        for name, (_, data) in s.parameters.items():
            model.parameters[name] = data
    gradients = runner.named(model.gradients(scale=one))
    worst, h = {s.number: 0.0 for s in samples}, 1e-5
    largest = dict(worst)  # of the numeric derivatives

    def losses():
        outputs = runner.named(model.predict(scale=one))
        return {s.number: sum(float(outputs[o]) for o in s.outputs) for s in samples}
    # The samples are independent: one element of each is moved at a time.
    places = {s.number: [(n, i) for n, (_, d) in s.parameters.items() for i in range(d.size)] for s in samples}
    for k in range(max(map(len, places.values()))):
        moved = [(s, *places[s.number][k]) for s in samples if k < len(places[s.number])]
        found = []
        for step in (h, -h):
            for s, name, i in moved:
                data = s.parameters[name][1].copy()
                data.reshape(-1)[i] += step
                if s.record["op"] == "cholesky" and step:  # a symmetric matrix stays one
                    n = data.shape[0]
                    if i // n != i % n:
                        data[i // n, i % n] -= step / 2
                        data[i % n, i // n] += step / 2
                model.parameters[name] = data
            found.append(losses())
            for s, name, _ in moved:
                model.parameters[name] = s.parameters[name][1]
        for s, name, i in moved:
            numeric = (found[0][s.number] - found[1][s.number]) / (2 * h)
            exact = float(np.asarray(gradients[name]).reshape(-1)[i])
            error = abs(numeric - exact) / max(1.0, abs(numeric))
            worst[s.number] = max(worst[s.number], error if error == error else np.inf)
            largest[s.number] = max(largest[s.number], abs(numeric))
    for s in samples:
        if (largest[s.number] == 0) != (s.record["op"] in STEPS):
            worst[s.number] = "nothing moves" if largest[s.number] == 0 else "moves between its steps"
    return {**results, **worst}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="ops whose name contains this")
    parser.add_argument("--build", type=pathlib.Path, default=runner.ROOT / "build" / "release")
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--second", action="store_true", help="second derivatives")
    arguments = parser.parse_args()
    rng, samples, skipped, missing = np.random.default_rng(7), [], {}, []
    for op, operands, results in sorted(differentiable_ops(arguments.build)):
        if arguments.only and arguments.only not in op:
            continue
        if arguments.second and op in STEPS:
            continue
        results = results if op != "split" else 2
        made = [] if op in LEFT_OUT else list(samples_of(op, operands, results, len(samples), rng, arguments.second))
        if op in LEFT_OUT:
            skipped[op] = LEFT_OUT[op]
        elif not made:
            missing.append(op)
        samples += made
    if not samples and not skipped and not missing:
        parser.error(f"no differentiable op has a name that contains '{arguments.only or ''}'")
    found = {}
    with tempfile.TemporaryDirectory(prefix="symc-differences-") as folder:
        for i in range(0, len(samples), arguments.batch):
            found.update(check(samples[i:i + arguments.batch], pathlib.Path(folder), f"d{i}"))
    passed, failed = 0, len(missing)
    for op in missing:
        print(f"{op}: no sample, give it one in SAMPLES")
    for s in samples:
        value = found[s.number]
        right = not isinstance(value, str) and value <= 1e-6
        passed, failed = passed + right, failed + (not right)
        if not right:
            print(f"{s.record['op']} {s.nodes[0].get('attrs', '')}: " +
                  (value if isinstance(value, str) else f"off by {value:.3g}"))
    for op, why in skipped.items():
        print(f"{op}: skipped, {why}")
    print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
