# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""plot.py FOLDER: learning curves, and images, truth and prediction side by side, from what run.sh left in FOLDER."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import picture

COLOURS = np.array([[40, 44, 52], [97, 175, 239], [224, 108, 117], [229, 192, 123]], np.uint8)  # ground disc square triangle


def main(folder):
    folder = pathlib.Path(folder)
    x, truth = (np.load(folder / "test" / f"{name}.npy")[:8] for name in ("x", "labels"))
    prediction = np.load(folder / "classes.npy")[:8]
    figure = picture.Figure(columns=1, width=760)
    figure.image("images", picture.mosaic(x, gap=2), height=124)
    figure.image("truth: disc blue, square red, triangle yellow", picture.mosaic(COLOURS[truth], gap=2), height=124)
    figure.image("prediction", picture.mosaic(COLOURS[prediction], gap=2), height=124)
    figure.image("where they differ", picture.mosaic(truth != prediction, gap=2), height=124)
    figure.save(folder / "segmentation.svg")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
