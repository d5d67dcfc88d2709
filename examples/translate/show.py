# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""show.py FOLDER OUT.svg: some of FOLDER's translations, printed, and where the decoder looked while it spelled two of them.

FOLDER has what the model was asked, validation/x.npy, what is right, validation/labels.npy, and what it said: answer.npy and
attention.npy, for each number a row for each letter with a column for each word.
"""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import picture
from data import LETTERS, WORDS


def text(answer):
    return "".join(LETTERS[code] for code in answer).split(".")[0]


def panel(figure, words, answer, attention):
    """A column for each letter of the answer, a row for each word: the darker, the more the decoder looked at it."""
    letters, rows = len(answer), len(words)
    axes = figure.panel("", xlim=(-0.5, letters - 0.5), ylim=(rows - 0.5, -0.5), xticks=range(letters), xlabels=answer,
                        ylabels=words, width=110 + 15 * letters, height=54 + 20 * rows)
    cells = np.kron(1 - attention[:letters, :rows].T, np.ones((20, 15)))  # a pixel would be blurred
    axes.image(cells, -0.5, letters - 0.5, rows - 0.5, -0.5)


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

    figure = picture.Figure(columns=1)
    by_length = sorted(range(len(said)), key=lambda i: (len(wanted[i]), i))
    for i in (by_length[len(said) // 2], by_length[-1]):
        panel(figure, asked[i], said[i] + ".", attention[i])
    figure.save(out)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
