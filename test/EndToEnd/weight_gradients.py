# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Gradients of weights over many rows against NumPy in f64, with the same bits on any number of threads: their sums go slice
after slice of the rows, with packed operands (lib/Lowering/CPU/Contraction/MatmulSlices.cpp)."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import symc

SHAPES = ((32, 130), (64, 512), (96, 200), (160, 1024), (33, 256))
ROWS = (1, 23, 24, 150, 257, 1500)
LEVELS = {"x86-64-v2": {"sse4_2", "popcnt"}, "x86-64-v3": {"avx2", "fma", "bmi2"},
          "x86-64-v4": {"avx512bw", "avx512dq", "avx512vl"}}


def library(folder, inputs, outputs, dtype, level):
    """The gradient of the sum of (x @ W) * t by W is xᵀ @ t."""
    name = f"w{inputs}_{outputs}_{dtype}_{level[-2:]}"
    path = folder / f"{name}.json"
    path.write_text(json.dumps({
        "symc": 1, "name": name, "inputs": {"x": f"{dtype}[n, {inputs}]", "t": f"{dtype}[n, {outputs}]"},
        "parameters": {"W": {"type": f"{dtype}[{inputs}, {outputs}]", "init": "zeros"}},
        "nodes": [{"name": "J", "expr": "sum((x @ W) * t)"}], "outputs": ["J"], "train": {"loss": "J", "optimizer": "sgd"}}))
    target = folder / f"lib{name}.so"
    subprocess.run([os.environ["SYMC"], "compile", str(path), "-o", str(target), "--cpu", level], check=True)
    return str(target)


def main():
    flags = set(next(line for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("flags")).split())
    rng, failed, checked = np.random.default_rng(0), 0, 0
    with tempfile.TemporaryDirectory() as name:
        for level in (level for level, needed in LEVELS.items() if needed <= flags):
            for inputs, outputs in SHAPES:
                for dtype, most in (("f32", 1e-6), ("f64", 2e-15)):
                    path = library(pathlib.Path(name), inputs, outputs, dtype, level)
                    models = [symc.Model(path, threads=threads) for threads in (1, 2, 3)]
                    for rows in ROWS:
                        x, t = (rng.standard_normal((rows, size)).astype({"f32": np.float32, "f64": np.float64}[dtype])
                                for size in (inputs, outputs))
                        results = [np.array(model.gradients(x=x, t=t)["W"]) for model in models]
                        x, t = x.astype(np.float64), t.astype(np.float64)
                        # Rounding errors of a sum are small beside the sum of the magnitudes.
                        error = np.max(np.abs(results[0] - x.T @ t) / (np.abs(x).T @ np.abs(t)))
                        same = all(result.tobytes() == results[0].tobytes() for result in results)
                        checked += 1
                        if error > most or not same:
                            failed += 1
                            print(f"{level} {dtype} [{rows}, {inputs}]ᵀ @ [{rows}, {outputs}]: error {error}, same bits: {same}")
    print(f"{checked} products, {failed} failed")
    sys.exit(failed > 0 or checked == 0)


main()
