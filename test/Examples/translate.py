# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""translate.py FOLDER EXAMPLE: FOLDER's data is right and its two parts are apart, its answers are what `exam` counts, and the
decoder looks at words alone."""
import json
import pathlib
import sys

import numpy as np

folder = pathlib.Path(sys.argv[1])
sys.path.insert(0, sys.argv[2])
from data import LETTERS, LONGEST, english, german

for number, words, word in (
        (0, "zero", "null"), (1, "one", "eins"), (21, "twenty one", "einundzwanzig"),
        (101, "one hundred and one", "einhunderteins"),
        (1_001, "one thousand and one", "eintausendeins"), (31_000, "thirty one thousand", "einunddreißigtausend"),
        (716_300, "seven hundred and sixteen thousand three hundred", "siebenhundertsechzehntausenddreihundert")):
    assert (" ".join(english(number)), german(number)) == (words, word), number
below_1000 = max(len(english(n)) for n in range(1000)), max(len(german(n)) for n in range(1000))
assert below_1000 == (len(english(LONGEST[0] % 1000)), len(german(LONGEST[1] % 1000)))

x, labels, trained = (np.load(folder / f"{name}.npy") for name in ("validation/x", "validation/labels", "train/x"))
assert not {row.tobytes() for row in x} & {row.tobytes() for row in trained}
answer, attention = np.load(folder / "answer.npy"), np.load(folder / "attention.npy")
np.testing.assert_allclose(attention.sum(axis=2), 1, rtol=1e-5)
assert not attention[np.broadcast_to((x == 0)[:, None], attention.shape)].any()
ends = (labels == LETTERS.index(".")).argmax(axis=1)
right = [np.array_equal(a[:end + 1], b[:end + 1]) for a, b, end in zip(answer, labels, ends)]
printed = [json.loads(line) for line in (folder / "printed").read_text().splitlines() if line.startswith("{")]
np.testing.assert_allclose(printed[-1]["exact_match"], np.mean(right), rtol=1e-6)
