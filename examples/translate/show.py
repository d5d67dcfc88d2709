# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""show.py FOLDER OUT.svg: some of FOLDER's translations, printed, and where the decoder looked while it spelled two of them.

FOLDER has what the model was asked, validation/x.npy, what is right, validation/labels.npy, and what it said: answer.npy and
attention.npy, for each number a row for each letter with a column for each word.
"""
import pathlib
import sys
from xml.sax.saxutils import escape

import numpy as np

from data import LETTERS, WORDS

WIDE, HIGH, LEFT, TOP = 14, 18, 80, 26  # a cell, and the place of the first one, in pixels


def text(answer):
    return "".join(LETTERS[code] for code in answer).split(".")[0]


def picture(left, top, words, answer, attention):
    """A column for each letter of the answer, a row for each word: the darker, the more the decoder looked at it."""
    parts = []
    for row, word in enumerate(words):
        middle = top + row * HIGH + 13
        parts.append(f'<text x="{left - 6}" y="{middle}" text-anchor="end">{escape(word)}</text>')
        parts += [f'<rect x="{left + column * WIDE}" y="{top + row * HIGH}" width="{WIDE}" height="{HIGH}" '
                  f'fill-opacity="{attention[column, row]:.2f}"/>'
                  for column in range(len(answer)) if attention[column, row] >= 0.01]
    parts += [f'<text x="{left + column * WIDE + WIDE / 2:g}" y="{top - 8}" text-anchor="middle">{letter}</text>'
              for column, letter in enumerate(answer)]
    parts.append(f'<rect x="{left}" y="{top}" width="{len(answer) * WIDE}" height="{len(words) * HIGH}" fill="none" '
                 'stroke="#888888"/>')
    return parts


def main(folder, out):
    folder = pathlib.Path(folder)
    x, labels, answers, attention = (np.load(folder / f"{name}.npy") for name in
                                     ("validation/x", "validation/labels", "answer", "attention"))
    asked = [[WORDS[code] for code in row if code] for row in x]
    wanted, said = [text(row) for row in labels], [text(row) for row in answers]
    wrong = [i for i in range(len(asked)) if wanted[i] != said[i]]
    for i in range(5):
        print(" ".join(asked[i]), "->", said[i])
    print(f"wrong: {len(wrong)} of {len(asked)}")
    for i in wrong[:3]:
        print(" ".join(asked[i]), "->", said[i], "instead of", wanted[i])

    parts, top, width = [], TOP, 0
    by_length = sorted(range(len(said)), key=lambda i: (len(wanted[i]), i))
    for i in (by_length[len(said) // 2], by_length[-1]):
        parts += picture(LEFT, top, asked[i], said[i] + ".", attention[i])
        top += len(asked[i]) * HIGH + 2 * TOP
        width = max(width, LEFT + (len(said[i]) + 1) * WIDE + 10)
    pathlib.Path(out).write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{top - TOP}" font-family="sans-serif" '
        'font-size="12"><rect width="100%" height="100%" fill="white"/><g fill="#2040a0">\n' +
        "\n".join(part.replace("<text", '<text fill="black"') for part in parts) + "\n</g></svg>\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
