# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Sizes that are known when the model is called, as values: compared, as numbers of every type, as the end of a diagonal."""
import json

import numpy as np
import symc
from cases import Suite, compiled, exprs, named, run

CASES = Suite(dict(rtol=1e-12, atol=1e-14), lambda wanted: dict(rtol=1e-6, atol=1e-7), step=1e-5)
XZ, W = {"x": "f64[n, 3]", "z": "f64[k]"}, {"w": "f64[3]"}


@CASES.case(XZ, W, exprs(y="x * w", a="where(n > 3, y, -y)", b="where(n == k and not (n - 1 < 2) or 5 <= k, y, 2 * y)",
                         c="where(n / 2 > 1.75, y, -y)", d="sum(y) * cast(greater(2 * n, k ** 2), 'f64')",
                         e="where(-(n % 2) != 0 - k // n, y, -y)", f="where(n >= n - 1 and True, y, 0)",
                         g="where(n > 2.5, y, -y)", h="cast(3 < n, 'f64') + 0 * sum(y)"),
            ["a", "b", "c", "d", "e", "f", "g", "h"], sizes=({"n": 4, "k": 2}, {"n": 3, "k": 3}, {"n": 2, "k": 5}))
def compared(x, z, w):
    y, n, k = x * w, len(x), len(z)
    return (y if n > 3 else -y, y if n == k and not n - 1 < 2 or 5 <= k else 2 * y, y if n / 2 > 1.75 else -y,
            y.sum() * (2 * n > k ** 2), y if -(n % 2) != -(k // n) else -y, y, y if n > 2.5 else -y, float(3 < n))


@CASES.case({"x": "f64[n, k]", "s": "f64[2, k, n]", "t": "f64[n, 3]"}, {"w": "f64[]"},
            exprs(a="trace(x * w)", b="trace(tanh(s * w))", c="trace(t * w)"), ["a", "b", "c"],
            sizes=({"n": 4, "k": 2}, {"n": 3, "k": 3}, {"n": 1, "k": 5}))
def diagonals(x, s, t, w):
    return np.trace(x * w), np.trace(np.tanh(s * w), axis1=1, axis2=2), np.trace(t * w)


def check_fit(folder, failures):
    """Where a literal of that value would be an error, a size is a status that names it."""
    for number, (element, expression, n, wanted) in enumerate([
            ("int8", "x[:1] + n", 126, 127), ("int8", "x[:1] + n", 128, "size n stands as a number of i8, which goes up to 127"),
            ("int8", "x[:1] * cast(n, 'i8')", 300, "127 - n is -173"), ("int8", "x[:1] + (n - 300)", 172, -127),
            ("int8", "x[:1] + (n - 300)", 171, "size n - 300 stands as a number of i8, which begins at -128: it is -129"),
            ("uint8", "x[:1] + n", 255, 0), ("uint8", "x[:1] + n", 256, "u8, which goes up to 255"),
            ("uint8", "x[:1] * (n - 5)", 4, "u8, which begins at 0: it is -1"), ("uint8", "x[:1] * (n - 5)", 5, 0),
            ("uint64", "x[:1] * (n - 5)", 4, "u64, which begins at 0: it is -1"), ("int64", "x[:1] * (n - 5)", 4, -1),
            ("int16", "x[:1] * (n % 7)", 40000, 2), ("int8", "x[:1] + (n % 100) * 3", 310, 31),
            ("int8", "x[:1] + n % 100", 399, 100), ("int8", "x[:1] + 2 * (n % 100)", 399, "200*(n//100) - 2*n + 127 is -71"),
            ("int8", "x[:1] + n % n", 300, 1), ("int8", "x[n % 3:][:1] + n // n", 300, 2),
            # Powers, of which numbers soon have too many digits for any type.
            ("int32", "x[:1] + n ** 2", 46340, 2147395601),
            ("int32", "x[:1] + n ** 2", 50000, "size n*n stands as a number of i32, which goes up to 2147483647"),
            ("int32", "x[:1] + n ** 2 // 100000", 50000, 25001), ("uint8", "x[:1] + n ** 2 % 100", 5001, 2),
            ("float16", "x[:1] + n ** 2 / 100", 300, "size n*n stands as a number of f16"),
            ("int32", "x[:1] + 2 ** n", 30, 2**30 + 1),
            ("int32", "x[:1] + 2 ** n", 31, "the number 2 ** n of sizes does not fit into i32, in node 'y'"),
            ("int32", "x[:1] + 2 ** n", 64, "the number 2 ** n does not fit in 64 bits"),
            ("int64", "x[:1] + 2 ** n", 62, 2**62 + 1), ("int64", "x[:1] + 2 ** n", 63, "2 ** n does not fit in 64 bits"),
            ("int8", "x[:1] - 2 ** n", 7, "2 ** n of sizes does not fit into i8"), ("int8", "x[:1] + 2 ** n % 100", 60, 77),
            ("uint8", "x[:1] * -(2 ** n)", 3, "does not fit into u8"),
            # One of sizes alone, in a comparison and as positions.
            ("int8", "where(3 ** n > 1000, x, -x)[:1]", 7, 1), ("uint8", "max(iota([n], dtype='u8'))", 256, 255),
            ("uint8", "max(iota([n], dtype='u8'))", 257, "iota over n elements goes up to n - 1, and u8 up to 255: 256 - n is -1"),
            ("int8", "max(iota([2, n], axis=-1, dtype='i8'))", 129, "i8 up to 127"),
            ("float16", "max(iota([n], dtype='f16'))", 65521, "f16 up to 65519"),
            ("int8", "x[:1] + cast(cast(n, 'i64'), 'i8')", 257, 2),
            ("float16", "x[:1] * n", 65519, 65504), ("float16", "x[:1] * n", 65520, "f16, which goes up to 65519"),
            ("float32", "x[:1] * n", 65520, 65520)]):
        path = folder / f"fit{number}.json"
        name = element[0] + "".join(c for c in element if c.isdigit())
        path.write_text(json.dumps({"symc": 1, "name": "fit", "inputs": {"x": f"{name}[n]"}, "outputs": {"y": expression}}))
        model = symc.Model(compiled(path))
        try:
            said = int(named(model.predict(x=np.ones(n, element)))["y"].item())
        except symc.CheckError as error:
            said = str(error)
        if said != wanted if isinstance(wanted, int) else wanted not in str(said):
            failures.append(f"{expression} of {element} at n = {n}: {said}, not {wanted}")


if __name__ == "__main__":
    run(__doc__, {**CASES.checks(), "fit": check_fit})
