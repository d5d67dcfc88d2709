# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""plot.py FOLDER: what run.sh left in FOLDER as images, each as large as it is, and a detail of all side by side."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import picture


def main(folder):
    folder = pathlib.Path(folder)
    images = {"image": picture.pixels(np.load(folder / "x.npy")[0])}
    for name in ("blur", "sharpen"):
        images[name] = picture.pixels(np.load(folder / f"{name}.npy")[0])
    edges = np.load(folder / "edges.npy")[0, :, :, 0]
    images["edges"] = picture.pixels(1 - edges / edges.max())
    figure = picture.Figure(columns=4, width=190, height=210)
    for name, image in images.items():
        picture.write_png(folder / f"{name}.png", image)
        figure.image(name, image[20:164, 60:204] if len(image) >= 204 else image)
    figure.save(folder / "convolution.svg")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
