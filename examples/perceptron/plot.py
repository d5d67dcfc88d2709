# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""plot.py FOLDER: decision boundaries on moons and XOR, and the fitted curve, from what run.sh left in FOLDER."""
import pathlib
import sys

import numpy as np

import data  # the grids and the true curve

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import picture

RED, BLUE = (207, 34, 46), (9, 105, 218)


def boundary(figure, folder, name):
    x, y = (np.load(folder / f"{name}_test" / f"{n}.npy") for n in "xy")
    yhat = np.load(folder / f"{name}_grid.npy").reshape(data.GRID, data.GRID)
    (left, bottom), (right, top) = data.CORNERS[name]
    shade = np.zeros((data.GRID, data.GRID, 4), np.uint8)  # the more certain, the stronger
    shade[:, :, :3] = np.where(yhat[:, :, None] > 0.5, RED, BLUE)
    shade[:, :, 3] = 140 * abs(2 * yhat - 1)
    panel = figure.panel(name)
    panel.image(shade[::-1], left, right, bottom, top)
    for label, colour in ((0, 0), (1, 1)):
        panel.points(*x[:200][y[:200, 0] == label].T, f"class {label}", colour, opacity=1)


def curve(figure, folder):
    x, y = (np.load(folder / "curve_test" / f"{n}.npy")[:150].ravel() for n in "xy")
    line = np.load(folder / "curve_grid" / "x.npy").ravel()
    panel = figure.panel("curve")
    panel.points(x, y, "data", 5)
    panel.line(line, data.truth(line), "truth", 2, dashed=True)
    panel.line(line, np.load(folder / "curve_grid.npy").ravel(), "network", 1)


def main(folder):
    figure = picture.Figure(columns=3, width=270, height=250)
    boundary(figure, pathlib.Path(folder), "moons")
    boundary(figure, pathlib.Path(folder), "xor")
    curve(figure, pathlib.Path(folder))
    figure.save(pathlib.Path(folder) / "perceptron.svg")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
