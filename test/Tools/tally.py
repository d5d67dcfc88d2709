# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Counts what a test looked at and what of it was wrong."""


class Tally:
    """Called with what is looked at, whether it is good, and what was seen."""

    def __init__(self):
        self.cases = self.failed = 0

    def __call__(self, what, good, seen=""):
        self.cases += 1
        if not good:
            self.failed += 1
            print("wrong:", what, seen)
