#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""elementwise_values.py RECORDS.json CPU: every elementwise op of the dialect at special values.

The ops come from the dialect's definitions, each on every element type that it takes, casts from each type to each. One
library holds them all, with a symbolic length. Values agree with NumPy's in f64, and an element has the same bits
wherever it stands: at lengths from 1 to 33, at every place. f16 and bf16 are in narrow_floats.py.
"""
import json
import math
import pathlib
import sys
import tempfile

import numpy as np
import symc

FLOATS, INTS = ["f32", "f64"], ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"]
DTYPES = {t: np.dtype(t[0] + str(int(t[1:]) // 8)).type for t in FLOATS + INTS} | {"bool": np.bool_}
TYPES = {"Sym_Tensor": list(DTYPES), "Sym_NumberTensor": FLOATS + INTS, "Sym_FloatTensor": FLOATS,
         "Sym_IntTensor": INTS, "Sym_BoolTensor": ["bool"]}
# Attributes, for ops whose definition gives none or that have several behaviours.
ATTRIBUTES = {"clip": ["min=1, max=5"], "gelu": ["", "approximate=true"], "cast": [f"dtype='{t}'" for t in DTYPES]}


def special(dtype):
    if dtype == np.bool_:
        return np.array([False, True])
    if np.issubdtype(dtype, np.integer):
        info, base = np.iinfo(dtype), [0, 1, 2, 3, 5, 7, 8, 31, 32, 63, 64, 100, 255]
        values = base + [info.max, info.max - 1, info.min, info.min + 1] + [-b for b in base if info.min < 0]
        return np.array([v for v in dict.fromkeys(values) if info.min <= v <= info.max], dtype)
    info = np.finfo(dtype)
    tiny = [info.smallest_subnormal, 3 * info.smallest_subnormal, info.tiny, np.nextafter(info.tiny, dtype(0))]
    near = [np.nextafter(dtype(v), dtype(w)) for v, w in ((1, 0), (1, 2), (0.5, 0), (6, 7), (3, 0))]
    plain = [1, .5, 1.5, 2.5, 3, 6, .1, 1 / 3, 2, 7, 10, 20, 45, 88.5, 89, 104, 710, 255, 255.5, 256, math.pi,
             math.pi / 2, 2.0**23 + 1, 2.0**31, 2.0**31 - 128, 2.0**32, 2.0**63, 1e5, 1e10, 2e19, 1e-5, 1e-10, 1e-20,
             1e38, 3e38, info.max, np.inf]
    values = [dtype(v) for v in plain + tiny + near]
    return np.array([dtype(0), dtype("nan")] + values + [-v for v in values] + [dtype(-0.0)], dtype)


# ---- References: of f64 operands for floating ops. A number is how many units in the last place may be off; 0: none.

vectorized = lambda f: np.vectorize(f, otypes=[np.float64])
erf, erfc = vectorized(math.erf), vectorized(math.erfc)


def sigmoid(x):
    z = np.exp(-np.abs(x))
    return np.where(x < 0, z, np.where(np.isnan(x), x, 1)) / (1 + z)


softplus = lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
relu6 = lambda x: np.minimum(np.maximum(x, 0), 6)
gelu_tanh = lambda x: x * sigmoid(2 * np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
REAL = {
    "add": (np.add, 0), "sub": (np.subtract, 0), "mul": (np.multiply, 0), "div": (np.divide, 0),
    "neg": (np.negative, 0), "floor_div": ("own", 0), "mod": ("own", 0), "pow": (np.power, 4),
    "minimum": (np.minimum, 0), "maximum": (np.maximum, 0), "abs": (np.abs, 0), "sign": (np.sign, 0),
    "square": (np.square, 0), "reciprocal": (np.reciprocal, 0), "clip": (lambda x: np.clip(x, 1, 5), 0),
    "exp": (np.exp, 4), "expm1": (np.expm1, 4), "log": (np.log, 4), "log1p": (np.log1p, 4), "sqrt": (np.sqrt, 0),
    "rsqrt": (lambda x: 1 / np.sqrt(x), 4), "cbrt": (np.cbrt, 4), "sin": (np.sin, 4), "cos": (np.cos, 4),
    "tan": (np.tan, 4), "asin": (np.arcsin, 4), "acos": (np.arccos, 4), "atan": (np.arctan, 4),
    "atan2": (np.arctan2, 4), "sinh": (np.sinh, 4), "cosh": (np.cosh, 4), "tanh": (np.tanh, 4),
    "asinh": (np.arcsinh, 4), "acosh": (np.arccosh, 4), "atanh": (np.arctanh, 4), "erf": (erf, 4), "erfc": (erfc, 4),
    "floor": (np.floor, 0), "ceil": (np.ceil, 0), "round": (np.rint, 0), "trunc": (np.trunc, 0),
    "is_nan": (np.isnan, 0), "is_inf": (np.isinf, 0), "is_finite": (np.isfinite, 0), "equal": (np.equal, 0),
    "not_equal": (np.not_equal, 0), "less": (np.less, 0), "less_equal": (np.less_equal, 0),
    "greater": (np.greater, 0), "greater_equal": (np.greater_equal, 0), "where": (np.where, 0),
    "select": (np.where, 0),
    # Compositions, of which each step is rounded; what cancels may lose more.
    "relu": (lambda x: np.where(x < 0, 0, x), 0), "relu6": (relu6, 0),
    "leaky_relu": (lambda x: np.where(x > 0, x, 0.01 * x), 4), "elu": (lambda x: np.where(x > 0, x, np.expm1(x)), 4),
    "selu": (lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)), 8),
    "celu": (lambda x: np.where(x > 0, x, np.expm1(x)), 4), "softplus": (softplus, 8),
    "softsign": (lambda x: x / (1 + np.abs(x)), 4), "sigmoid": (sigmoid, 8),
    "hard_sigmoid": (lambda x: relu6(x + 3) / 6, 4), "silu": (lambda x: x * sigmoid(x), 64),
    "hard_swish": (lambda x: x * (relu6(x + 3) / 6), 4), "mish": (lambda x: x * np.tanh(softplus(x)), 64),
    "gelu": (lambda x: 0.5 * x * erfc(-x * np.sqrt(0.5)), 1000), "gelu approximate=true": (gelu_tanh, 1000),
    "prelu": (lambda x, a: np.where(x > 0, x, a * x), 0),
}
SIGNLESS = ("maximum", "minimum", "relu6")  # of zero
INTEGER = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "neg": np.negative, "abs": np.abs, "sign": np.sign,
    "square": np.square, "minimum": np.minimum, "maximum": np.maximum, "clip": lambda x: np.clip(x, 1, 5),
    "equal": np.equal, "not_equal": np.not_equal, "less": np.less, "less_equal": np.less_equal, "greater": np.greater,
    "greater_equal": np.greater_equal, "where": np.where, "select": np.where, "bit_and": np.bitwise_and,
    "bit_or": np.bitwise_or, "bit_xor": np.bitwise_xor, "bit_not": np.invert, "logical_and": np.logical_and,
    "logical_or": np.logical_or, "logical_xor": np.logical_xor, "logical_not": np.logical_not,
}


def wrap(value, dtype):
    bits = np.iinfo(dtype).bits
    value &= (1 << bits) - 1
    return value - (1 << bits) if np.iinfo(dtype).min < 0 and value >> (bits - 1) else value


def integer_op(op, dtype):
    """What Python's integers say, cut to the type."""
    bits = np.iinfo(dtype).bits

    def power(x, y):
        return pow(x, y, 1 << bits) if y >= 0 else 1 if x == 1 else (-1 if y % 2 else 1) if x == -1 else 0

    def left(x, y):
        return x << y if 0 <= y < bits else 0

    def right(x, y):
        return x >> y if 0 <= y < bits else -1 if x < 0 else 0
    functions = {"floor_div": lambda x, y: x // y if y else 0, "mod": lambda x, y: x % y if y else 0, "pow": power,
                 "shift_left": left, "shift_right": right}
    if op not in functions:
        return INTEGER[op]
    return lambda x, y: np.array([wrap(functions[op](int(a), int(b)), dtype) for a, b in zip(x, y)], dtype)


def cast(x, dtype):
    if dtype == np.bool_:
        return x != 0
    if np.issubdtype(dtype, np.integer) and np.issubdtype(x.dtype, np.floating):
        info = np.iinfo(dtype)
        cut = [0 if math.isnan(v) else info.max if v >= info.max else info.min if v <= info.min else int(v)
               for v in x.astype(float)]
        return np.array(cut, dtype)
    return x.astype(dtype)


class Case:
    def __init__(self, op, types, attributes, result):
        self.op, self.types, self.attributes, self.result = op, types, attributes, result
        self.name = f"{op}_{'_'.join(types)}" + "".join(c if c.isalnum() else "_" for c in attributes)

    def expression(self):
        operands = [f"{t}_{'xyz'[i]}" for i, t in enumerate(self.types)]
        return f"{self.op}({', '.join(operands + [self.attributes] * bool(self.attributes))})"

    def reference(self, operands):
        """The right values and how many units in the last place may be off."""
        if self.op == "cast":
            return cast(operands[0], DTYPES[self.result]), 0
        kind = self.types[-1]
        if kind not in FLOATS:
            return np.asarray(integer_op(self.op, DTYPES[kind])(*operands)) if kind != "bool" else \
                np.asarray(INTEGER[self.op](*operands)), 0
        function, ulps = REAL.get(f"{self.op} {self.attributes}", REAL.get(self.op))
        if function == "own":  # exact quotients and remainders are NumPy's in the type itself
            return {"floor_div": np.floor_divide, "mod": np.mod}[self.op](*operands), 0
        wide = function(*[o.astype(np.float64) if o.dtype != np.bool_ else o for o in operands])
        # The C library's own rounding, where it works in the same precision.
        return wide, ulps + (2 if kind == "f64" and ulps else 0)


def cases(records):
    found = []
    for record in records.values():
        if not (isinstance(record, dict) and record.get("importable") == 1 and
                "Sym_Elementwise" in record.get("!superclasses", [])):
            continue
        op = record["opName"]
        kinds = [a[0]["def"] for a in record["arguments"]["args"] if a[0]["def"] in TYPES]
        free = [k for k in kinds if k != "Sym_BoolTensor"] or ["Sym_BoolTensor"]
        for element in TYPES[free[0]]:
            types = [element if k in (free[0], "Sym_BoolTensor") and (k != "Sym_BoolTensor" or element == "bool")
                     else "bool" for k in kinds]
            for attributes in ATTRIBUTES.get(op, [""]):
                predicate = "Sym_Predicate" in record["!superclasses"]
                result = attributes.split("'")[1] if op == "cast" else "bool" if predicate else element
                found.append(Case(op, types, attributes, result))
    return found


def ulps_off(got, want):
    """Distance in units of the last place of the narrower type; 0 for two NaN."""
    narrow = got.dtype.type
    rounded = want.astype(narrow)
    same = ((got == rounded) & (np.signbit(got) == np.signbit(rounded))) | (np.isnan(got) & np.isnan(rounded))
    unit = np.spacing(np.abs(np.where(np.isfinite(rounded), rounded, np.finfo(narrow).max))).astype(np.float64)
    off = np.abs(got.astype(np.float64) - np.where(np.isinf(rounded), rounded, want)) / unit
    off = np.where((got == 0) & (rounded == 0), np.inf, off)  # of other signs
    # Infinity stands one step behind the largest number.
    edge = np.finfo(narrow).max
    off = np.where(np.isinf(got) != np.isinf(rounded),
                   np.where((np.abs(np.where(np.isinf(got), rounded, got)) >= edge), 1, np.inf), off)
    return np.where(same, 0, np.where(np.isnan(off), np.inf, off))


def check_values(all_cases, cpu, folder):
    rng = np.random.default_rng(5)
    values = {t: special(d) for t, d in DTYPES.items()}
    pairs = len(values["f64"])**2
    index = np.arange(pairs)
    everything = {}
    for t, v in values.items():
        everything[f"{t}_x"] = v[index % len(v)]
        everything[f"{t}_y"] = v[index // len(values["f64"]) % len(v)] if t != "bool" else v[index // 2 % 2]
        everything[f"{t}_z"] = v[(index * 7 + index // 11) % len(v)]
    # And numbers of any kind, which say nothing about places.
    for k, v in everything.items():
        anything = rng.integers(0, 256, 4000 * v.dtype.itemsize).astype(np.uint8)
        more = (anything & 1).astype(bool) if v.dtype == np.bool_ else anything.view(v.dtype)
        if v.dtype.kind == "f":
            more = np.where(np.isnan(more), v.dtype.type(1), more)
        everything[k] = np.concatenate([v, more])
    used = {f"{t}_{'xyz'[i]}" for case in all_cases for i, t in enumerate(case.types)}
    everything = {k: v for k, v in everything.items() if k in used}
    graph = {"symc": 1, "name": "values", "inputs": {k: f"{k.split('_')[0]}[n]" for k in everything},
             "outputs": {case.name: case.expression() for case in all_cases}}
    model = compiled(graph, cpu, folder)
    predict = lambda at: {k: np.asarray(v).copy() for k, v in
                          model.predict(**{k: np.ascontiguousarray(v[at]) for k, v in everything.items()}).items()}
    whole = predict(slice(None))
    failures = []
    for case in all_cases:
        operands = [everything[f"{t}_{'xyz'[i]}"] for i, t in enumerate(case.types)]
        with np.errstate(all="ignore"):
            want, bound = case.reference(operands)
            got = whole[case.name]
            if np.issubdtype(got.dtype, np.floating):
                want = np.asarray(want) if np.asarray(want).dtype == np.float32 else np.asarray(want, np.float64)
                if case.op in SIGNLESS:
                    got, want = (np.where(v == 0, v.dtype.type(0), v) for v in (got, want))
                off = ulps_off(got, want)
            else:
                off = np.where(got == want, 0, np.inf)
        worst = int(np.argmax(off))
        if off[worst] > bound + 0.5 * (bound > 0):
            failures.append(f"{case.name}({', '.join(repr(o[worst]) for o in operands)}) is {got[worst]!r}, not "
                            f"{np.asarray(want)[worst]!r} ({off[worst]:.3g} ulp, {np.count_nonzero(off > bound)} of "
                            f"{off.size})")

    def bits(a):
        """Bit patterns, with one for all NaN: which of two a product has is the code generator's choice."""
        one = np.where(np.isnan(a), np.array(np.nan, a.dtype), a) if a.dtype.kind == "f" else a
        return one.view(f"u{a.dtype.itemsize}")

    def compare(at):
        part = predict(at)
        for case in all_cases:
            a, b = bits(part[case.name]), bits(whole[case.name][at])
            if not np.array_equal(a, b):
                k = int(np.argmax(a != b))
                return [f"{case.name}: element {k} of {len(at)} is {part[case.name][k]!r} ({a[k]:x}), in a longer "
                        f"tensor {whole[case.name][at[k]]!r} ({b[k]:x})"]
        return []

    first = len(values["f64"])
    for at in np.concatenate([np.arange(first), rng.choice(pairs, 200)]):
        failures += compare(np.array([at]))
    for n in range(2, 34):
        for turn in range(8):
            x = (np.arange(n) + turn * 17 + n) % first
            failures += compare(rng.integers(0, first, n) * first + x)
    print(f"{len(all_cases)} cases of {len({case.op for case in all_cases})} ops on {pairs} pairs of values")
    return failures


def compiled(graph, cpu, folder, **options):
    path = pathlib.Path(folder) / f"{graph['name']}.json"
    path.write_text(json.dumps(graph))
    return symc.compile(str(path), str(pathlib.Path(folder) / f"lib{graph['name']}.so"), cpu=cpu, **options)


def main():
    records = json.loads(pathlib.Path(sys.argv[1]).read_text())
    with tempfile.TemporaryDirectory() as folder:
        failures = check_values(cases(records), sys.argv[2], folder)
    for failure in failures[:60]:
        print(failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
