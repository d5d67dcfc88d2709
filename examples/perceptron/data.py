# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""data.py FOLDER: generated, seeded data sets for the perceptron, each a folder with x.npy and y.npy.

moons, moons_test   two interleaved half circles with Gaussian noise of 0.1
xor, xor_test       the four corners of a square with Gaussian noise of 0.2; opposite corners are one class
curve, curve_test   y = sin(2 x) + x / 3 on [-3, 3] with Gaussian noise of 0.1

moons_grid, xor_grid and curve_grid have x.npy only: points all over the plane or the line, for the picture.
"""
import pathlib
import sys

import numpy as np

CORNERS = {"moons": ((-1.5, -1.0), (2.5, 1.5)), "xor": ((-1.8, -1.8), (1.8, 1.8))}
GRID = 60  # points along each side


def moons(rng, count):
    side = np.arange(count) % 2
    angle = rng.random(count) * np.pi
    sign = 1 - 2 * side
    x = np.stack([np.cos(angle) * sign + side, np.sin(angle) * sign + 0.5 * side], axis=1)
    return x + rng.normal(0, 0.1, x.shape), side[:, None]


def xor(rng, count):
    corner = rng.integers(0, 2, (count, 2))
    return corner * 2.0 - 1 + rng.normal(0, 0.2, corner.shape), (corner[:, :1] != corner[:, 1:])


def truth(x):
    return np.sin(2 * x) + x / 3


def curve(rng, count):
    x = rng.uniform(-3, 3, (count, 1))
    return x, truth(x) + rng.normal(0, 0.1, x.shape)


def grid(name):
    if name == "curve":
        return np.linspace(-3, 3, 121)[:, None]
    (left, bottom), (right, top) = CORNERS[name]
    across, up = np.meshgrid(np.linspace(left, right, GRID), np.linspace(bottom, top, GRID))
    return np.stack([across.ravel(), up.ravel()], axis=1)


def save(folder, **arrays):
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values.astype(np.float32))


def main(folder):
    folder = pathlib.Path(folder)
    for stream, make in enumerate([moons, xor, curve]):
        for part, count in enumerate((2000, 1000)):
            x, y = make(np.random.default_rng([stream, part]), count)
            save(folder / (make.__name__ + ("_test" if part else "")), x=x, y=y)
        save(folder / (make.__name__ + "_grid"), x=grid(make.__name__))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
