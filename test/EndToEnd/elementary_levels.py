# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""elementary_levels.py GRAPH: with AVX-512 elementary functions take the operations that they take with AVX2, on twice as many
lanes. All of them are IEEE's, whose results do not depend on how many are computed at a time, so what docs/accuracy.md says of
all inputs at x86-64-v3 is true of x86-64-v4 as well."""
import re
import subprocess
import sys

LANES = {"x86-64-v3": 8, "x86-64-v4": 16}
# How vectors come and go, which differs: rests of tensors are masked vectors with AVX-512, loops of their own with AVX2.
MOVES = ("load", "store", "getelementptr", "phi", "insertelement", "shufflevector", "extractelement", "icmp sgt")


def kernels(graph, level):
    """By kernel the operations on whole vectors, in order, each with its constants but without the names of values."""
    text = subprocess.run(["symc", "compile", graph, "--cpu", level, "--emit", "llvm"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    whole = f"<{LANES[level]} x "
    found = {}
    for name, body in re.findall(r"^define [^\n]*@(k\d+)\(.*?\{\n(.*?)^\}", text, re.S | re.M):
        operations = found.setdefault(name, [])
        for line in body.splitlines():
            operation = re.match(r"\s+%[\w.]+ = (.*)", line)
            if operation and whole in line and not operation[1].startswith(MOVES) and "masked." not in line:
                plain = re.sub(r"%[\w.]+", "%", operation[1]).replace(whole, "<N x ")
                plain = plain.replace(f"to i{LANES[level]}", "to iN")  # a lane a bit: whether one of them is huge
                operations.append(re.sub(r"\.v\d+([if]\d+)", r".vN\1", plain))
    return found


def main(graph):
    narrow, wide = (kernels(graph, level) for level in LANES)
    assert narrow.keys() == wide.keys() and len(wide) > 20, (sorted(narrow), sorted(wide))
    for name, operations in wide.items():
        assert len(operations) > 0, name
        for i, (a, b) in enumerate(zip(narrow[name], operations)):
            assert a == b, f"{name}, operation {i}: {a}, with AVX-512 {b}"
        assert len(narrow[name]) >= len(operations), name
    print(f"{sum(map(len, wide.values()))} operations of {len(wide)} kernels are the same")


main(sys.argv[1])
