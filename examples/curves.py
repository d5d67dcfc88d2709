# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""curves.py HISTORY.csv OUT.svg TITLE: learning curves, on training and on validation data, from `symc train --history`."""
import sys

import matplotlib
import numpy as np

matplotlib.use("svg")
import matplotlib.pyplot as plt

# Text stays text, and the same figures give the same bytes.
plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "symc", "font.size": 9, "axes.grid": True, "grid.alpha": 0.3})


def main(history, out, title):
    rows = np.genfromtxt(history, delimiter=",", names=True)
    metrics = [n for n in ("loss", "accuracy") if n in rows.dtype.names]
    figure, axes = plt.subplots(1, len(metrics), figsize=(3.6 * len(metrics), 2.8), squeeze=False)
    for axis, metric in zip(axes[0], metrics):
        axis.plot(rows["epoch"], rows[metric], marker=".", label="train")
        known = ~np.isnan(rows["val_" + metric])
        axis.plot(rows["epoch"][known], rows["val_" + metric][known], marker=".", label="test")
        axis.set(xlabel="epoch", title=f"{title}: {metric}")
        axis.legend()
    figure.tight_layout()
    figure.savefig(out, metadata={"Date": None})


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
