# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""data.py FOLDER: generated, seeded data sets for the perceptron, each a folder with x.npy and y.npy.

moons, moons_test   two interleaved half circles with Gaussian noise of 0.1
xor, xor_test       the four corners of a square with Gaussian noise of 0.2; opposite corners are one class
curve, curve_test   y = sin(2 x) + x / 3 on [-3, 3] with Gaussian noise of 0.1
"""
import pathlib
import sys

import numpy as np


def moons(rng, count):
    side = np.arange(count) % 2
    angle = rng.random(count) * np.pi
    sign = 1 - 2 * side
    x = np.stack([np.cos(angle) * sign + side, np.sin(angle) * sign + 0.5 * side], axis=1)
    return x + rng.normal(0, 0.1, x.shape), side[:, None]


def xor(rng, count):
    corner = rng.integers(0, 2, (count, 2))
    return corner * 2.0 - 1 + rng.normal(0, 0.2, corner.shape), (corner[:, :1] != corner[:, 1:])


def curve(rng, count):
    x = rng.uniform(-3, 3, (count, 1))
    return x, np.sin(2 * x) + x / 3 + rng.normal(0, 0.1, x.shape)


def main():
    folder = pathlib.Path(sys.argv[1])
    for stream, make in enumerate([moons, xor, curve]):
        for part, count in ((0, 2000), (1, 1000)):
            x, y = make(np.random.default_rng([stream, part]), count)
            out = folder / (make.__name__ + ("_test" if part else ""))
            out.mkdir(parents=True, exist_ok=True)
            np.save(out / "x.npy", x.astype(np.float32))
            np.save(out / "y.npy", y.astype(np.float32))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
