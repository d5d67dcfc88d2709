# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""data.py FOLDER [STEP]: the text of examples/char_lstm as numbers, in windows of 64 characters.

train        a window begins every STEP characters, 16 unless told: each character is read four times in an epoch
validation   a window begins every 32, and the first 32 of its labels are -1: each character counts once, and is guessed from
             at least 32 others, but for those of the first window
write        what `write` takes: prompt.npy, the last 64 characters to learn from, and temperature.npy, 0.7
"""
import pathlib
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / "char_lstm"))
from alice import parts, save, windows

WINDOW = 64


def main(folder, step=WINDOW // 4):
    train, validation = parts()
    x, labels = windows(train, WINDOW, step)
    save(f"{folder}/train", x=x, labels=labels.astype(np.int16))
    x, labels = windows(validation, WINDOW, WINDOW // 2)
    labels = labels.astype(np.int16)
    labels[1:, :WINDOW // 2] = -1
    save(f"{folder}/validation", x=x, labels=labels)
    save(f"{folder}/write", prompt=train[None, -WINDOW:], temperature=np.float32(0.7))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(sys.argv[1], *map(int, sys.argv[2:]))
