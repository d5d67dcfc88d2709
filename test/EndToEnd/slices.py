"""Slices whose bounds are expressions in the dimensions, also where they pass each other: values and gradients."""
import json

import numpy as np
import symc
from cases import Suite, compiled, exprs, node, run

CASES = Suite(dict(rtol=1e-12, atol=1e-14), lambda wanted: dict(rtol=1e-6, atol=1e-7), step=1e-5)
X, W = {"x": "f64[n, 3]"}, {"w": "f64[3]"}
XZ = {**X, "z": "f64[k]"}
ANY_N = {"n": {"min": 0}}
ANY = {"n": {"min": 0}, "k": {"min": 0}}


@CASES.case(X, W, exprs(y="x * w", a="y[:n // 2]", b="y[n // 2:]", c="concat(b, a) * y", d="y[n // 3::2]"),
            ["a", "b", "c", "d"], dims=ANY_N, sizes=({"n": 7}, {"n": 4}, {"n": 1}, {"n": 0}))
def halves(x, w):
    y, n = x * w, len(x)
    a, b = y[:n // 2], y[n // 2:]
    return a, b, np.concatenate([b, a]) * y, y[n // 3::2]


@CASES.case(XZ, W, exprs(y="x * w", a="y[-k:]", b="y[:-k]", c="y[k:]", d="tanh(y[:k]) * 2.0", e="sum(y[n - k:] - y[-k:])", f="y[k - 1] + y[-k]", g="y[:k - 1:-1]"),
            ["a", "b", "c", "d", "e", "f", "g"], sizes=({"n": 5, "k": 2}, {"n": 4, "k": 4}, {"n": 1, "k": 1}))
def ends(x, z, w):
    y, k, n = x * w, len(z), len(x)
    return y[-k:], y[:-k], y[k:], np.tanh(y[:k]) * 2, 0.0, y[k - 1] + y[-k], y[:k - 1:-1]


@CASES.case(XZ, W, exprs(y="x * w", a="y[k:n // 2]", b="y[n // 2:k:2]", c="y[k:2]", d="sum(y[k:-k], 0)", e="y[-2:k]", f="y[k:n // 2:-1]",
                         g="y[-1:1]"),
            ["a", "b", "c", "d", "e", "f", "g"], sizes=({"n": 9, "k": 2}, {"n": 6, "k": 5}, {"n": 5, "k": 2}, {"n": 3, "k": 2}))
def crossing(x, z, w):
    y, k, n = x * w, len(z), len(x)
    return y[k:n // 2], y[n // 2:k:2], y[k:2], y[k:n - k].sum(0), y[-2:k], y[k:n // 2:-1], y[-1:1]


@CASES.case(XZ, W, [node("y", "mul", ["x", "wide"]), *exprs(wide="broadcast_to(w, ['n', 3])"),
                    node("a", "slice", ["y"], start=["k", None], stop=[None, -1]),
                    *exprs(b="slice(y, start=[n // 2, 0], stop=[n, 2], step=[2, None])")],
            ["a", "b"], sizes=({"n": 5, "k": 2}, {"n": 2, "k": 2}))
def by_name(x, z, w):
    y, k, n = x * w, len(z), len(x)
    return y[k:, :-1], y[n // 2:n:2, :2]


@CASES.case({**XZ, "p": "f64[10]"}, {"w": "f64[10]"}, exprs(y="p * w", a="y[:k]", b="y[k:]", c="y[-k:] * z", d="y[k]"), ["a", "b", "c", "d"],
            sizes=({"n": 1, "k": 3}, {"n": 1, "k": 9}))
def static_axis(x, z, p, w):
    y, k = p * w, len(z)
    return y[:k], y[k:], y[-k:] * z, y[k]


# A slice that goes backwards may stop behind the last element: it is empty, as any that starts in front of its stop.
@CASES.case(XZ, W, exprs(y="x * w", a="y[:, 0:3:-1]", b="y[:, :3:-1]", c="y[0:n:-1]", d="y[:n:-1]", e="y[0:2:-1]", f="y[:1:-1]",
                         g="y[k:2:-1]"),
            ["a", "b", "c", "d", "e", "f", "g"], sizes=({"n": 2, "k": 1}, {"n": 5, "k": 4}))
def backwards(x, z, w):
    y, k = x * w, len(z)
    return y[:, 0:3:-1], y[:, :3:-1], y[:0], y[:0], y[:0], y[:1:-1], y[k:2:-1]


def check_outside(folder, failures):
    """Bounds outside of an axis are a status, with the sizes that say so."""
    for number, (expression, n, k, said) in enumerate([
            ("x[k:]", 2, 3, "n - k is -1"), ("x[:n - 2 * k]", 3, 2, "n - 2*k is -1"), ("x[-k:]", 1, 4, "n - k is -3"),
            ("x[n // 2 - k:]", 4, 3, "n//2 - k is -1"), ("x[k::-1]", 3, 3, "n - k - 1 is -1"),
            ("x[:2:-1]", 2, 1, "a slice needs 3 elements of n = 2"), ("x[1:3:-1]", 2, 1, "a slice needs 3 elements of n = 2"),
            # Counted from the end, a slice that goes backwards begins at the last element.
            ("x[-k::-1]", 3, 0, "k - 1 is -1"), ("x[-(n // 2)::-1]", 1, 2, "n//2 - 1 is -1"),
            ("x[-2 * k:-3:-2]", 4, 0, "2*k - 1 is -1"),
            ("dynamic_slice(x, cast(z[0], 'i64'), sizes=['k'])", 1, 2, "n - k is -1"),
            # without an element that would look at its start
            ("dynamic_update_slice(x, z, cast(z[0], 'i64'))", 0, 2, "n - k is -2")]):
        path = folder / f"outside{number}.json"
        path.write_text(json.dumps({"symc": 1, "name": "outside", "inputs": {"x": "f32[n]", "z": "f32[k]"},
                                    "dims": {"n": {"min": 0}, "k": {"min": 0}},
                                    "outputs": {"y": f"sum({expression}) + sum(z)"}}))
        model = symc.Model(compiled(path))
        try:
            model.predict(x=np.ones(n, np.float32), z=np.ones(k, np.float32))
            failures.append(f"{expression} at n = {n}, k = {k} is accepted")
        except symc.CheckError as error:
            if said not in str(error):
                failures.append(f"{expression}: {error}")


if __name__ == "__main__":
    run(__doc__, {**CASES.checks(), "outside": check_outside})
