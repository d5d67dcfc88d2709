# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""data.py FOLDER TRAIN TEST: seeded pictures of shapes, as FOLDER/train and FOLDER/test with x.npy and labels.npy.

x       u8 [count, 48, 48, 3]: discs, squares and triangles of any colour, size and angle, on a ground that changes its
        colour from side to side, under Gaussian noise. Shapes may cover each other.
labels  u8 [count, 48, 48]: what each pixel belongs to: 0 ground, 1 disc, 2 square, 3 triangle
"""
import pathlib
import sys

import numpy as np

SIZE = 48


def inside(kind, across, up):
    """The points of a shape of radius 1 around the origin."""
    if kind == 1:
        return across**2 + up**2 < 0.8
    if kind == 2:
        return np.maximum(abs(across), abs(up)) < 0.8
    sides = [across * np.cos(a) + up * np.sin(a) for a in (np.pi / 2, np.pi * 7 / 6, np.pi * 11 / 6)]
    return np.max(sides, axis=0) < 0.6


def scene(rng):
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    one, two = rng.uniform(0, 255, (2, 3))
    angle = rng.uniform(0, 2 * np.pi)
    share = 0.5 + ((rows / SIZE - 0.5) * np.sin(angle) + (columns / SIZE - 0.5) * np.cos(angle)) / 1.5
    image, labels = one + share[:, :, None] * (two - one), np.zeros((SIZE, SIZE), np.uint8)
    for _ in range(rng.integers(2, 4)):
        kind, radius, turn = rng.integers(1, 4), rng.uniform(7, 13), rng.uniform(0, 2 * np.pi)
        y, x = rows - rng.uniform(6, SIZE - 6), columns - rng.uniform(6, SIZE - 6)
        across, up = (x * np.cos(turn) + y * np.sin(turn)) / radius, (y * np.cos(turn) - x * np.sin(turn)) / radius
        where = inside(kind, across, up)
        labels[where] = kind
        image[where] = rng.uniform(0, 255, 3)
    return np.clip(image + rng.normal(0, 12, image.shape), 0, 255).astype(np.uint8), labels


def main(folder, *counts):
    for stream, part in enumerate(("train", "test")):
        rng = np.random.default_rng([6, stream])
        scenes = [scene(rng) for _ in range(int(counts[stream]))]
        out = pathlib.Path(folder) / part
        out.mkdir(parents=True, exist_ok=True)
        np.save(out / "x.npy", np.stack([image for image, _ in scenes]))
        np.save(out / "labels.npy", np.stack([labels for _, labels in scenes]))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
