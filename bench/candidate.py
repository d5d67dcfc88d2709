#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""candidate.py PEER SETTING ROW THREADS [LOSSES]: runs one row (see rows.py) in one system, driven by compare.py.

Prints one JSON line about itself when it is warm; then, for each line on standard input with a number of seconds, the
mean time of a step over about that long. A step takes NumPy arrays (symc: pointers to them), as a program that reads its
data would have them. With LOSSES it prints the losses of so many first steps instead, in the line about itself.
"""
import json
import sys

from rows import Row
from systems import load


def main():
    peer, setting, row, threads = sys.argv[1], sys.argv[2], Row.parse(sys.argv[3]), int(sys.argv[4])
    system = load(peer)(row, setting, threads)
    about = {"version": system.version}
    if sys.argv[5:]:
        print(json.dumps({**about, "losses": system.losses(int(sys.argv[5]))}), flush=True)
        return
    system.warm()
    print(json.dumps(about), flush=True)
    for line in sys.stdin:
        print(system.measure(float(line)), flush=True)


if __name__ == "__main__":
    main()
