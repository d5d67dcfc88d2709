# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""data.py FOLDER [COUNT]: whole numbers below a million, in English and in German words.

train        COUNT numbers (4,000 unless told), chosen with a fixed seed
validation   a quarter as many others

each with x.npy, the English words, and labels.npy, the letters of the German word, as their places in WORDS and LETTERS.
"""
import pathlib
import sys

import numpy as np

ENGLISH_ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
                "seventeen eighteen nineteen").split()
ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
GERMAN_ONES = ("null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
               "siebzehn achtzehn neunzehn").split()
GERMAN_TENS = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()

# Place 0 is what stands behind the end; the answer says by a full stop that it ends.
WORDS = ["", *ENGLISH_ONES, *ENGLISH_TENS, "hundred", "thousand", "and"]
LETTERS = ["", ".", *sorted(set("".join(GERMAN_ONES + GERMAN_TENS) + "tausend"))]
LONGEST = 999_999, 777_777  # in words, in letters


def english(n):
    """seven hundred and forty two thousand and six"""
    if n < 20:
        return [ENGLISH_ONES[n]]
    if n < 100:
        return [ENGLISH_TENS[n // 10 - 2]] + (english(n % 10) if n % 10 else [])
    if n < 1000:
        return [ENGLISH_ONES[n // 100], "hundred"] + (["and"] + english(n % 100) if n % 100 else [])
    rest = n % 1000
    return english(n // 1000) + ["thousand"] + (["and"] if 0 < rest < 100 else []) + (english(rest) if rest else [])


def german(n, last=True):
    """siebenhundertzweiundvierzigtausendsechs; one is `eins` at the end alone"""
    if n < 20:
        return "eins" if n == 1 and last else GERMAN_ONES[n]
    if n < 100:
        return (GERMAN_ONES[n % 10] + "und" if n % 10 else "") + GERMAN_TENS[n // 10 - 2]
    size, word = (100, "hundert") if n < 1000 else (1000, "tausend")
    return german(n // size, last=False) + word + (german(n % size, last) if n % size else "")


def places(items, known, length):
    return np.array([known.index(item) for item in items] + [0] * (length - len(items)), np.uint8)


def arrays(numbers):
    words, letters = len(english(LONGEST[0])), len(german(LONGEST[1])) + 1
    return {"x": np.array([places(english(n), WORDS, words) for n in numbers]),
            "labels": np.array([places(german(n) + ".", LETTERS, letters) for n in numbers])}


def main(folder, count=4000):
    numbers = np.random.default_rng(1).choice(1_000_000, count + count // 4, replace=False)
    for name, part in (("train", numbers[:count]), ("validation", numbers[count:])):
        out = pathlib.Path(folder) / name
        out.mkdir(parents=True, exist_ok=True)
        for key, array in arrays(part).items():
            np.save(out / f"{key}.npy", array)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(sys.argv[1], *map(int, sys.argv[2:]))
