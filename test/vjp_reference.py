#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""vjp_reference.py [--only OP] [--verbose] FILE...: outputs and vector-Jacobian products against recorded ones.

A FILE (plain or gzip) has one JSON object a line: op, variant, input, args, kwargs, out, cot, grads, of a PyTorch
operator in f64. Each sample becomes nodes of a graph (the table is in vjp/) whose floating operands are parameters and
whose loss is sum(out * cot), so that `gradients` gives the products. Many samples share one model. Prints a line an op and
`N passed, M failed, K skipped`, where symc cannot express what is skipped; exits 1 after a failure. An argument that the
table does not know is an error of this program: it is printed as `not mapped: OP ARGUMENT=VALUE`, and the exit is 2.
"""
import argparse
import collections
import gzip
import json
import os
import pathlib
import sys
import tempfile

from vjp.mapping import build
from vjp.runner import Lacking, isolated_all, write_graph
from vjp.sample import NoOp, NotMapped


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--only", help="ops whose name contains this")
    parser.add_argument("--batch", type=int, default=32, help="samples in one model")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--verbose", action="store_true", help="every sample that is skipped")
    parser.add_argument("--map-only", action="store_true", help="build the graphs and stop")
    arguments = parser.parse_args()
    records = []
    for file in arguments.files:
        with (gzip.open(file, "rt") if open(file, "rb").read(2) == b"\x1f\x8b" else open(file)) as f:
            records += [json.loads(line) for line in f if line.strip()]
    if arguments.only:
        records = [r for r in records if arguments.only in r["op"]]
    if not records:
        parser.error("no sample" + (f" of an operator whose name contains '{arguments.only}'" if arguments.only else ""))
    results, samples, not_mapped = {}, [], []
    for number, record in enumerate(records):
        try:
            samples.append(build(number, record))
        except NoOp as e:
            results[number] = ("skip", str(e))
        except NotMapped as e:
            not_mapped.append(str(e))
            results[number] = ("fail", str(e))
    with tempfile.TemporaryDirectory(prefix="symc-vjp-") as folder:
        folder = pathlib.Path(folder)
        batches = [samples[i:i + arguments.batch] for i in range(0, len(samples), arguments.batch)]
        if arguments.map_only:
            for i, batch in enumerate(batches):
                write_graph(batch, folder / f"b{i}.json")
                json.loads((folder / f"b{i}.json").read_text())
            batches = []
        try:
            results.update(isolated_all(batches, folder, arguments.jobs))
        except Lacking as e:
            sys.exit(str(e))
    table = collections.defaultdict(list)
    for number, record in enumerate(records):
        table[record["op"]].append((number, results.get(number)))
    counts = collections.Counter()
    for op, rows in table.items():
        tally = collections.Counter("passed" if r is None else {"fail": "failed", "skip": "skipped"}[r[0]] for _, r in rows)
        counts.update(tally)
        print(f"{op}: " + ", ".join(f"{tally[k]} {k}" for k in ("passed", "failed", "skipped") if tally[k]))
        for number, r in rows:
            if r and (r[0] == "fail" or arguments.verbose):
                print(f"    sample {number} {records[number]['variant']} {r[0]}: {r[1]}")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 2 if not_mapped else 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
