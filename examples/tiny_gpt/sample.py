# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""sample.py FOLDER: prints what the model went on from, FOLDER/write/prompt.npy, and what it wrote, FOLDER/text.npy."""
import pathlib
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / "char_lstm"))
from alice import decode


def main(folder):
    print(decode(np.load(f"{folder}/write/prompt.npy")[0]) + "|" + decode(np.load(f"{folder}/text.npy")))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
