# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""special_values.py [--only TEXT]: what the graph format says of values beside the ordinary ones, sentence by sentence.

A row has the sentence, an expression, its operands, the result by NumPy or by the sentence, and where the format says
something of them, the derivatives of the sum of the result.
"""
import argparse
import json
import pathlib
import sys
import tempfile
import warnings

import numpy as np
import symc

from operator_numbers import spell

warnings.simplefilter("ignore")
inf, nan = np.inf, np.nan
NONE = np.zeros((0,))
F = lambda *v: np.array(v, float)
I = lambda *v: np.array(v, np.int32)
IMAGE = np.arange(9.0).reshape(1, 3, 3, 1)

ROWS = [
    # elementwise
    ("// floors", "x // y", dict(x=F(7, -7, 7, -7), y=F(2, 2, -2, -2)), np.floor_divide),
    ("% has the divisor's sign", "x % y", dict(x=F(7, -7, 7, -7), y=F(2, 2, -2, -2)), np.mod,
     dict(x=F(1, 1, 1, 1), y=F(-3, 4, 4, -3))),
    ("// floors integers", "x // y", dict(x=I(7, -7, 7, -7), y=I(2, 2, -2, -2)), np.floor_divide),
    ("% of integers has the divisor's sign", "x % y", dict(x=I(7, -7, 7, -7), y=I(2, 2, -2, -2)), np.mod),
    ("integer division by 0 gives 0", "x // y", dict(x=I(7, -7, 0), y=I(0, 0, 0)), I(0, 0, 0)),
    ("the remainder of an integer by 0 is 0", "x % y", dict(x=I(7, -7, 0), y=I(0, 0, 0)), I(0, 0, 0)),
    ("x % ±inf is x where the signs agree or x is 0, else the divisor", "x % y",
     dict(x=F(5, -5, 5, -5, 0, 0), y=F(inf, inf, -inf, -inf, inf, -inf)), F(5, inf, -inf, -5, 0, 0),
     dict(x=F(1, 1, 1, 1, 1, 1), y=F(0, 1, 1, 0, 0, 0))),
    ("** with a literal integer exponent is a product", "x ** 3", dict(x=F(-2, 0, 3)), lambda x: x * x * x, dict(x=F(12, 0, 27))),
    ("** with a negative literal", "x ** -2", dict(x=F(-2, 4)), F(0.25, 0.0625), dict(x=F(0.25, -1 / 32))),
    ("a negative base with an exponent that is an integer", "x ** y", dict(x=F(-2, -2), y=F(3, -1)), F(-8, -0.5)),
    ("NaN with another", "x ** y", dict(x=F(-2), y=F(0.5)), F(nan)),
    ("0**0 = 1", "x ** y", dict(x=F(0, 0), y=F(0, -0.0)), F(1, 1), dict(x=F(0, 0), y=F(0, 0))),
    ("round half to even", "round(x)", dict(x=F(0.5, 1.5, 2.5, -0.5, -1.5)), F(0, 2, 2, -0.0, -2), dict(x=F(0, 0, 0, 0, 0))),
    ("shift_right is arithmetic on signed types", "shift_right(x, y)", dict(x=I(-8, 8), y=I(1, 1)), I(-4, 4)),
    ("and fills with 0 on unsigned ones", "shift_right(x, y)", dict(x=np.array([200], np.uint8), y=np.array([1], np.uint8)),
     np.array([100], np.uint8)),
    ("a count of the width or more leaves the sign", "shift_right(x, y)", dict(x=I(-8, 8, -8), y=I(32, 32, -1)), I(-1, 0, -1)),
    ("or 0", "shift_left(x, y)", dict(x=I(1, 1, 1), y=I(31, 32, -1)), I(-2**31, 0, 0)),
    ("float to integer truncates, saturates, NaN gives 0", "cast(x, 'i32')", dict(x=F(-2.7, 2.7, 1e20, -inf, nan)),
     I(-2, 2, 2**31 - 1, -2**31, 0)),
    ("to bool is x != 0", "cast(x, 'bool')", dict(x=F(0, -0.0, 0.1, nan)), np.array([False, False, True, True])),
    ("hard_sigmoid = relu6(x + 3) / 6", "hard_sigmoid(x)", dict(x=F(-4, -3, 0, 1, 3, 4)),
     lambda x: np.clip(x + 3, 0, 6) / 6, dict(x=F(0, 0, 1 / 6, 1 / 6, 0, 0))),
    ("maximum is NaN with NaN", "maximum(x, y)", dict(x=F(nan, 1), y=F(1, nan)), F(nan, nan)),
    # reductions
    ("argmax is the first of equals", "argmax(x)", dict(x=F(1, 3, 3)), np.int64(1)),
    ("NaN counts as the extreme", "argmin(x)", dict(x=F(1, nan, -inf, nan)), np.int64(1)),
    ("flattened without axis", "argmax(x)", dict(x=np.array([[1.0, 2], [5, 4]])), np.int64(2)),
    ("max is NaN with NaN", "max(x)", dict(x=F(1, nan)), np.float64(nan)),
    ("over nothing: sum 0", "sum(x)", dict(x=NONE), np.float64(0), dict(x=NONE)),
    ("over nothing: prod 1", "prod(x)", dict(x=NONE), np.float64(1), dict(x=NONE)),
    ("over nothing: mean NaN", "mean(x)", dict(x=NONE), np.float64(nan), dict(x=NONE)),
    ("over nothing: max -inf", "max(x)", dict(x=NONE), np.float64(-inf), dict(x=NONE)),
    ("over nothing: min inf", "min(x)", dict(x=NONE), np.float64(inf), dict(x=NONE)),
    ("over nothing: logsumexp -inf", "logsumexp(x)", dict(x=NONE), np.float64(-inf), dict(x=NONE)),
    ("over nothing: norm 0", "norm(x)", dict(x=NONE), np.float64(0), dict(x=NONE)),
    ("over nothing, along an axis", "sum(x, axis=0)", dict(x=np.zeros((0, 2))), F(0, 0), dict(x=np.zeros((0, 2)))),
    ("var by two passes", "var(x)", dict(x=F(1e8 + 1, 1e8 + 2, 1e8 + 3)), np.float64(2 / 3), dict(x=F(-2 / 3, 0, 2 / 3))),
    ("ddof", "var(x, ddof=1)", dict(x=F(1, 2, 4)), lambda x: np.var(x, ddof=1)),
    ("over nothing: norm of ord inf 0", "norm(x, ord='inf')", dict(x=NONE), np.float64(0), dict(x=NONE)),
    ("norm of ord inf", "norm(x, ord='inf')", dict(x=F(3, -5, 1)), np.float64(5), dict(x=F(0, -1, 0))),
    ("norm of ord -inf", "norm(x, ord='-inf')", dict(x=F(3, -5, 1)), np.float64(1), dict(x=F(0, 0, 1))),
    ("cumsum in reverse, without the element itself", "cumsum(x, reverse=true, exclusive=true)", dict(x=F(1, 2, 3)), F(5, 3, 0),
     dict(x=F(0, 1, 2))),
    # indices
    ("the last of equals wins", "scatter(x, i, u)", dict(x=F(0, 0, 0), i=np.array([[1], [1]]), u=F(5, 7)), F(0, 7, 0),
     dict(x=F(1, 0, 1), u=F(0, 1))),
    ("negative indices count from the end", "gather(x, i)", dict(x=F(1, 2, 3), i=np.array([-1, 0])), F(3, 1), dict(x=F(1, 0, 1))),
    ("one_hot out of range: all off", "one_hot(i, depth=2)", dict(i=np.array([1, 2, -3])),
     np.array([[0, 1], [0, 0], [0, 0]], np.float32)),
    ("sort has NaN last", "sort(x)", dict(x=F(2, nan, -1)), F(-1, 2, nan), dict(x=F(1, 1, 1))),
    ("also descending", "sort(x, descending=true)", dict(x=F(2, nan, 3)), F(3, 2, nan)),
    ("top_k has NaN as the greatest", "top_k(x, k=2)", dict(x=F(2, nan, 3)), F(nan, 3)),
    ("reflect does not repeat the border", "pad(x, [[2, 1]], mode='reflect')", dict(x=F(1, 2, 3)), F(3, 2, 1, 2, 3, 2),
     dict(x=F(1, 3, 2))),
    ("edge does", "pad(x, [[2, 1]], mode='edge')", dict(x=F(1, 2, 3)), F(1, 1, 1, 2, 3, 3), dict(x=F(3, 1, 2))),
    # networks and losses
    ("padding does not count in the mean", "avg_pool(x, pool_size=2, strides=2, padding='same')", dict(x=IMAGE),
     np.array([[2, 3.5], [6.5, 8]]).reshape(1, 2, 2, 1),
     dict(x=np.array([[.25, .25, .5], [.25, .25, .5], [.5, .5, 1]]).reshape(1, 3, 3, 1))),
    ("same: the odd pixel at the end", "conv2d(x, k, strides=2, padding='same', use_bias=false)",
     dict(x=np.arange(4.0).reshape(1, 4, 1, 1), k=np.ones((3, 1, 1, 1))), np.array([3.0, 5]).reshape(1, 2, 1, 1)),
    ("a row in which nothing is kept is 0", "attention(x, x, x, m)",
     dict(x=np.array([[1.0, 2], [3, 4]]), m=np.array([[False, False], [True, False]])), np.array([[0.0, 0], [1, 2]])),
    ("p = 0 adds 0", "kl_divergence(p, q)", dict(p=F(0, 1), q=F(0.5, 0.5)), np.float64(np.log(2)), dict(q=F(0, -2))),
    ("labels to ignore count neither in the sum nor in the mean", "nll(x, i, ignore_index=-1)",
     dict(x=np.array([[-1.0, -2], [-3, -4]]), i=np.array([1, -1])), np.float64(2), dict(x=np.array([[0, -1.0], [0, 0]]))),
    ("the mean over no example is NaN", "nll(x, i, ignore_index=-1)", dict(x=np.array([[-1.0, -2]]), i=np.array([-1])),
     np.float64(nan)),
]
REFUSED = [("gather(x, i)", dict(x=F(1, 2), i=np.array([2]))), ("gather(x, i)", dict(x=F(1, 2), i=np.array([-3]))),
           ("nll(x, i)", dict(x=np.array([[-1.0, -2]]), i=np.array([-1]))),
           ("embedding(i, x)", dict(x=np.ones((2, 2)), i=np.array([2])))]


def graph_of(rows):
    """The operands of row 3 are called x3, y3."""
    graph = {"symc": 1, "name": "special", "inputs": {}, "nodes": [], "outputs": {}}
    for number, (_, expression, operands, _, *gradients) in enumerate(rows):
        names = {n: f"{n}{number}" for n in operands}
        graph["inputs"] |= {names[n]: spell(v) for n, v in operands.items()}
        # An operand that a result needs nothing of would be no input.
        graph["outputs"] |= {f"seen_{name}": name for name in names.values()}
        words = expression.replace("(", " ( ").replace(",", " , ").replace(")", " ) ").split()
        node = f"f{number}" if not expression.startswith("top_k") else [f"f{number}", f"i{number}"]
        graph["nodes"].append({"name": node, "expr": " ".join(names.get(w, w) for w in words)})
        graph["outputs"][f"f{number}"] = f"f{number}"
        for name in gradients[0] if gradients else ():
            graph["outputs"][f"d{number}_{name}"] = f"grad(sum(f{number}), {names[name]})"
    return graph


def differs(got, want):
    want = np.asarray(want)
    if got.shape != want.shape or got.dtype.kind != want.dtype.kind:
        return f"{got.dtype}{list(got.shape)}, not {want.dtype}{list(want.shape)}"
    same = np.allclose(got, want, rtol=1e-12, atol=1e-12, equal_nan=True) if want.dtype.kind == "f" else np.array_equal(got, want)
    return None if same else f"{got.tolist()}, not {want.tolist()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="")
    rows = [r for r in ROWS if parser.parse_args().only in r[0] + r[1]]
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "special.json"
        path.write_text(json.dumps(graph_of(rows)))
        model = symc.compile(path)
        results = model.predict(**{f"{n}{k}": v for k, row in enumerate(rows) for n, v in row[2].items()})
        for number, (sentence, expression, operands, want, *gradients) in enumerate(rows):
            want = want(*operands.values()) if callable(want) else want
            checks = {f"f{number}": want, **{f"d{number}_{n}": g for n, g in (gradients[0] if gradients else {}).items()}}
            for name, wanted in checks.items():
                error = differs(np.asarray(results[name]), wanted)
                failures += [f"{sentence}: {expression}: {name} is {error}"] if error else []
        for expression, operands in REFUSED:
            path.write_text(json.dumps({"symc": 1, "name": "refused", "inputs": {n: spell(v) for n, v in operands.items()},
                                        "outputs": {"out": expression}}))
            try:
                failures.append(f"{expression} of {operands} gives {symc.compile(path).predict(**operands)} instead of a status")
            except symc.CheckError:
                pass
    print(*failures, f"{len(rows)} sentences, {len(failures)} failed", sep="\n")
    sys.exit(bool(failures) or not rows)


if __name__ == "__main__":
    main()
