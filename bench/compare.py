#!/usr/bin/env python3
"""compare.py [ROW ...] [--threads 1,2] [--seconds S]: symc beside PyTorch, JAX and TensorFlow, in one interleaved run.

Every row is a training step, or a forward pass, of one of the examples or of a model of its kind with other sizes:
ROW is KIND[:SIZES][@BATCH][/predict], see rows.py. Each candidate is a process of its own, pinned to the same cores, warmed up and then asked in turn, round by
round, for the time of a batch of steps; what is printed is the median over the rounds. symc is asked through the same
entry as `symc bench`. Peers run at the best of their settings: each setting is a candidate, and a peer's figure is its
best candidate's. On AMD, MKL falls back to AVX2 unless told that the CPU is one of Intel's: PyTorch is given a preloaded
library that says so.

Peers are looked for in the running Python (pip install torch jax tensorflow-cpu); those that are missing are left out
and named.
"""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

from rows import SIZES, Row

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent
def candidates(row):
    """(peer, setting) pairs that are worth a try for a row."""
    found = [("symc", "")]
    found += [("torch", s) for s in ("eager", "compile", "compile channels_last", "eager channels_last")
              if row.kind == "small_cnn" or "channels_last" not in s]
    found += [("jax", "jit")]
    found += [("tensorflow", s) for s in ("function", "function xla")]
    return found


class Candidate:
    """A process that runs steps on request."""

    def __init__(self, peer, setting, row, threads, environment, cores):
        self.name, self.times = f"{peer} {setting}".strip(), []
        self.peer = peer
        command = [sys.executable, str(HERE / "candidate.py"), peer, setting, row.name, str(threads)]
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
        self.process.wait(30)


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


def run(row, threads, options, preload):
    cores = set(sorted(os.sched_getaffinity(0))[:threads])
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads), TF_CPP_MIN_LOG_LEVEL="3",
                       CUDA_VISIBLE_DEVICES="", PYTHONPATH=str(PROJECT / "python"))
    running, absent = [], []
    for peer, setting in candidates(row):
        if peer not in ("symc", *options.peers.split(",")):
            continue
        special = dict(environment, LD_PRELOAD=preload) if peer == "torch" else environment
        candidate = Candidate(peer, setting, row, threads, special, cores)
        about, why = candidate.start()  # one after the other: compilers should not disturb each other
        if about:
            running.append(candidate)
        else:
            absent.append(f"{candidate.name}: {why}")
    for i in range(options.rounds):
        for candidate in running[i % len(running):] + running[:i % len(running)]:
            candidate.measure(options.seconds)
    for candidate in running:
        candidate.stop()
    return running, absent


def report(row, threads, running, absent):
    medians = {c: statistics.median(c.times) for c in running}
    ours = next((m for c, m in medians.items() if c.peer == "symc"), None)
    best = min((m for c, m in medians.items() if c.peer != "symc"), default=None)
    print(f"\n{row.name}, batch {row.batch}, {threads} thread{'s' * (threads > 1)}")
    for candidate, median in sorted(medians.items(), key=lambda item: item[1]):
        spread = (max(candidate.times) - min(candidate.times)) / median
        ratio = f"{median / ours:7.2f} x" if ours else ""
        print(f"  {candidate.name:32} {median * 1e6:10.2f} us  ±{spread / 2:5.1%} {ratio}  {candidate.about['version']}")
    for line in absent:
        print(f"  absent: {line}")
    result = {"row": row.name, "threads": threads, "symc_us": ours and ours * 1e6, "best_peer_us": best and best * 1e6,
              "ratio": best / ours if best and ours else None}
    print("  symc is", f"{result['ratio']:.2f} x as fast as the best peer" if result["ratio"] else "without a peer")
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="default: " + ", ".join(SIZES))
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.2, help="of one measurement")
    parser.add_argument("--peers", default="torch,jax,tensorflow", help="those to measure")
    parser.add_argument("--json", help="file that receives the figures")
    options = parser.parse_args()
    try:
        rows = [Row.parse(name) for name in options.rows or SIZES]
    except ValueError as error:
        parser.error(str(error))
    print(cpu())
    results = []
    with tempfile.TemporaryDirectory() as folder:
        preload = intel_library(folder)
        for row in rows:
            for threads in map(int, options.threads.split(",")):
                results.append(report(row, threads, *run(row, threads, options, preload)))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"cpu": cpu(), "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
