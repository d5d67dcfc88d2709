# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""data.py FOLDER [SIZE]: hopper.png as FOLDER/x.npy, bytes [1, height, width, 3]; with SIZE a square from its middle."""
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import picture


def main(folder, size=256):
    image = picture.read_png(HERE / "hopper.png")
    start = (len(image) - int(size)) // 2
    middle = slice(start, start + int(size))
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    np.save(pathlib.Path(folder) / "x.npy", image[None, middle, middle])


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
