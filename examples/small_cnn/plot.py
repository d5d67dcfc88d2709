# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""plot.py FOLDER: learning curves, and the filters of the first layer, from what run.sh left in FOLDER."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import curves
import picture
import results


def main(folder):
    folder = pathlib.Path(folder)
    filters = np.moveaxis(results.parameters(folder / "w.safetensors")["conv1/kernel"][:, :, 0], -1, 0)
    figure = picture.Figure(columns=2)
    curves.panels(figure, folder / "history.csv", "small CNN")
    strongest = abs(filters).max(axis=(1, 2), keepdims=True)
    figure.image("the 16 filters of conv1: white positive, black negative", picture.mosaic(filters / strongest / 2 + 0.5),
                 width=720, height=78)
    figure.save(folder / "small_cnn.svg")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
