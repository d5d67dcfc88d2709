#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""compare.py [ROW ...] [--threads 1,2] [--seconds S]: symc beside PyTorch, JAX and TensorFlow, in one interleaved run.

Every row is a training step, or a forward pass, of one of the models of rows.py or of a model of its kind with other sizes:
ROW is KIND[:SIZES][@BATCH][/predict]. Each candidate is a process of its own, pinned to the same cores, warmed up and then
asked in turn, round by round, for the time of a batch of steps; what is printed is the median over the rounds, and beside
the ratio of these medians the median of the rounds' ratios, which a machine that is slower for a while changes less. symc
is asked through the same entry as `symc bench`. Peers run at the best of their settings: each setting is a candidate, and a
peer's figure is its best candidate's. On AMD, MKL falls back to AVX2 unless told that the CPU is one of Intel's: PyTorch is
given a preloaded library that says so.

--check measures nothing: it prints the losses of the first three steps of every candidate and the largest difference
from symc's, relative; the exit status is 1 if that is above 1e-3 (dropout makes small_cnn differ by far more).

Peers are looked for in the running Python (pip install torch jax tensorflow-cpu); those that are missing are left out
and named.
"""
import argparse
import json
import math
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

from kinds import KINDS
from rows import Row

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent
CLOSE = 1e-3  # relative difference of losses


def candidates(row):
    """(peer, setting) pairs that are worth a try for a row."""
    return [("symc", "")] + [(peer, setting) for peer, settings in row.SETTINGS.items() for setting in settings]


class Candidate:
    """A process that runs steps on request."""

    def __init__(self, peer, setting, row, threads, environment, cores, *more):
        self.name, self.times = f"{peer} {setting}".strip(), []
        self.peer = peer
        command = [sys.executable, str(HERE / "candidate.py"), peer, setting, row.name, str(threads), *more]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, env=environment, preexec_fn=lambda: os.sched_setaffinity(0, cores))
        self.about = None

    def start(self):
        """Waits until it is warm; what it says about itself, or why it cannot run."""
        line = self.process.stdout.readline()
        if not line:
            said = self.process.stderr.read().strip().splitlines()
            return None, said[-1] if said else "ended without a word"
        self.about = json.loads(line)
        return self.about, ""

    def measure(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        self.times.append(float(self.process.stdout.readline()))

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:  # compilers' helpers may keep a process that has nothing left to do
            self.process.kill()
            self.process.wait()


def intel_library(folder):
    """A library for LD_PRELOAD that has MKL use AVX-512 on AMD."""
    source, library = pathlib.Path(folder) / "intel.c", pathlib.Path(folder) / "intel.so"
    source.write_text("int mkl_serv_intel_cpu_true(void) { return 1; }\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    return str(library)


def cpu():
    """Name and vector instruction sets of this machine."""
    text = pathlib.Path("/proc/cpuinfo").read_text()
    field = lambda key: next((l.split(":", 1)[1].strip() for l in text.splitlines() if l.startswith(key)), "")
    flags = set(field("flags").split())
    sets = [name for name in ("avx2", "fma", "avx512f", "avx512_bf16") if name in flags]
    return f"{field('model name') or platform.processor()}, family {field('cpu family')}, {' '.join(sets)}"


def started(row, threads, options, preload, *more):
    """(candidates that are warm, what is said of those that cannot run); with `more` they only say what that asks for."""
    cores = set(sorted(os.sched_getaffinity(0))[:threads])
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads), TF_CPP_MIN_LOG_LEVEL="3",
                       CUDA_VISIBLE_DEVICES="", PYTHONPATH=str(PROJECT / "python"))
    running, absent = [], []
    for peer, setting in candidates(row):
        if peer not in ("symc", *options.peers.split(",")):
            continue
        special = dict(environment, LD_PRELOAD=preload) if peer == "torch" else environment
        candidate = Candidate(peer, setting, row, threads, special, cores, *more)
        about, why = candidate.start()  # one after the other: compilers should not disturb each other
        if about:
            running.append(candidate)
        else:
            absent.append(f"{candidate.name}: {why}")
        if more:
            candidate.stop()
    return running, absent


def run(row, threads, options, preload):
    running, absent = started(row, threads, options, preload)
    for i in range(options.rounds):
        for candidate in running[i % len(running):] + running[:i % len(running)]:
            candidate.measure(options.seconds)
    for candidate in running:
        candidate.stop()
    return running, absent


def check(row, threads, options, preload):
    """Whether the losses of the first steps agree with symc's."""
    running, absent = started(row, threads, options, preload, "3")
    print(f"\n{row.name}, batch {row.batch}: losses of the first steps, largest relative difference from symc's")
    ours, agree = next((c.about["losses"] for c in running if c.peer == "symc"), None), not absent
    for candidate in running:
        losses = candidate.about["losses"]
        apart = max(abs(a - b) / abs(b) for a, b in zip(losses, ours)) if ours else math.nan
        agree = agree and apart < CLOSE
        print(f"  {candidate.name:32} {'  '.join(f'{loss:.6f}' for loss in losses)}  {apart:.1e}", flush=True)
    for line in absent:
        print(f"  absent: {line}")
    return agree


def report(row, threads, running, absent):
    medians = {c: statistics.median(c.times) for c in running}
    symc = next((c for c in running if c.peer == "symc"), None)
    rival = min((c for c in running if c.peer != "symc"), key=medians.get, default=None)
    ours, best = medians.get(symc), medians.get(rival)
    print(f"\n{row.name}, batch {row.batch}, {threads} thread{'s' * (threads > 1)}")
    for candidate, median in sorted(medians.items(), key=lambda item: item[1]):
        spread = (max(candidate.times) - min(candidate.times)) / median
        ratio = f"{median / ours:7.2f} x" if ours else ""
        print(f"  {candidate.name:32} {median * 1e6:10.2f} us  ±{spread / 2:5.1%} {ratio}  {candidate.about['version']}")
    for line in absent:
        print(f"  absent: {line}")
    result = {"row": row.name, "threads": threads, "symc_us": ours and ours * 1e6, "best_peer_us": best and best * 1e6,
              "ratio": best / ours if best and ours else None, "ratio_of_rounds": None}
    if not result["ratio"]:
        print("  symc is without a peer")
        return result
    result["ratio_of_rounds"] = statistics.median(b / a for a, b in zip(symc.times, rival.times, strict=True))
    print(f"  symc is {result['ratio']:.2f} x as fast as the best peer, {result['ratio_of_rounds']:.2f} x round by round")
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="default: " + ", ".join(KINDS))
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.2, help="of one measurement")
    parser.add_argument("--peers", default="torch,jax,tensorflow", help="those to measure")
    parser.add_argument("--check", action="store_true", help="compare the losses of the first steps instead")
    parser.add_argument("--json", help="file that receives the figures")
    options = parser.parse_args()
    try:
        rows = [Row.parse(name) for name in options.rows or KINDS]
    except ValueError as error:
        parser.error(str(error))
    print(cpu())
    results = []
    with tempfile.TemporaryDirectory() as folder:
        preload = intel_library(folder)
        if options.check:
            threads = int(options.threads.split(",")[0])
            return int(not all([check(row, threads, options, preload) for row in rows if not row.predict]))
        for row in rows:
            for threads in map(int, options.threads.split(",")):
                results.append(report(row, threads, *run(row, threads, options, preload)))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"cpu": cpu(), "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
