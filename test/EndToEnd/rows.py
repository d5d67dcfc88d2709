"""Rows of `predict` in batches of many sizes against the rows alone, bit for bit: rows.py [--all] [NAME ...].

Every model of the list is compiled for each level of x86-64 that this machine runs and called with one thread and with
two. By default some batches of 1 to 100 rows are drawn with a fixed seed; --all takes every one of them.
"""
import json
import pathlib
import random
import sys
import tempfile

import numpy as np
import symc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from levels import machine_levels

MOST = 100
SIZES = {"time": 6, "height": 9, "width": 11}  # of symbolic dimensions
BATCHES = (1, 2, 3, 5, 7, 8, 9, 13, 16, 17, 24, 25, 33, 64, 100)


class Model:
    """Nodes follow one another: each takes the last one unless told otherwise."""

    def __init__(self, name, dtype, *shape):
        self.name, self.nodes, self.last, self.parameters, self.dims = name, [], "x", {}, {}
        self.dtype, self.shape = dtype, shape

    def add(self, op, inputs=None, **attrs):
        name = f"n{len(self.nodes)}"
        self.nodes.append({"name": name, "op": op, "inputs": inputs or [self.last], "attrs": attrs})
        self.last = name
        return name

    def value(self, expr):
        self.last = f"n{len(self.nodes)}"
        self.nodes.append({"name": self.last, "expr": expr})
        return self.last

    def graph(self):
        return {"symc": 1, "name": "rows_case", "nodes": self.nodes, "parameters": self.parameters, "dims": self.dims,
                "outputs": {"out": self.last},
                "inputs": {"x": f"{self.dtype}[{', '.join(map(str, ('batch', *self.shape)))}]"}}

    def data(self, rng):
        shape = (MOST, *(SIZES.get(size, size) for size in self.shape))
        if self.dtype == "i32":
            return rng.integers(0, 30, shape, dtype=np.int32)
        return rng.standard_normal(shape).astype({"f32": np.float32, "f64": np.float64}[self.dtype])


def dense(dtype, *widths, activation="tanh"):
    model = Model(f"dense {dtype} {'-'.join(map(str, widths))}", dtype, widths[0])
    for units in widths[1:-1]:
        model.add("dense", units=units, activation=activation)
    model.add("dense", units=widths[-1])
    return model


def softmax_regression(*shape, classes):
    model = Model(f"softmax regression {shape}", "f32", *shape)
    model.add("reshape", shape=["batch", -1])
    model.add("dense", units=classes)
    model.value(f"softmax({model.last})")
    return model


def small_cnn(dtype, size, groups=1):
    model = Model(f"cnn {dtype} {size} {groups}", dtype, size, size, 2)
    model.add("conv2d", filters=6, kernel_size=5, padding="same", activation="relu", groups=groups)
    model.add("conv2d", filters=8, kernel_size=3, strides=2, activation="relu")
    model.add("max_pool", pool_size=2)
    model.add("reshape", shape=["batch", -1])
    model.add("dense", units=37, activation="relu")
    model.add("dense", units=10)
    model.value(f"softmax({model.last})")
    return model


def unet():
    model = Model("u-net", "f32", 12, 12, 3)
    first = model.add("conv2d", filters=8, kernel_size=3, padding="same", activation="relu")
    model.add("max_pool", pool_size=2)
    model.add("conv2d", filters=16, kernel_size=3, padding="same", activation="relu")
    up = model.add("conv_transpose2d", filters=8, kernel_size=2, strides=2)
    model.add("concat", [first, up], axis=-1)
    model.add("conv2d", filters=8, kernel_size=3, padding="same", activation="relu")
    model.add("conv2d", filters=2, kernel_size=1)
    return model


def any_image():
    model = Model("cnn of any size", "f32", "height", "width", 3)
    model.add("conv2d", filters=20, kernel_size=3, padding="same", activation="relu")
    model.add("depthwise_conv2d", kernel_size=3)
    model.add("batch_norm")
    model.add("global_avg_pool")
    model.add("dense", units=19)
    return model


def gpt(time, width=24, heads=3):
    model = Model(f"gpt {time}", "i32", time)
    model.add("embedding", input_dim=30, output_dim=width)
    for _ in range(2):
        entry = model.last
        norm = model.add("layer_norm")
        parts = []
        for _ in "qkv":
            model.add("dense", [norm], units=width, use_bias=False)
            model.add("reshape", shape=["batch", time, heads, width // heads])
            parts.append(model.add("transpose", axes=[0, 2, 1, 3]))
        model.add("attention", parts, causal=True)
        model.add("transpose", axes=[0, 2, 1, 3])
        model.add("reshape", shape=["batch", time, width])
        model.add("dense", units=width)
        entry = model.value(f"{entry} + {model.last}")
        model.add("layer_norm")
        model.add("dense", units=4 * width, activation="gelu")
        model.add("dense", units=width)
        model.value(f"{entry} + {model.last}")
    model.add("layer_norm")
    model.add("dense", units=30)
    return model


def products():
    """Products of which the batch is a stack, a sum over it excepted, and the forms of einsum."""
    model = Model("products", "f32", 9, 20)
    model.value("x @ transpose(x, [0, 2, 1])")
    scores = model.value(f"{model.last} / 8")
    model.value(f"einsum('bts,bsd->btd', {scores}, x)")
    model.value(f"{model.last} + einsum('bts,bds->btd', {scores}, transpose(x, [0, 2, 1]))")
    return model


def turned(dtype, width, units, most):
    """B is turned as it is packed; with so many rows at most, panels for few rows are wider than those for many."""
    model = Model(f"turned {dtype} {width}-{units}", dtype, width)
    model.parameters["w"] = {"type": f"{dtype}[{units}, {width}]", "init": "glorot_uniform"}
    model.dims = {"batch": {"min": 1, "max": most}}
    model.value("x @ transpose(w)")
    return model


MODELS = [
    dense("f32", 2, 16, 1),
    dense("f32", 784, 10, 7, activation="sigmoid"),
    dense("f32", 33, 40, 24, 17, 5, 3),
    dense("f32", 100, 200, 64, 32, 8, 2),
    dense("f32", 1000, 1, 1000, 9),
    dense("f32", 65, 513, 130, 16, activation="relu"),
    dense("f64", 13, 50, 21, 1),
    dense("f64", 300, 4, 100, 12),
    softmax_regression(28, 28, classes=10),
    softmax_regression(17, classes=3),
    small_cnn("f32", 14),
    small_cnn("f32", 11, groups=2),
    small_cnn("f64", 9),
    unet(),
    gpt(5),
    gpt(16),
    gpt("time"),
    any_image(),
    products(),
    turned("f32", 4096, 48, 116),
    turned("f32", 4096, 24, 117),
    turned("f64", 3001, 12, 117),
]


def check(model, level, folder, batches, draw):
    """What is wrong, or nothing."""
    source, library = folder / "graph.json", folder / "librows.so"
    source.write_text(json.dumps(model.graph()))
    symc.compile(source, library, cpu=level, functions=["predict"])
    rows = model.data(np.random.default_rng(1))
    alone = None
    for threads in (1, 2):
        loaded = symc.load(library, threads=threads)
        loaded.initialize(seed=7)
        predict = lambda first, size: loaded.predict(x=rows[first:first + size])["out"].copy()
        one = np.concatenate([predict(i, 1) for i in range(MOST)])
        if not np.isfinite(one).all() or np.ptp(one) == 0:
            return "its outputs tell nothing"
        alone = one if alone is None else alone
        if one.tobytes() != alone.tobytes():
            return "rows depend on the number of threads"
        for size in batches:
            first = draw.randint(0, MOST - size)
            found, expected = predict(first, size), alone[first:first + size]
            if found.tobytes() != expected.tobytes():
                wrong = [i for i in range(size) if found[i].tobytes() != expected[i].tobytes()]
                return f"{threads} threads, {size} rows: {len(wrong)} have other bits, the first is row {wrong[0]}"
    return None


def main():
    names = [name for name in sys.argv[1:] if name != "--all"]
    for name in names:
        if not any(name in model.name for model in MODELS):
            sys.exit(f"no model has '{name}' in its name")
    draw, failed = random.Random(3), 0
    for model in MODELS:
        if names and not any(name in model.name for name in names):
            continue
        for level in machine_levels():
            some = sorted(draw.sample(BATCHES, 8) + [draw.randint(1, MOST)])
            batches = range(1, MOST + 1) if "--all" in sys.argv else some
            with tempfile.TemporaryDirectory() as folder:
                wrong = check(model, level, pathlib.Path(folder), batches, draw)
            if wrong:
                failed += 1
                print(f"{model.name}, {level}: {wrong}")
    return failed


if __name__ == "__main__":
    sys.exit(main() != 0)
