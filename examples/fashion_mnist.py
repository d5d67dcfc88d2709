# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""fashion_mnist.py FOLDER [TRAIN [TEST]]: Fashion-MNIST as FOLDER/train and FOLDER/test with x.npy and labels.npy.

The images come from the Debian package dataset-fashion-mnist. `symc` reads these IDX files itself; as folders they can
also be a data set to validate on. TRAIN and TEST take that many images from the beginning; the bytes stay bytes.
"""
import gzip
import pathlib
import sys

import numpy as np

SOURCE = pathlib.Path("/usr/share/datasets/fashion-mnist")


def idx(path):
    data = gzip.open(path).read()
    rank = data[3]
    shape = np.frombuffer(data, ">i4", rank, offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def main(folder, *counts):
    for i, (part, name) in enumerate([("train", "train"), ("t10k", "test")]):
        count = int(counts[i]) if len(counts) > i else None
        out = pathlib.Path(folder) / name
        out.mkdir(parents=True, exist_ok=True)
        np.save(out / "x.npy", idx(SOURCE / f"{part}-images-idx3-ubyte.gz")[:count])
        np.save(out / "labels.npy", idx(SOURCE / f"{part}-labels-idx1-ubyte.gz")[:count])


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
