# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""data.py FOLDER [STEP]: alice.txt as numbers, in pieces for truncated backpropagation.

train        x.npy, [pieces, 4, 64], four windows of 64 characters that follow each other, and labels.npy, the same one
             character further; a piece begins every STEP characters, 64 unless told: each is read four times in an epoch
validation   one piece of as many windows as there are
"""
import sys

from alice import parts, save, windows

WINDOW = 64


def main(folder, step=WINDOW):
    for name, places, count in zip(("train", "validation"), parts(), (4, None)):
        count = count or (len(places) - 1) // WINDOW
        x, labels = (a.reshape(-1, count, WINDOW) for a in windows(places, count * WINDOW, step))
        save(f"{folder}/{name}", x=x, labels=labels)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(sys.argv[1], *map(int, sys.argv[2:]))
