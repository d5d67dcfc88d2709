# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""derivative_corners.py [--only TEXT]: first, second and third derivatives at the corners that the graph format names.

A corner is a scalar expression and its operands. What its derivatives are is the format's word (a half at a tie, 0 of norm at
0), or follows from it. Products and determinants are linear in each element, so that differences of steps of 1 between whole
numbers are their derivatives, exactly, whatever the rank. Derivatives are by `grad`; each is scaled by a variable s, so that
what a derivative does with its own cotangent is seen too: that by s of <derivative, r> is <derivative, r> / s.
"""
import argparse
import functools
import itertools
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import symc

inf, nan = np.inf, np.nan
S = 1.5


def array(x):
    return np.asarray(x, float)


def weights(x):
    """What derivatives are multiplied by before they are differentiated again: 1, 2, 3 …"""
    return np.arange(1.0, x.size + 1).reshape(x.shape)


class Corner:
    """`first` and `second`: by operand, the derivative and that of its product with the weights, 0 where left out."""

    def __init__(self, expression, operands, first, second=None, value=None, third=None, fixed=()):
        self.expression, self.value, self.fixed = expression, value, fixed
        self.operands = {n: np.asarray(v) if np.asarray(v).dtype == bool else array(v) for n, v in operands.items()}
        self.by = [n for n, v in self.operands.items() if n not in fixed and v.dtype != bool]
        zero = {n: np.zeros(self.operands[n].shape) for n in self.by}
        whole = lambda given: {**zero, **{n: array(v) for n, v in (given or {}).items()}}
        self.first, self.second, self.third = whole(first), whole(second), third

    def graph(self, number):
        """Inputs, nodes and outputs; the operands are called x3, r3_x, s3."""
        name = lambda n: f"{n}{number}"
        inputs = {name(n): ("bool" if v.dtype == bool else "f64") + str(list(v.shape)) for n, v in self.operands.items()}
        inputs |= {f"r{number}_{n}": inputs[name(n)] for n in self.by} | {name("s"): "f64[]"}
        text = self.expression
        for n in sorted(self.operands, key=len, reverse=True):
            text = text.replace("{" + n + "}", name(n))
        nodes = [{"name": name("F"), "expr": f"({text}) * {name('s')}"}]
        scalar, outputs = name("F"), [name("F")]
        for order in range(2 + (self.third is not None)):
            found = [f"d{order}_{number}_{n}" for n in self.by]
            nodes.append({"name": found if len(found) > 1 else found[0], "op": "grad",
                          "inputs": [scalar, *map(name, self.by)]})
            outputs += found
            if order == 0:
                scale = f"d_{number}_s"
                products = " + ".join(f"sum({g} * r{number}_{n})" for g, n in zip(found, self.by))
                # A derivative that is constant has no path of derivatives to the operands: the last term is one, of 0.
                products += "".join(f" + 0 * sum(where(is_finite({name(n)}), {name(n)} * r{number}_{n}, 0.0))"
                                    for n in self.by)
                nodes += [{"name": f"P0_{number}", "expr": products},
                          {"name": scale, "expr": f"grad(P0_{number}, {name('s')})"}]
                outputs.append(scale)
                scalar = f"P0_{number}"
            elif order == 1:
                scalar = f"P1_{number}"
                products = " + ".join(f"sum({g} * r{number}_{n})" for g, n in zip(found, self.by))
                nodes.append({"name": scalar, "expr": products})
        return inputs, nodes, outputs

    def arguments(self, number):
        return {**{f"{n}{number}": v for n, v in self.operands.items()}, f"s{number}": np.float64(S),
                **{f"r{number}_{n}": weights(self.operands[n]) for n in self.by}}

    def wanted(self, number):
        if self.value is not None:
            yield f"F{number}", S * self.value
        for n in self.by:
            yield f"d0_{number}_{n}", S * self.first[n]
            yield f"d1_{number}_{n}", S * self.second[n]
            if self.third is not None:
                yield f"d2_{number}_{n}", S * self.third[n]
        yield f"d_{number}_s", sum(np.sum(self.first[n] * weights(self.first[n])) for n in self.by)


def multilinear(expression, function, x, orders=2):
    """Of a function that is linear in each element of x."""
    x, r, n = array(x), weights(array(x)).reshape(-1), array(x).size

    @functools.cache
    def at(bits):
        return function(x + np.reshape([bits >> i & 1 for i in range(n)], x.shape))

    def partial(chosen):
        """By the elements of these numbers; 0 where one is there twice."""
        if len(set(chosen)) < len(chosen):
            return 0.0
        subsets = itertools.chain.from_iterable(itertools.combinations(chosen, k) for k in range(len(chosen) + 1))
        return sum((-1)**(len(chosen) - len(s)) * at(sum(1 << i for i in s)) for s in subsets)
    first = [partial((i,)) for i in range(n)]
    second = [sum(partial((i, j)) * r[j] for j in range(n)) for i in range(n)]
    third = [sum(partial((i, j, k)) * r[j] * r[k] for j in range(n) for k in range(n)) for i in range(n)] if orders > 2 else None
    shaped = lambda v: {"x": np.reshape(v, x.shape)}
    return Corner(expression, {"x": x}, shaped(first), shaped(second), function(x), shaped(third) if third else None)


def determinant(x):
    """By permutations, of a matrix of whole numbers or a stack of them: exact."""
    if x.ndim > 2:
        return sum(map(determinant, x))
    n = len(x)
    sign = lambda p: (-1)**sum(p[i] > p[j] for i in range(n) for j in range(i + 1, n))
    return sum(sign(p) * math.prod(x[i, p[i]] for i in range(n)) for p in itertools.permutations(range(n)))


def softmax_corner(x, r):
    p = np.exp(x) / np.exp(x).sum()
    return p, p * r - p * (p @ r)


def norm_corner(x, order):
    """norm by its formula; but for order 2 elements that are 0 have no part in the derivatives."""
    x, r = array(x), weights(array(x))
    size, out = np.abs(x), np.sum(np.abs(x)**order)**(1 / order)
    first = np.where(size > 0, np.sign(x) * (size / out)**(order - 1), 0)
    diagonal = np.where((size > 0) | (order == 2), np.where(size > 0, size, 1)**(order - 2), 0) * out**(1 - order)
    return Corner(f"norm({{x}}, ord={order})", {"x": x}, {"x": first},
                  {"x": (order - 1) * (diagonal * r - first * np.sum(first * r) / out)}, out)


def pow_corner(x, y):
    """x**y for x > 0, by both, at whole exponents too."""
    x, y = array(x), array(y)
    r, log = weights(x), np.log(x)
    power = lambda down: x**(y - down)
    # d21: twice by x, once by y
    d10, d01 = y * power(1), power(0) * log
    d20, d11, d02 = y * (y - 1) * power(2), power(1) * (1 + y * log), power(0) * log**2
    d30, d21 = y * (y - 1) * (y - 2) * power(3), (2 * y - 1 + y * (y - 1) * log) * power(2)
    d12, d03 = power(1) * log * (2 + y * log), power(0) * log**3
    return Corner("sum({x} ** {y})", {"x": x, "y": y}, {"x": d10, "y": d01}, {"x": r * (d20 + d11), "y": r * (d11 + d02)},
                  third={"x": r**2 * (d30 + 2 * d21 + d12), "y": r**2 * (d21 + 2 * d12 + d03)})


# First, second and third derivatives at 0.
AT_ZERO = {"exp": (1, 1, 1), "expm1": (1, 1, 1), "log1p": (1, -1, 2), "sin": (1, 0, -1), "cos": (0, -1, 0), "tan": (1, 0, 2),
           "asin": (1, 0, 1), "acos": (-1, 0, -1), "atan": (1, 0, -2), "sinh": (1, 0, 1), "cosh": (0, 1, 0),
           "tanh": (1, 0, -2), "asinh": (1, 0, -1), "atanh": (1, 0, 2), "sigmoid": (1 / 4, 0, -1 / 8),
           "softplus": (1 / 2, 1 / 4, 0), "silu": (1 / 2, 1 / 2, 0), "mish": (.6, .64, -.096), "square": (0, 2, 0),
           "erf": tuple(np.array([1, 0, -2]) * 2 / np.sqrt(np.pi)), "erfc": tuple(np.array([-1, 0, 2]) * 2 / np.sqrt(np.pi)),
           "gelu": (1 / 2, 2 / np.sqrt(2 * np.pi), 0)}


def corners():
    for name, (first, second, third) in AT_ZERO.items():
        yield Corner(f"sum({name}({{x}}))", {"x": [0, -0.0]}, {"x": [first] * 2}, {"x": [second, 2 * second]},
                     third={"x": array([third, 4 * third])})
    # ties
    yield Corner("sum(maximum({x}, {y}))", {"x": [1, 2, 3], "y": [1, 3, 2]}, {"x": [.5, 0, 1], "y": [.5, 1, 0]})
    yield Corner("sum(minimum({x}, {y}))", {"x": [1, 2, 3], "y": [1, 3, 2]}, {"x": [.5, 1, 0], "y": [.5, 0, 1]})
    yield Corner("max({x})", {"x": [3, 3, 1]}, {"x": [.5, .5, 0]}, value=3)
    yield Corner("sum(min({x}, axis=1))", {"x": [[2, 2, 2], [1, 5, 1]]}, {"x": [[1 / 3] * 3, [.5, 0, .5]]}, value=3)
    yield Corner("sum(max_pool({x}, pool_size=2))", {"x": np.ones((1, 2, 2, 1))},
                 {"x": np.reshape([1, 0, 0, 0], (1, 2, 2, 1))})
    yield Corner("sum(max_pool({x}, pool_size=2, strides=1))", {"x": np.ones((1, 3, 3, 1))},
                 {"x": np.reshape([1, 1, 0, 1, 1, 0, 0, 0, 0], (1, 3, 3, 1))})
    # 0, bounds
    yield Corner("sum(relu({x}))", {"x": [0, -0.0, 2, -1]}, {"x": [0, 0, 1, 0]})
    yield Corner("sum(abs({x}))", {"x": [0, -0.0, 2, -1]}, {"x": [0, 0, 1, -1]})
    yield Corner("sum(clip({x}, min=-1, max=1))", {"x": [-1, 1, .5, -2, 2]}, {"x": [.5, .5, 1, 0, 0]})
    yield Corner("sum(clip({x}, max=1))", {"x": [1, 0, 2]}, {"x": [.5, 1, 0]})
    for name, slope in (("elu", 1), ("celu", 1), ("selu", 1.7580993408473768)):
        beyond = 1.0507009873554805 if name == "selu" else 1
        yield Corner(f"sum({name}({{x}}))", {"x": [0, 1000, -1000]}, {"x": [slope, beyond, 0]}, {"x": [slope, 0, 0]})
    yield pow_corner([2, 2, .5, 3, 2], [0, 1, 2, 0, -1])
    # pow at base 0: y x**(y - 1) by the base, 0 by the exponent
    yield Corner("sum({x} ** {y})", {"x": [0, 0, 0, 0], "y": [0, 1, 2, 3]}, {"x": [0, 1, 0, 0]},
                 {"x": [0, 0, 2 * 3, 0], "y": [0, 2, 0, 0]}, value=1)
    yield Corner("sum({x} ** 2.0 + {x} ** 3.0 + {x} ** 2.5)", {"x": [0, 0]}, {}, {"x": [2, 4]}, value=0)
    # norm at 0, and with a 0
    for order in ("2", "1", "3", "1.5", "0.5", "'inf'"):
        yield Corner(f"norm({{x}}, ord={order})", {"x": [0, 0, 0]}, {}, value=0)
    for order in (2, 3, 1.5):
        yield norm_corner([0, 3, -4], order)
    yield Corner("std({x})", {"x": [2, 2]}, {}, value=0)
    # logsumexp where every element is -inf
    yield Corner("logsumexp({x})", {"x": [-inf, -inf, -inf]}, {}, value=-inf)
    yield Corner("sum(where(is_finite(logsumexp({x}, axis=1)), logsumexp({x}, axis=1), 0.0))", {"x": [[-inf] * 2] * 2}, {})
    p, product = softmax_corner(array([0, 1.5]), array([3, 4]))
    yield Corner("sum(where({m}, logsumexp({x}, axis=1), 0.0))", {"x": [[-inf, -inf], [0, 1.5]], "m": [False, True]},
                 {"x": [[0, 0], p]}, {"x": [[0, 0], product]}, value=np.log(1 + np.exp(1.5)))
    # a loss for which nothing counts
    yield Corner("sparse_softmax_cross_entropy({x}, cast({l}, 'i64'), ignore_index=1)", {"x": [[1, 2, 3]], "l": [True]}, {})
    # attention of a row in which nothing is kept
    shape = {"x": [[1, 2], [3, 4]], "k": [[1, 0], [0, 1]], "v": [[1, 2], [3, 4]]}
    yield Corner("sum(attention({x}, {k}, {v}, {m}))", {**shape, "m": [[False, False], [False, False]]}, {}, value=0)
    # products with zeros among the factors
    for x in ([2, 3, 4], [0, 2, 3, 4], [0, 2, 0, 4], [0, 0, 0, 2], [5], [0]):
        yield multilinear("prod({x})", np.prod, x, 3)
        yield multilinear("sum(cumprod({x}))", lambda v: np.sum(np.cumprod(v)), x, 3)
    yield multilinear("sum(cumprod({x}, axis=0))", lambda v: np.sum(np.cumprod(v, 0)), [[0, 2, 1], [3, 0, 4]], 3)
    yield multilinear("sum(cumprod({x}, axis=-1))", lambda v: np.sum(np.cumprod(v, 1)), [[0, 2, 1], [3, 0, 4]], 3)
    yield multilinear("sum(prod({x}, axis=0))", lambda v: np.sum(np.prod(v, 0)), [[0, 2, 1], [3, 0, 0]], 3)
    # determinants, of every rank
    for x in ([[3]], [[0]], [[1, 2], [2, 4]], [[0, 0], [0, 0]], [[1, 2], [3, 4]], np.ones((3, 3)), np.zeros((3, 3)),
              [[1, 2, 3], [2, 4, 6], [1, 0, 1]], [[0, 1, 0], [0, 0, 1], [0, 0, 0]], [[2, 1, 0], [1, 3, 1], [0, 1, 4]]):
        yield multilinear("det({x})", determinant, x)
    yield multilinear("det({x})", determinant, [[1, 2, 3, 4], [2, 4, 6, 8], [1, 1, 1, 1], [3, 5, 7, 9]])
    yield multilinear("sum(det({x}))", determinant, [[[1, 2], [2, 4]], [[0, 0], [0, 0]], [[1, 1], [0, 1]]])
    yield multilinear("det({x})", determinant, [[2, 1, 0], [1, 3, 1], [0, 1, 4]], 3)  # has an inverse
    # nothing
    for shape in ((0,), (0, 2)):
        empty = {"x": np.zeros(shape)}
        yield Corner("sum({x}) + prod({x}) + norm({x}) + sum(cumprod({x}))", empty, {}, value=1)
        yield Corner("exp(logsumexp({x})) + sum({x})", empty, {}, value=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="")
    chosen = [c for c in corners() if parser.parse_args().only in c.expression]
    graph = {"symc": 1, "name": "corners", "inputs": {}, "nodes": [], "outputs": []}
    arguments, failures = {}, []
    for number, corner in enumerate(chosen):
        inputs, nodes, outputs = corner.graph(number)
        graph["inputs"] |= inputs
        graph["nodes"] += nodes
        graph["outputs"] += outputs
        arguments |= corner.arguments(number)
    graph["outputs"] = {name: name for name in graph["outputs"]}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "corners.json"
        path.write_text(json.dumps(graph))
        subprocess.run([os.environ["SYMC"], "compile", str(path), "-o", f"{folder}/libcorners.so"], check=True,
                       stderr=subprocess.DEVNULL if not parser.parse_args().only else None)
        model = symc.Model(f"{folder}/libcorners.so", threads=1)
        needed = {a.name for a in model.predict.inputs}
        got = model.predict(**{n: v for n, v in arguments.items() if n in needed})
        got = {n: np.array(v) for n, v in (got if isinstance(got, dict) else got._asdict()).items()}
    for number, corner in enumerate(chosen):
        for name, want in corner.wanted(number):
            if not np.allclose(got[name], want, rtol=1e-10, atol=1e-10 * max(1, np.abs(want).max(initial=0))):
                failures.append(f"{corner.expression} at {corner.operands}: {name} is {got[name].tolist()}, "
                                f"not {np.asarray(want).tolist()}")
    print(*failures, f"{len(chosen)} corners, {len(failures)} failed", sep="\n")
    sys.exit(bool(failures) or not chosen)


if __name__ == "__main__":
    main()
