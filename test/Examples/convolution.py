# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""convolution.py FOLDER: blur, sharpen and edges are those of NumPy in f64, and the images that were drawn are they."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "examples"))
import picture

folder = pathlib.Path(sys.argv[1])
x = np.load(folder / "x.npy")[0] / 255
size = len(x)
framed = np.pad(x, [(2, 2), (2, 2), (0, 0)], mode="edge")


def slide(image, kernel):
    """Cross-correlation, without a border."""
    k = len(kernel)
    return sum(kernel[i, j] * image[i:len(image) - k + 1 + i, j:len(image) - k + 1 + j] for i in range(k) for j in range(k))


row = np.array([1, 4, 6, 4, 1]) / 16
blur = slide(framed, np.outer(row, row))
sobel = np.outer([1, 2, 1], [-1, 0, 1])
grey = (framed @ [0.299, 0.587, 0.114])[1:-1, 1:-1]
expected = {"blur": blur, "sharpen": np.clip(x + 1.5 * (x - blur), 0, 1),
            "edges": np.hypot(slide(grey, sobel), slide(grey, sobel.T))[:, :, None]}
for name, values in expected.items():
    got = np.load(folder / f"{name}.npy")[0]
    assert got.shape == values.shape and abs(got - values).max() < 1e-5, name
assert abs(picture.read_png(folder / "blur.png") / 255 - blur).max() < 0.6 / 255
assert (picture.read_png(folder / "image.png") == np.load(folder / "x.npy")[0]).all()
