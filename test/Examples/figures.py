# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""figures.py PRINTED NAME<BOUND|NAME>BOUND…: the last figure called NAME that an example has printed, in a line of JSON."""
import json
import re
import sys

printed, *conditions = sys.argv[1:]
figures = {}
with open(printed, encoding="utf-8") as file:
    for line in file:
        if line.startswith("{"):
            figures.update(json.loads(line))
assert conditions
for condition in conditions:
    name, sign, bound = re.fullmatch(r"(\w+)([<>])(\S+)", condition).groups()
    value, bound = float(figures[name]), float(bound)
    if not (value < bound if sign == "<" else value > bound):  # NaN is neither
        sys.exit(f"{condition}: {figures}")
