# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""data.py FOLDER: airline.csv as FOLDER/train, the first two thirds, and FOLDER/test, all of it.

Each has x.npy, the series [1, time, 1], y.npy, the same a month later, and counts.npy: 1 where a forecast counts. Of the
test these are the last third; the months before only lead there.
"""
import pathlib
import sys

import numpy as np

SERIES = np.loadtxt(pathlib.Path(__file__).parent / "airline.csv", delimiter=",", skiprows=1, usecols=1)
SPLIT = int(len(SERIES) * 0.67)  # 96 months to train on


def main(folder):
    for part, first, end in (("train", 1, SPLIT), ("test", SPLIT, len(SERIES))):
        out = pathlib.Path(folder) / part
        out.mkdir(parents=True, exist_ok=True)
        counts = np.arange(1, end) >= first
        for name, values in (("x", SERIES[:end - 1]), ("y", SERIES[1:end]), ("counts", counts)):
            np.save(out / f"{name}.npy", values.astype(np.float32).reshape(1, -1, 1))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
