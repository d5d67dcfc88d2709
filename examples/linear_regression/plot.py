# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""plot.py FOLDER OUT.svg: gradient descent beside the closed form, from what the README's commands left in FOLDER."""
import pathlib
import sys

import matplotlib
import numpy as np

import compare

matplotlib.use("svg")
import matplotlib.pyplot as plt

plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "symc", "font.size": 9, "axes.grid": True, "grid.alpha": 0.3})
NAMES = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6", "1"]


def main(folder, out):
    folder = pathlib.Path(folder)
    descent, closed = compare.descent(folder), np.load(folder / "closed_form.npy").ravel()
    loss = np.genfromtxt(folder / "history.csv", delimiter=",", names=True)["loss"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3))
    steps = np.unique(np.geomspace(1, len(loss), 150).astype(int))
    left.plot(steps, loss[steps - 1])
    left.axhline(compare.least_loss(closed), color="k", linestyle="--", linewidth=1, label="closed form")
    left.set(xscale="log", xlabel="step", title="J by gradient descent")
    left.legend()
    right.bar(range(11), closed, color="#b0c4de", label="closed form")
    right.plot(range(11), descent, "k.", label="gradient descent")
    right.set(title="coefficients", xticks=range(11), xticklabels=NAMES)
    right.legend()
    figure.tight_layout()
    figure.savefig(out, metadata={"Date": None})


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
