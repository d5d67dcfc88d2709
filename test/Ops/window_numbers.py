#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""window_numbers.py [NAME ...]: ops that look through windows against NumPy, on one, two and three axes.

Values and gradients, written from the definitions: windows beyond their strides and strides beyond their windows, dilation,
odd remainders of "same", ties, groups, both layouts. Each case runs with known sizes, with a symbolic batch, which is empty
too, and with symbolic sizes. Many cases share a model.
"""
import json
import pathlib
import sys
import tempfile

import numpy as np
import symc

from operator_numbers import spell

rng = np.random.default_rng(5)


# Windows ------------------------------------------------------------------------------------------------------------


def per_axis(value, axes):
    return list(value) if isinstance(value, (list, tuple)) else [value] * axes


class Windows:
    """Where each window of a channels-last image lies: pairs of a place in the result and its elements."""

    def __init__(self, image, size, strides=1, dilations=1, padding="valid"):
        axes = len(image)
        self.size, strides, dilations = (per_axis(v, axes) for v in (size, strides, dilations))
        extents = [(k - 1) * d + 1 for k, d in zip(self.size, dilations)]
        if padding == "same":
            totals = [max(0, (-(-n // s) - 1) * s + e - n) for n, s, e in zip(image, strides, extents)]
            padding = [(t // 2, t - t // 2) for t in totals]
        elif padding == "valid":
            padding = [(0, 0)] * axes
        self.counts = tuple((n + sum(p) - e) // s + 1 for n, p, e, s in zip(image, padding, extents, strides))
        self.found = []
        for out in np.ndindex(*self.counts):
            for tap in np.ndindex(*self.size):
                at = tuple(o * s + t * d - p[0] for o, t, s, d, p in zip(out, tap, strides, dilations, padding))
                if all(0 <= i < n for i, n in zip(at, image)):
                    self.found.append((out, tap, at))


def of(place):
    """An element of each example and channel."""
    return (slice(None), *place)


def convolution(x, k, groups=1, **attrs):
    """The result, and what gives the derivatives by x and k for a cotangent."""
    windows = Windows(x.shape[1:-1], k.shape[:-2], **attrs)
    inside, outside = k.shape[-2], k.shape[-1] // groups
    parts = [(slice(g * inside, (g + 1) * inside), slice(g * outside, (g + 1) * outside)) for g in range(groups)]
    out = np.zeros((x.shape[0], *windows.counts, k.shape[-1]), x.dtype)
    for place, tap, at in windows.found:
        for c, f in parts:
            out[of(place)][:, f] += x[of(at)][:, c] @ k[tap][:, f]

    def derivatives(cotangent):
        dx, dk = np.zeros_like(x), np.zeros_like(k)
        for place, tap, at in windows.found:
            for c, f in parts:
                dx[of(at)][:, c] += cotangent[of(place)][:, f] @ k[tap][:, f].T
                dk[tap][:, f] += x[of(at)][:, c].T @ cotangent[of(place)][:, f]
        return dx, dk
    return out, derivatives


def pooling(x, pool_size, strides=None, padding="valid", largest=False):
    """The derivative of the largest goes to the first of equals."""
    windows = Windows(x.shape[1:-1], pool_size, strides or pool_size, padding=padding)
    members = {place: [] for place in np.ndindex(*windows.counts)}
    for place, _, at in windows.found:
        members[place].append(at)
    elements = {place: np.stack([x[of(at)] for at in ats]) for place, ats in members.items()}
    out = np.zeros((x.shape[0], *windows.counts, x.shape[-1]), x.dtype)
    for place, all_of in elements.items():
        out[of(place)] = all_of.max(0) if largest else all_of.mean(0)

    def derivatives(cotangent):
        dx = np.zeros_like(x)
        for place, all_of in elements.items():
            for i, at in enumerate(members[place]):
                dx[of(at)] += cotangent[of(place)] * (all_of.argmax(0) == i if largest else 1 / len(all_of))
        return (dx,)
    return out, derivatives


# Images of another size ---------------------------------------------------------------------------------------------


def cubic(d):
    d = abs(d)
    if d < 1:
        return 1.5 * d**3 - 2.5 * d**2 + 1
    return -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2 if d < 2 else 0.0


def weights(n, out, method, coordinates, antialias):
    """[out, n], one by one."""
    corners = coordinates == "align_corners"
    step = n / out if not corners else (n - 1) / (out - 1) if out > 1 else 0
    width = max(step, 1) if antialias else 1
    result = np.zeros((out, n))
    for i in range(out):
        if method == "nearest":
            numerator, denominator = {"half_pixel": ((2 * i + 1) * n, 2 * out), "asymmetric": (i * n, out),
                                      "align_corners": (2 * i * (n - 1) + out - 1, max(2 * (out - 1), 1))}[coordinates]
            result[i, numerator // denominator] = 1
            continue
        place = (i + .5) * n / out - .5 if coordinates == "half_pixel" else i * step
        kernel = cubic if method == "bicubic" else lambda d: max(0, 1 - abs(d))
        row = np.array([kernel((place - p) / width) for p in range(n)])
        result[i] = row / row.sum()
    return result


def resized(x, size, method="bilinear", coordinates="half_pixel", antialias=False):
    matrices = [weights(n, s, method, coordinates, antialias) for n, s in zip(x.shape[1:-1], per_axis(size, x.ndim - 2))]

    def apply(y, each):
        for axis, matrix in enumerate(each):
            y = np.moveaxis(np.tensordot(matrix, y, (1, axis + 1)), 0, axis + 1)
        return y
    return apply(x, matrices), lambda cotangent: (apply(cotangent, [m.T for m in matrices]),)


# Cases --------------------------------------------------------------------------------------------------------------


class Case:
    """A call, its operands with the channels last, and what gives the result and its derivatives."""

    def __init__(self, op, operands, function, attrs, first=False, extra="", **constant):
        self.op, self.operands, self.function = op, operands, lambda *xs: function(*xs, **attrs, **constant)
        self.first = first
        texts = [f", {k}={json.dumps(v)}" for k, v in attrs.items()] + [extra, ', layout="NCHW"' if first else ""]
        self.attrs = "".join(texts).replace('"', "'")

    def stored(self, x, kernel=False):
        """As the layout has it."""
        if not self.first:
            return x
        return np.ascontiguousarray(np.moveaxis(x, (-1, -2), (0, 1)) if kernel else np.moveaxis(x, -1, 1))

    def text(self, names):
        return f"{self.op}({', '.join(names)}{self.attrs})"


def real(*shape):
    return rng.normal(size=shape)


def tied(*shape):
    return rng.integers(-2, 3, size=shape).astype(float)


def convolutions():
    bare = ", use_bias=false"
    for image, kernel, attrs in (
            ((5, 6, 4, 3), (3, 2, 2, 3, 4), {}), ((5, 6, 7, 2), (3, 3, 3, 2, 3), {"padding": "same"}),
            ((6, 5, 7, 2), (2, 3, 4, 2, 3), {"padding": "same", "strides": [2, 3, 2]}),
            ((7, 5, 5, 1), (3, 2, 1, 1, 9), {"dilations": [2, 3, 1], "padding": [(2, 1), (0, 3), (1, 0)]}),
            ((7, 4, 4, 4), (2, 1, 2, 2, 6), {"groups": 2, "strides": [3, 1, 2]}),
            ((4, 4, 3, 6), (3, 2, 2, 2, 3), {"groups": 3, "padding": "same", "dilations": [2, 1, 1]}),
            ((5, 4, 3, 2), (1, 3, 2, 2, 3), {}), ((5, 4, 3, 2), (3, 1, 1, 2, 3), {"strides": [2, 1, 1], "padding": "same"}),
            ((5, 4, 3, 2), (1, 1, 1, 2, 3), {"strides": 2}), ((3, 3, 3, 17), (2, 2, 2, 17, 33), {})):
        for first in (False, True):
            yield Case("conv3d", [real(2, *image), real(*kernel)], convolution, attrs, first, bare)
    yield Case("conv1d", [real(2, 9, 3), real(4, 3, 5)], convolution, {"strides": 2, "padding": "same"}, False, bare)
    yield Case("conv1d", [real(2, 9, 4), real(3, 2, 6)], convolution, {"groups": 2, "dilations": 3}, True, bare)


def poolings():
    for image, attrs in (
            ((9, 2), {"pool_size": 3}), ((8, 3), {"pool_size": 3, "strides": 2, "padding": "same"}),
            ((7, 2), {"pool_size": 2, "strides": 3}), ((7, 2), {"pool_size": 4, "strides": 1, "padding": [(2, 1)]}),
            ((5, 6, 2), {"pool_size": [3, 2], "strides": [1, 3], "padding": "same"}), ((5, 6, 1), {"pool_size": [1, 3]}),
            ((5, 6, 4), {"pool_size": [2, 1], "strides": [3, 2], "padding": [(1, 0), (0, 0)]}),
            ((5, 6, 4, 3), {"pool_size": 2}), ((5, 4, 6, 2), {"pool_size": [3, 2, 2], "strides": [2, 1, 3], "padding": "same"}),
            ((4, 5, 6, 1), {"pool_size": [1, 3, 2], "strides": 2, "padding": [(0, 0), (1, 2), (1, 1)]})):
        for first in (False, True):
            yield Case("avg_pool", [real(2, *image)], pooling, attrs, first)
            yield Case("max_pool", [tied(2, *image)], pooling, attrs, first, largest=True)
    for shape in ((2, 5, 3), (2, 5, 4, 3), (2, 3, 4, 2, 3)):
        for first in (False, True):
            yield Case("global_avg_pool", [real(*shape)], pooling, {}, first, ", keepdims=true", pool_size=shape[1:-1])
            yield Case("global_max_pool", [real(*shape)], pooling, {}, first, ", keepdims=true", pool_size=shape[1:-1],
                       largest=True)


def resizings():
    sizes = (((5, 2), 8), ((1, 4, 1), [3, 1]), ((3, 5, 4, 2), [5, 3, 9]), ((9, 4, 1), [2, 4]))
    for method in ("bilinear", "nearest", "bicubic"):
        for coordinates in ("half_pixel", "align_corners", "asymmetric"):
            for antialias in (False, True)[:1 + (method != "nearest")]:
                for image, size in sizes:
                    attrs = {"size": size, "method": method, "coordinates": coordinates}
                    yield Case("resize", [real(2, *image)], resized, attrs | ({"antialias": True} if antialias else {}))


def integers(dtype):
    """Results alone: of operands that are integers, with all bits."""
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    some = lambda *shape: rng.integers(low, high, shape, dtype, endpoint=True)
    bare = ", use_bias=false"
    yield Case("conv3d", [some(2, 4, 5, 3, 4), some(3, 2, 2, 2, 6)], convolution, {"groups": 2, "padding": "same"}, False, bare)
    yield Case("conv3d", [some(2, 4, 5, 3, 2), some(2, 3, 1, 2, 3)], convolution, {"strides": 2}, True, bare)
    for image in ((7, 3), (5, 4, 3), (5, 4, 3, 2)):
        yield Case("max_pool", [some(2, *image)], pooling, {"pool_size": 3, "strides": 2, "padding": "same"}, largest=True)


# Models -------------------------------------------------------------------------------------------------------------


def typed(case, x, symbolic):
    """The type of the first operand, of which the batch or all but the channels may be symbolic."""
    sizes = list(map(str, x.shape))
    space = range(2, x.ndim) if case.first else range(1, x.ndim - 1)
    for axis in [0, *space] if symbolic == "sizes" else [0] if symbolic else []:
        sizes[axis] = f"s{x.shape[axis]}" if axis else "n"
    return f"{spell(x).split('[')[0]}[{', '.join(sizes)}]"


def loaded(graph, folder):
    path = pathlib.Path(folder) / "m.json"
    path.write_text(json.dumps({"symc": 1, "name": "m", **graph}))
    return symc.compile(str(path), str(pathlib.Path(folder) / "libm.so"))


def compiled(cases, symbolic, folder):
    """Operands are parameters; what has symbolic sizes is an input, times a parameter."""
    graph = {"inputs": {}, "parameters": {}, "nodes": [], "outputs": []}
    terms = []
    for k, case in enumerate(cases):
        stored = [case.stored(x, i == 1) for i, x in enumerate(case.operands)]
        names = [f"o{k}_{i}" for i in range(len(stored))]
        types = [typed(case, stored[0], symbolic), *map(spell, stored[1:])]
        graph["parameters"] |= dict(zip(names, types))
        if symbolic:
            graph["inputs"][f"x{k}"], graph["parameters"][names[0]] = types[0], "f64[]"
        graph["nodes"].append({"name": f"y{k}", "expr": case.text([f"x{k} * o{k}_0" if symbolic else names[0], *names[1:]])})
        graph["outputs"].append(f"y{k}")
        terms.append(f"sum(sin(1.7 * y{k}) + 0.3 * y{k})")
    graph["train"] = {"loss": " + ".join(terms), "optimizer": "sgd"}
    if symbolic:
        graph["dims"] = {"n": {"min": 0}}
    return loaded(graph, folder)


def named(results):
    return results if isinstance(results, dict) else results._asdict()


def off(got, want):
    """How far, relative to the largest; a text for another shape."""
    got = np.asarray(got)
    if got.shape != want.shape:
        return f"shape {got.shape}, not {want.shape}"
    error = np.abs(got - want).max(initial=0) / max(1, np.abs(want).max(initial=0))
    return None if error < 1e-12 else f"off by {error:.3g}"


def compare(model, cases, symbolic, batch):
    """An error or None for each case, with so many examples."""
    inputs = {}
    operands = [[case.operands[0][:batch], *case.operands[1:]] for case in cases]
    for k, (case, xs) in enumerate(zip(cases, operands)):
        stored = [case.stored(x, i == 1) for i, x in enumerate(xs)]
        for i, x in enumerate(stored):
            model.parameters[f"o{k}_{i}"][...] = 1.0 if symbolic and i == 0 else x
        if symbolic:
            inputs[f"x{k}"] = stored[0]
    outputs = {k: np.array(v) for k, v in named(model.predict(**inputs)).items()}
    gradients = model.gradients(**inputs) if batch else None  # of no examples there are none
    for k, (case, xs) in enumerate(zip(cases, operands)):
        out, derivatives = case.function(*xs)
        wants = list(derivatives(1.7 * np.cos(1.7 * out) + 0.3))
        error = off(outputs[f"y{k}"], case.stored(out))
        wants = [case.stored(want, i == 1) for i, want in enumerate(wants)]
        if symbolic:
            wants[0] = np.sum(wants[0] * inputs[f"x{k}"])
        for i, want in enumerate(wants if batch else ()):
            error = error or ((bad := off(gradients[f"o{k}_{i}"], want)) and f"derivative by operand {i} {bad}")
        yield error


def compare_integers(dtype):
    """A case and an error or None, for each."""
    cases = list(integers(dtype))
    stored = [[case.stored(x, i == 1) for i, x in enumerate(case.operands)] for case in cases]
    values = {f"o{k}_{i}": x for k, xs in enumerate(stored) for i, x in enumerate(xs)}
    calls = {f"y{k}": case.text([f"o{k}_{i}" for i in range(len(case.operands))]) for k, case in enumerate(cases)}
    with tempfile.TemporaryDirectory() as folder:
        got = named(loaded({"inputs": {name: spell(x) for name, x in values.items()}, "outputs": calls}, folder).predict(**values))
    for k, case in enumerate(cases):
        yield case, None if np.array_equal(got[f"y{k}"], case.stored(case.function(*case.operands)[0])) else "other bits"


def all_cases(names):
    cases = [c for c in [*convolutions(), *poolings(), *resizings()] if not names or any(n in c.op for n in names)]
    for part in (cases[i:i + 40] for i in range(0, len(cases), 40)):
        for symbolic in (None, "batch", "sizes"):
            with tempfile.TemporaryDirectory() as folder:
                model = compiled(part, symbolic, folder)
                for batch in (2, 1, 0) if symbolic else (2,):
                    for case, error in zip(part, compare(model, part, symbolic, batch)):
                        yield case, error, f"symbolic {symbolic}, batch {batch}"
    for dtype in (np.int8, np.uint8, np.int16, np.uint32, np.int64) if not names else ():
        for case, error in compare_integers(dtype):
            yield case, error, np.dtype(dtype)


def main(names):
    count = failed = 0
    for case, error, how in all_cases(names):
        count, failed = count + 1, failed + bool(error)
        if error:
            shown = case.text([spell(case.stored(x, i == 1)) for i, x in enumerate(case.operands)])
            print(f"FAIL {shown}, {how}: {error}", flush=True)
    print(f"{count - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
