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

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from levels import machine_levels

SHAPES = ((32, 130), (64, 512), (96, 200), (160, 1024), (33, 256))
ROWS = (1, 23, 24, 150, 257, 1500)


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
    rng, failed, checked = np.random.default_rng(0), 0, 0
    with tempfile.TemporaryDirectory() as name:
        for level in machine_levels():
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
