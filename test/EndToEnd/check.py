# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""check.py FIGURE BOUND EXAMPLES FILE: what `symc eval` printed: a loss is at most, anything else at least, BOUND."""
import json
import sys

figure, bound, examples, path = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    result = json.load(file)
value = result[figure]
fine = value <= float(bound) if figure == "loss" else value >= float(bound)
if not fine or result["examples"] != int(examples):
    sys.exit(f"{figure} should reach {bound} on {examples} examples: {result}")
