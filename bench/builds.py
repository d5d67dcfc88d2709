#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""builds.py OLD NEW [ROW ...] [--threads 1,2] [--rounds R] [--cpu NAMES]: two builds of symc against each other.

OLD and NEW are build folders (their bin/symc is used). Every row (see rows.py; without any, those of bench/README.md) is
compiled by both, and the libraries are measured in turn, round by round, pinned: OLD, NEW, then OLD again, which tells how
much of a difference is noise. Printed are medians, the ratio NEW / OLD (below 1: faster) and OLD's against itself, then
geometric means and the worst row; the same for the time of `symc compile`.
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from rows import Row

ROWS = """linear_regression perceptron softmax_regression small_cnn perceptron:784-512-10@4096 perceptron:512-2048-512-10@512
perceptron:64-256-1@1024 perceptron:1024-1024-10@256 small_cnn:32-32-32-64-64-256-10@32 perceptron:784-512-10@64
perceptron:784-512-10@64/predict perceptron:784-512-10@1/predict softmax_regression:32-32-100@64 linear_regression:1000@1000
small_cnn/predict small_cnn@1/predict softmax_regression@1/predict softmax_regression/predict perceptron:4096-256-1@32
small_cnn@1 softmax_regression@1 perceptron:2-7-1@1 perceptron:13-64-64-1@7 perceptron/predict linear_regression@1""".split()


class Build:
    """The libraries of one build folder and what was measured of them."""

    def __init__(self, folder, scratch):
        self.program = str(pathlib.Path(folder).resolve() / "bin" / "symc")
        self.scratch, self.compiles = scratch, []
        scratch.mkdir()

    def library(self, row, source, cpu):
        path = self.scratch / f"{source.stem}{row.function}.so"
        command = [self.program, "compile", str(source), "-o", str(path), *(["--cpu", cpu] if cpu else [])]
        if not path.exists():
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        return path

    def compile_seconds(self, source):
        begin = time.perf_counter()
        subprocess.run([self.program, "compile", str(source), "-o", str(self.scratch / "timed.so")], check=True,
                       stderr=subprocess.DEVNULL)
        return time.perf_counter() - begin

    def measure(self, library, row, dim, threads, cores):
        command = [self.program, "bench", str(library), "--function", row.function, "--dim", f"{dim}={row.batch}",
                   "--threads", str(threads)]
        result = subprocess.run(command, check=True, capture_output=True, text=True,
                                preexec_fn=lambda: os.sched_setaffinity(0, cores))
        return json.loads(result.stdout)["median_ns"]


def report(title, table):
    """`table`: (name, old, new, old again)."""
    print(f"\n| {title} | old | new | new / old | old / old |\n|---|---|---|---|---|")
    for name, old, new, again in table:
        print(f"| {name} | {old:,.4g} | {new:,.4g} | {new / old:.3f} | {again / old:.3f} |")
    mean = lambda ratios: math.exp(statistics.fmean(map(math.log, ratios)))
    worst = max(table, key=lambda row: row[2] / row[1])
    print(f"\ngeometric mean {mean([n / o for _, o, n, _ in table]):.3f} (old against itself "
          f"{mean([a / o for _, o, _, a in table]):.3f}); worst {worst[0]} {worst[2] / worst[1]:.3f} "
          f"(old against itself: {max(a / o for _, o, _, a in table):.3f})", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old"), parser.add_argument("new"), parser.add_argument("rows", nargs="*")
    parser.add_argument("--threads", default="1,2"), parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cpu", default="", help="instruction set to compile for (default: this machine's)")
    parser.add_argument("--no-compile", action="store_true", help="leave out the times of `symc compile`")
    options = parser.parse_args()
    rows = [Row.parse(name) for name in options.rows or ROWS]
    with tempfile.TemporaryDirectory(prefix="symc-builds-") as name:
        scratch = pathlib.Path(name)
        old, new = Build(options.old, scratch / "old"), Build(options.new, scratch / "new")
        sources = {}
        for row in rows:
            sources[row.name] = scratch / (row.kind + "-".join(map(str, row.sizes)) + ".json")
            sources[row.name].write_text(row.graph())
        for threads in map(int, options.threads.split(",")):
            cores, table = set(sorted(os.sched_getaffinity(0))[:threads]), []
            for row in rows:
                source = sources[row.name]
                dim = next(d for d in ("batch", "m", "n") if f"[{d}," in source.read_text())
                libraries = [b.library(row, source, options.cpu) for b in (old, new, old)]
                times = [[], [], []]
                for _ in range(options.rounds):
                    for build, library, found in zip((old, new, old), libraries, times):
                        found.append(build.measure(library, row, dim, threads, cores))
                table.append((row.name, *(statistics.median(t) / 1000 for t in times)))
            report(f"microseconds, {threads} thread{'s' * (threads > 1)}", table)
        if not options.no_compile:
            table = []
            for row in {r.kind: r for r in reversed(rows)}.values():
                times = [[], [], []]
                for _ in range(2 * options.rounds + 1):
                    for build, found in zip((old, new, old), times):
                        found.append(build.compile_seconds(sources[row.name]))
                table.append((row.kind, *(statistics.median(t) * 1000 for t in times)))
            report("milliseconds of `symc compile`", table)


if __name__ == "__main__":
    sys.exit(main())
