# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""plot.py FOLDER OUT.svg: decision boundaries on moons and XOR, and the fitted curve, from FOLDER's libraries and weights.

The model itself is evaluated, through the Python module: PYTHONPATH=python.
"""
import pathlib
import sys

import matplotlib
import numpy as np
import symc

matplotlib.use("svg")
import matplotlib.pyplot as plt

plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "symc", "font.size": 9})


def boundary(axis, folder, name):
    model = symc.load(folder / "libperceptron.so")
    model.load_parameters(folder / f"{name}.safetensors")
    x, y = (np.load(folder / f"{name}_test" / f"{n}.npy") for n in "xy")
    (left, bottom), (right, top) = x.min(0) - 0.3, x.max(0) + 0.3
    across, up = np.meshgrid(np.linspace(left, right, 49), np.linspace(bottom, top, 37))
    grid = np.stack([across.ravel(), up.ravel()], axis=1).astype(np.float32)
    yhat = model.predict(x=grid)["yhat"].reshape(across.shape)
    axis.contourf(across, up, yhat, levels=[0, 0.1, 0.5, 0.9, 1], cmap="RdBu_r", alpha=0.45)
    axis.contour(across, up, yhat, levels=[0.5], colors="k", linewidths=1.2)
    for label, colour in ((0, "#2040a0"), (1, "#a02020")):
        axis.plot(*x[:150][y[:150, 0] == label].T, ".", markersize=3, color=colour)
    accuracy = np.mean((model.predict(x=x)["yhat"] > 0.5) == (y > 0.5))
    axis.set(title=f"{name}: test accuracy {accuracy:.3f}", xticks=[], yticks=[])


def curve(axis, folder):
    model = symc.load(folder / "libregression.so")
    model.load_parameters(folder / "curve.safetensors")
    x, y = (np.load(folder / "curve_test" / f"{n}.npy") for n in "xy")
    line = np.linspace(-3, 3, 61, dtype=np.float32)[:, None]
    axis.plot(x[:150], y[:150], ".", markersize=3, color="#90a0b0", label="data")
    axis.plot(line, np.sin(2 * line) + line / 3, "k--", linewidth=1, label="truth")
    axis.plot(line, model.predict(x=line)["yhat"], c="#a02020", label="network")
    axis.set(title="regression")
    axis.legend()


def main(folder, out):
    figure, axes = plt.subplots(1, 3, figsize=(10, 3))
    boundary(axes[0], pathlib.Path(folder), "moons")
    boundary(axes[1], pathlib.Path(folder), "xor")
    curve(axes[2], pathlib.Path(folder))
    figure.tight_layout()
    figure.savefig(out, metadata={"Date": None})


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
