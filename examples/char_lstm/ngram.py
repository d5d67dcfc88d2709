# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""ngram.py [ORDER…]: the loss of models that count, on the part of alice.txt that is kept for validation.

A model of order n knows n - 1 characters before: it takes p(c | before) = (count(before c) + k p(c | one fewer before)) /
(count(before) + k) from the rest of the text, and without any before p(c) = 1 / size of the alphabet. k is the one of 1, 2,
4, … 32 that is best on the validation part itself, which favours these models. Order 2 is the bigram model. Prints the loss,
the mean of -log p, of each order (2 unless told).
"""
import collections
import json
import math
import sys

from alice import ALPHABET, decode, parts


def loss(order, k, counts, text):
    total = 0
    for i in range(order - 1, len(text)):
        p = 1 / len(ALPHABET)
        for known in range(order):
            before = text[i - known:i]
            if before in counts:
                p = (counts[before][text[i]] + k * p) / (counts[before].total() + k)
        total -= math.log(p)
    return total / (len(text) - order + 1)


def count(text, order):
    counts = collections.defaultdict(collections.Counter)
    for i in range(len(text)):
        for known in range(min(order - 1, i) + 1):
            counts[text[i - known:i]][text[i]] += 1
    return counts


def main(orders):
    train, validation = map(decode, parts())
    counts = count(train, max(orders))
    print(json.dumps({str(order): min(loss(order, 2**power, counts, validation) for power in range(6)) for order in orders}))


if __name__ == "__main__":
    if not all(argument.isdigit() and int(argument) for argument in sys.argv[1:]):
        sys.exit(__doc__)
    main([int(argument) for argument in sys.argv[1:]] or [2])
