# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""plot.py FOLDER: learning curves, and the weights of each class as an image, from what run.sh left in FOLDER."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import curves
import picture
import results


def main(folder):
    folder = pathlib.Path(folder)
    weights = results.parameters(folder / "w.safetensors")["logits/kernel"].T.reshape(10, 28, 28)
    strongest = np.quantile(abs(weights), 0.99)
    figure = picture.Figure(columns=2)
    curves.panels(figure, folder / "history.csv", "softmax regression")
    figure.image("weights of the classes 0 to 9: white for, black against", picture.mosaic(weights / strongest / 2 + 0.5, gap=6),
                 width=720, height=104)
    figure.save(folder / "softmax_regression.svg")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
