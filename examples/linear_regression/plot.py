# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""plot.py FOLDER: gradient descent beside the closed form, from what run.sh left in FOLDER."""
import pathlib
import sys

import numpy as np

import compare  # finds the modules in the folder above
import picture
import results

NAMES = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6", "1"]


def main(folder):
    folder = pathlib.Path(folder)
    descent, closed = compare.descent(folder), np.load(folder / "closed_form.npy").ravel()
    loss = results.history(folder / "history.csv")["loss"]
    steps = np.unique(np.geomspace(1, len(loss), 150).astype(int))
    figure = picture.Figure(columns=2, width=390)
    panel = figure.panel("J", x="step", log="x")
    panel.line(steps, loss[steps - 1], "gradient descent")
    panel.line([1, len(loss)], [compare.least_loss(closed)] * 2, "closed form", 5, dashed=True)
    panel = figure.panel("coefficients", x="measurement", xticks=range(11), xlabels=NAMES)
    panel.bars(np.arange(11), closed, "closed form", 5)
    panel.points(np.arange(11), descent, "gradient descent", 0, radius=3.5, opacity=1)
    figure.save(folder / "linear_regression.svg")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
