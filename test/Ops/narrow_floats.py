#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""narrow_floats.py RECORDS.json CPU: f16 and bf16 are computed in f32 and rounded after each op, fused or not.

Every elementwise op on every number of the type, or on pairs of many; casts from and to every type; chains of ops
against each op rounded by itself; sums, products of matrices and convolutions, which round at their end alone.
"""
import json
import pathlib
import os
import subprocess
import sys
import tempfile

import numpy as np
import symc

from elementwise_values import ATTRIBUTES, DTYPES, REAL, SIGNLESS, cast, special
from narrow import bits, numbers, rounded, stored

rng = np.random.default_rng(23)
TYPES = ["f16", "bf16"]
failures = []


def compiled(name, inputs, outputs, folder, cpu, *options, **more):
    path, library = pathlib.Path(folder) / f"{name}.json", pathlib.Path(folder) / f"lib{name}.so"
    path.write_text(json.dumps({"symc": 1, "name": name, "inputs": inputs, "outputs": outputs, **more}))
    subprocess.run([os.environ["SYMC"], "compile", path, "-o", library, "--cpu", cpu, *options], check=True)
    return symc.load(str(library), threads=1)


def compare(what, got, want, operands, slack=0, t=None):
    """Numbers are at most `slack` from what is wanted, when both are rounded to t; NaN where it is, zeros of its sign."""
    least, most = (rounded(want - slack, t), rounded(want + slack, t)) if t else (want, want)
    fine = (np.isnan(got) & np.isnan(least)) | ((got >= least) & (got <= most))
    signless = what.split("(")[0].split()[-1] in SIGNLESS
    fine &= signless | (got != 0) | (least != most) | (np.signbit(got) == np.signbit(want))
    if not fine.all():
        at = int(np.argmin(fine))
        failures.append(f"{what} of {[float(np.ravel(o)[at]) for o in operands]} is {got[at]!r}, not {least[at]!r} "
                        f"({np.count_nonzero(~fine)} of {fine.size})")


def operand_kinds(records):
    """The operands of elementwise ops that take floats, by op: whether each is a condition."""
    for record in records.values():
        if isinstance(record, dict) and record.get("importable") == 1 and \
                "Sym_Elementwise" in record.get("!superclasses", []):
            kinds = [a[0]["def"] for a in record["arguments"]["args"] if a[0]["def"].startswith("Sym_")]
            kinds = [k for k in kinds if k.endswith("Tensor")]
            if record["opName"] != "cast" and not set(kinds) <= {"Sym_BoolTensor", "Sym_IntTensor"}:
                yield record["opName"], [k == "Sym_BoolTensor" for k in kinds]


def check_ops(records, t, cpu, folder):
    every = np.arange(65536, dtype=np.uint16)
    some = np.unique(np.concatenate([stored(special(np.float64), t).view(np.uint16), stored(special(np.float32), t).view(np.uint16)]))
    data = {"x": np.concatenate([every, np.repeat(some, len(some)), rng.permutation(every)]),
            "y": np.concatenate([rng.permutation(every), np.tile(some, len(some)), rng.permutation(every)])}
    data["c"] = rng.random(len(data["x"])) < 0.5
    cases = {}
    for op, conditions in operand_kinds(records):
        names = ["c" if condition else "xy"[i - sum(conditions)] for i, condition in enumerate(conditions)]
        for attributes in ATTRIBUTES.get(op, [""]):
            if REAL.get(f"{op} {attributes}", REAL.get(op)):
                cases[f"{op}({', '.join(names + [attributes] * bool(attributes))})"] = (op, names, attributes)
    given = {"x": f"{t}[n]", "y": f"{t}[n]", "c": "bool[n]"}
    outputs = {f"o{i}": text for i, text in enumerate(cases)}
    model = compiled(f"ops_{t}", given, outputs, folder, cpu)
    got = model.predict(**{k: v.view(np.float16) if t == "f16" and k != "c" else v for k, v in data.items()})
    wide = {k: v if k == "c" else numbers(v, t) for k, v in data.items()}
    for i, (text, (op, names, attributes)) in enumerate(cases.items()):
        function, ulps = REAL.get(f"{op} {attributes}", REAL.get(op))
        operands = [wide[n] for n in names]
        with np.errstate(all="ignore"):
            if function == "own":
                function = {"floor_div": np.floor_divide, "mod": np.mod}[op]
                operands = [o.astype(np.float32) for o in operands]
            want = np.asarray(function(*operands))
            result = np.asarray(got[f"o{i}"])
            if result.dtype == np.bool_:
                compare(f"{t} {text}", result.astype(float), want.astype(float), operands)
                continue
            want = want.astype(np.float64)
            slack = np.where(np.isfinite(want) & (ulps > 0), ulps * (np.abs(want) * 2.0**-23 + 2.0**-149), 0)
            compare(f"{t} {text}", numbers(result, t), want, operands, slack, t)
    print(f"{t}: {len(cases)} ops on {len(data['x'])} operands")


def check_casts(t, cpu, folder):
    """From and to every type: one rounding, and to integers what floats do."""
    data = {}
    for s, dtype in DTYPES.items():
        anything = rng.integers(0, 256, 60000 * np.dtype(dtype).itemsize).astype(np.uint8)
        more = (anything & 1).astype(bool) if s == "bool" else anything.view(dtype)
        data[s] = np.concatenate([special(dtype), more])
    # Close to the middle of two numbers, where rounding twice goes wrong.
    middle = numbers(np.arange(0x3c00, 0x4400, dtype=np.uint16), t)
    middle = np.concatenate([(middle[1:] + middle[:-1]) / 2 * s for s in (1, 2.0**-15, 2.0**10, -1)])
    data["f64"] = np.concatenate([data["f64"], middle, np.nextafter(middle, np.inf), np.nextafter(middle, -np.inf)])
    halves = np.ldexp(1.0 + np.arange(1, 256, 2) / 256, 61).astype(np.int64)
    data["i64"] = np.concatenate([data["i64"], halves, halves - 1, halves + 1, -halves, -halves + 1])
    data["u64"] = np.concatenate([data["u64"], 2 * halves.astype(np.uint64), 2 * halves.astype(np.uint64) + 1])
    data["own"] = np.arange(65536, dtype=np.uint16)
    given = {f"of_{s}": f"{t if s == 'own' else s}[n_{s}]" for s in data}
    outputs = {f"from_{s}": f"cast(of_{s}, '{t}')" for s in DTYPES} | {f"to_{s}": f"cast(of_own, '{s}')" for s in DTYPES}
    other = TYPES[1 - TYPES.index(t)]
    outputs["to_other"] = f"cast(of_own, '{other}')"
    model = compiled(f"casts_{t}", given, outputs, folder, cpu)
    got = model.predict(**{f"of_{s}": v.view(np.float16) if s == "own" and t == "f16" else v for s, v in data.items()})
    own = numbers(data["own"], t)
    with np.errstate(all="ignore"):
        for s in DTYPES:
            # An integer of 64 bits, on the same side of every number of few bits and one that f64 has.
            x = data[s]
            if s in ("i64", "u64"):
                low = x & x.dtype.type(0xfff)
                x = np.where((np.abs(x.astype(np.float64)) >= 2.0**53) & (low != 0), x - low + x.dtype.type(0x800), x)
            want = rounded(x.astype(np.float64), t)
            compare(f"cast({s}, '{t}')", numbers(np.asarray(got[f"from_{s}"]), t), want, [data[s]])
            want = cast(own.astype(np.float32), DTYPES[s]).astype(np.float64)
            result = np.asarray(got[f"to_{s}"])
            if result.dtype != DTYPES[s]:
                failures.append(f"cast({t}, '{s}') has {result.dtype}")
            compare(f"cast({t}, '{s}')", result.astype(np.float64), want, [own])
        want = rounded(own, other)
        compare(f"cast({t}, '{other}')", numbers(np.asarray(got["to_other"]), other), want, [own])


def check_fusion(t, cpu, folder):
    """Each op by itself, and many in one kernel."""
    r = lambda x: rounded(np.float32(x), t)
    data = {k: rounded(rng.normal(size=(n, 33)) * 3, t) for k, n in (("x", 37), ("a", 1), ("y", 37))}
    data["a"] = data["a"][0]
    x, a, y = data["x"], data["a"], data["y"]
    x32, y32 = x.astype(np.float32), y.astype(np.float32)
    product = lambda u, v: (u.astype(np.float64) @ v.astype(np.float64))
    row = lambda z: z.astype(np.float64).sum(-1)
    exact = {
        "x*a + y": r(r(x * a) + y), "(x - y)*(x + y)/(1 + a*a)": r(r(r(x - y) * r(x + y)) / r(1 + r(a * a))),
        "sqrt(x*x + y*y) - 0.1": r(r(np.sqrt(r(r(x * x) + r(y * y)))) - rounded(0.1, t)),
        "where(x > y, x*y, -a)": np.where(x > y, r(x * y), -a),
        "max(x, -1)": x.max(-1), "argmax(x, 1)": np.argmax(x, 1), "min(x*y, 0)": r(x * y).min(0),
        "concat(x[:, 1:4], y[:, ::-1], axis=1)": np.concatenate([x[:, 1:4], y[:, ::-1]], 1),
        "pad(x, [[1, 0], [0, 2]], constant_values=0.1)": np.pad(x, ((1, 0), (0, 2)), constant_values=rounded(0.1, t)),
        "sort(x, 1)": np.sort(x, 1), "clip(x, min=0.1)": np.maximum(x, rounded(0.1, t)),
        "one_hot(argmax(x, 1), 33, on_value=0.1, dtype='%s')" % t:
            np.where(np.arange(33) == np.argmax(x, 1)[:, None], rounded(0.1, t), 0),
        "iota([40], dtype='%s') * 0.5" % t: np.arange(40) * 0.5, "x + 1": r(x + 1),
        "cast(x, 'f32') * cast(y, 'f32')": (x32 * y32).astype(np.float64),
    }
    # Accumulated in f32: nearer than a unit of the type, whatever the number of terms.
    near = {
        "sum(x)": row(x.ravel()), "sum(x*y, 1)": row(r(x * y)), "mean(x, 0)": x.mean(0),
        "x @ y.T": product(x, y.T), "x.T @ (y*0.5) + 1": r(product(x.T, r(y * 0.5))) + 1,
        "cumsum(x, 1)": np.cumsum(x, 1), "softmax(x)": np.exp(x) / np.exp(x).sum(-1, keepdims=True),
        "sum(exp(x), 1)": row(r(np.exp(x))),
    }
    texts = list(exact) + list(near)
    outputs, types = {f"o{i}": text for i, text in enumerate(texts)}, {"x": f"{t}[m, 33]", "a": f"{t}[33]", "y": f"{t}[m, 33]"}
    results = [compiled(f"chain{i}_{t}", types, outputs, folder, cpu, *options).predict(
        **{k: stored(v, t) for k, v in data.items()}) for i, options in enumerate([(), ("--debug-fusion", "off"), ("-O0",)])]
    for i, text in enumerate(texts):
        got, alone, plain = (np.asarray(result[f"o{i}"]) for result in results)
        if got.tobytes() != alone.tobytes() or got.tobytes() != plain.tobytes():
            failures.append(f"{t} {text} has other bits when it is fused")
        got = numbers(got, t) if got.dtype in (np.uint16, np.float16) else got.astype(np.float64)
        want = np.asarray({**exact, **near}[text], np.float64)
        if got.shape != want.shape:
            failures.append(f"{t} {text} has shape {got.shape}, not {want.shape}")
            continue
        unit = 2.0**-9 if t == "f16" else 2.0**-6
        slack = 0 if text in exact else unit * np.abs(want) + unit / 16
        if not (np.abs(got - want) <= slack).all():
            at = np.unravel_index(np.argmax(np.abs(got - want) - slack), want.shape)
            failures.append(f"{t} {text} at {at} is {got[at]}, not {want[at]}")


def main():
    records, cpu = json.loads(pathlib.Path(sys.argv[1]).read_text()), sys.argv[2]
    for t in TYPES:
        with tempfile.TemporaryDirectory() as folder:
            check_ops(records, t, cpu, folder)
            check_casts(t, cpu, folder)
            check_fusion(t, cpu, folder)
    for failure in failures[:60]:
        print(failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
