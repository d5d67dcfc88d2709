# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""The text of alice.txt as numbers, and what to learn of it from; for the other scripts."""
import pathlib

import numpy as np

TEXT = (pathlib.Path(__file__).parent / "alice.txt").read_text("ascii")
ALPHABET = "".join(sorted(set(TEXT)))


def encode(text):
    """The places of characters in ALPHABET."""
    return np.array([ALPHABET.index(c) for c in text], np.uint8)


def decode(places):
    return "".join(ALPHABET[p] for p in places)


def parts():
    """Nine tenths of the text to learn from, and the last one to be measured on, encoded."""
    places = encode(TEXT)
    cut = len(places) * 9 // 10
    return places[:cut], places[cut:]


def windows(places, length, step):
    """Pieces of `length` characters that begin every `step`, and the same one character further, [pieces, length] each."""
    found = np.lib.stride_tricks.sliding_window_view(places, length + 1)[::step]
    return found[:, :-1], found[:, 1:]


def save(folder, **arrays):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
