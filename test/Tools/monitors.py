# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""monitors.py SYMC: for every column that a run may be stopped by, whether it stops where the history says, with the
direction of the documentation; a name that tells no direction is an error without one."""
import csv
import json
import subprocess
import sys

import numpy as np

symc = sys.argv[1]
RNG = np.random.default_rng(3)
GREATER = {"accuracy", "top_5_accuracy", "binary_accuracy", "mean_iou", "precision", "recall", "f1", "pixel_accuracy",
           "class_f1", "gain:max"}


def graph(name, target, loss, metrics):
    return {"symc": 1, "name": name, "inputs": {"x": "f32[n, 4]", "t": target},
            "nodes": [{"name": "z", "expr": f"dense(x, units={6 if name == 'classes' else 1})"}, {"name": "J", "expr": loss}],
            "outputs": ["z"], "train": {"loss": "J", "optimizer": {"sgd": {"learning_rate": 1.0}}, "metrics": metrics}}


def data(name, targets):
    for part, count in (("", 40), ("v", 30)):
        np.savez(f"{name}{part}.npz", x=RNG.normal(size=(count, 4)).astype("f4"), t=targets(count))


GRAPHS = [graph("classes", "i32[n]", "sparse_softmax_cross_entropy(z, t)",
                ["accuracy", "top_5_accuracy", "perplexity", "mean_iou", "precision"]),
          graph("pairs", "f32[n, 1]", "sigmoid_cross_entropy(z, t)", ["binary_accuracy", "mse", "mae", "mean_iou", "recall", "f1"]),
          graph("own", "f32[n, 1]", "sigmoid_cross_entropy(z, t)",
                {"pixel_accuracy": "mean(cast((z > 0) == (t > 0.5), 'f32'))", "price_mae": "mean(abs(z - t))",
                 "class_f1": "mean(t * z)", "gain": "mean(z * t)", "regret": "mean(z)", "accuracy_loss": "mean(z**2)"})]
data("classes", lambda count: RNG.integers(0, 6, count).astype("i4"))
data("pairs", lambda count: RNG.integers(0, 2, (count, 1)).astype("f4"))
data("own", lambda count: RNG.integers(0, 2, (count, 1)).astype("f4"))
checked = 0
for model in GRAPHS:
    name = model["name"]
    with open(f"{name}.json", "w", encoding="utf-8") as file:
        json.dump(model, file)
    subprocess.run([symc, "compile", f"{name}.json", "-o", f"{name}.so"], check=True)
    base = [symc, "train", f"{name}.so", "--data", f"{name}.npz", "--validation", f"{name}v.npz", "--epochs", "14", "--patience", "3",
            "--history", "monitors.csv"]
    for metric in list(model["train"]["metrics"]):
        if metric in ("gain", "regret"):
            said = subprocess.run([*base, "--monitor", "val_" + metric], check=False, capture_output=True, text=True)
            if said.returncode != 2 or "does not say which values are better" not in said.stderr or f"val_{metric}:max" not in said.stderr:
                sys.exit(f"{metric}: exit {said.returncode}, {said.stderr}")
            metric += ":max" if metric == "gain" else ":min"
        said = subprocess.run([*base, "--monitor", "val_" + metric], check=True, capture_output=True, text=True).stderr
        with open("monitors.csv", encoding="utf-8") as file:
            values = [float(row["val_" + metric.split(":")[0]]) for row in csv.DictReader(file)]
        best = values.index((max if metric in GREATER else min)(values))
        if len(values) != min(best + 4, 14) or ("S1510" in said) != (len(values) < 14):
            sys.exit(f"{metric}: {len(values)} epochs, {values}: {said}")
        checked += 1
print(f"{checked} columns")
