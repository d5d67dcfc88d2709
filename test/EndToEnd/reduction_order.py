#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""reduction_order.py [--cases N] [--seed S] [--cpu NAME]: reductions have the same bits whatever they are fused with.

A graph has one operand of some shape, static or symbolic, and reductions of it over every set of axes, behind prologues
and before epilogues that fusion may or may not take into the same kernel. It is compiled with and without fusion and at
-O0 and -O3, and run on one and two threads: all outputs must agree bit by bit. Then single rows of the first axis are
run by themselves: what does not reduce over that axis must have the bits that it had in the whole.
"""
import argparse
import itertools
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import numpy as np
import symc

TYPES = {"f32": np.float32, "f64": np.float64, "i32": np.int32, "i64": np.int64}
SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 15, 16, 17, 24, 31, 32, 33, 40, 63, 64, 65, 70]
# Prologues over x and w, which is as long as the last axis, and v, which is as long as the first.
FLOATING = ["x", "x * x", "x * w", "x - v", "exp(x)", "x * w + v", "tanh(x * w) * v", "abs(x) * 1.7 - x * x", "x * x * v - w"]
WHOLE = ["x", "x * w", "x - v", "x * x + w * v"]
REDUCTIONS = {True: ["sum", "mean", "max", "min", "prod", "norm", "var", "logsumexp", "argmax"],
              False: ["sum", "max", "min", "prod", "argmax", "argmin"]}
VARIANTS = [("fused -O3", ["-O3"]), ("fused -O0", ["-O0"]), ("alone -O3", ["-O3", "--debug-fusion", "off"]),
            ("alone -O0", ["-O0", "--debug-fusion", "off"])]


def choose_shape(rng):
    rank = rng.choice([1, 1, 2, 2, 2, 3, 3, 4])
    shape = [rng.choice(SIZES) for _ in range(rank)]
    while np.prod(shape) > 30000:
        shape[rng.randrange(rank)] = rng.choice(SIZES[:9])
    return shape


def expressions(rng, shape, floating):
    """(name, expression, whether the first axis is kept) triples."""
    rank, result = len(shape), []
    subsets = [axes for n in range(1, rank + 1) for axes in itertools.combinations(range(rank), n)]
    for axes in subsets:
        prologues = rng.sample(FLOATING if floating else WHOLE, 2)
        for prologue in prologues:
            reduction = rng.choice(REDUCTIONS[floating])
            if reduction.startswith("arg"):
                axes_text = axes[0] if len(axes) < rank else None
            else:
                axes_text = f"axis={list(axes)}"
            kept = 0 not in axes and axes_text is not None
            call = f"{reduction}({prologue}{'' if axes_text is None else f', {axes_text}'}"
            epilogues = [f"{call})"]
            if floating and not reduction.startswith("arg"):
                epilogues += [f"{call}) * 3 + 1", f"tanh({call}))"]
                # Back over the whole space.
                epilogues += [f"x - {call}, keepdims=true)", f"x * {call}, keepdims=true) + w"]
            result.append((f"r{len(result)}", rng.choice(epilogues), kept))
    if floating:
        axis = rng.randrange(rank)
        result.append((f"r{len(result)}", f"softmax(x * w, {axis})", axis > 0))
        result.append((f"r{len(result)}", f"sum(transpose(x) * 2, {rng.randrange(rank)})", False))
    return result


def results(model, inputs):
    """What the model says, with one NaN for all: which of several comes out is left to the machine."""
    found = {k: np.array(v) for k, v in model.predict(**inputs).items()}
    for value in found.values():
        if value.dtype.kind == "f":
            value[np.isnan(value)] = np.nan
    return found


class Case:
    def __init__(self, number, cpu):
        rng = random.Random(number)
        self.shape = choose_shape(rng)
        self.type = rng.choice(["f32", "f32", "f32", "f64", "i32", "i64"])
        self.mixed = self.type == "f32" and rng.random() < 0.2  # f64 beside f32
        symbolic = [rng.random() < 0.4 for _ in self.shape]
        rank = len(self.shape)
        first_shape, last_shape = ["n0"] + ["1"] * (rank - 1), ["n1"]
        dims = [f"d{i}" if s else str(size) for i, (s, size) in enumerate(zip(symbolic, self.shape))]
        first_shape[0], last_shape[0] = dims[0], dims[-1]
        self.batched = symbolic[0] and rank > 1
        floating = self.type[0] == "f"
        self.outputs = expressions(rng, self.shape, floating)
        second = "f64" if self.mixed else self.type
        self.graph = {"symc": 1, "name": "m",
                      "inputs": {"x": f"{self.type}[{', '.join(dims)}]", "v": f"{self.type}[{', '.join(first_shape)}]",
                                 "w": f"{self.type}[{', '.join(last_shape)}]"},
                      "nodes": [], "outputs": {name: e for name, e, _ in self.outputs}}
        if self.mixed:
            self.graph["outputs"]["wide"] = f"sum(cast(x, '{second}') * cast(x, '{second}'), {list(range(rank))})"
        values = np.random.default_rng(number)
        make = values.standard_normal if floating else lambda s: values.integers(-9, 9, s)
        dtype = TYPES[self.type]
        self.inputs = {"x": make(self.shape).astype(dtype), "v": make([self.shape[0]] + [1] * (rank - 1)).astype(dtype),
                       "w": make(self.shape[-1:]).astype(dtype)}
        if floating and rng.random() < 0.2:
            self.inputs["x"].flat[values.integers(0, self.inputs["x"].size, 3)] = [0.0, -0.0, np.nan]
        read = " ".join(self.graph["outputs"].values())
        for name in "vw":
            if name not in re.findall(r"\w+", read):
                del self.graph["inputs"][name], self.inputs[name]
        self.cpu = ["--cpu", cpu] if cpu else []

    def run(self):
        """What differs, as text; nothing when all agree."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "m.json"
            path.write_text(json.dumps(self.graph))
            first, model = None, None
            for i, (name, options) in enumerate(VARIANTS):
                library = f"{folder}/lib{i}.so"
                done = subprocess.run([symc.find_compiler(), "compile", str(path), "-o", library, "--functions", "predict",
                                       *options, *self.cpu], capture_output=True, text=True)
                if done.returncode:
                    return f"{name}: {done.stderr}"
                for threads in (1, 2):
                    m = symc.load(library, threads)
                    got = results(m, self.inputs)
                    if first is None:
                        first, model = got, m
                    for key, want in first.items():
                        if got[key].tobytes() != want.tobytes():
                            return f"{name}, {threads} threads: {self.graph['outputs'][key]} has other bits"
            if not self.batched:
                return None
            for row in {0, self.shape[0] // 2, self.shape[0] - 1}:
                one = {k: v if k == "w" else v[row:row + 1] for k, v in self.inputs.items()}
                got = results(model, one)
                for key, expression, kept in self.outputs:
                    if kept and got[key].tobytes() != first[key][row:row + 1].tobytes():
                        return f"row {row} alone: {expression} has other bits"
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cpu")
    arguments = parser.parse_args()
    failed = 0
    for number in range(arguments.seed, arguments.seed + arguments.cases):
        case = Case(number, arguments.cpu)
        difference = case.run()
        if difference:
            failed += 1
            print(f"case {number}, {case.graph['inputs']['x']} of {case.shape}: {difference}")
    print(f"{arguments.cases - failed} cases agree, {failed} differ")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
