#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""agree.py [--seeds FIRST:LAST] [--control] [--graphs FILE ...] [--variants NAMES] [--reference] [--keep DIR]

Compiles graphs in several ways that must give the same bits, and compares all results of all functions, two training
steps included: fused or a kernel an op, at -O0, -O2 and -O3, with the arena planned, without reuse and poisoned, with one
thread and two. With `--reference` every op, as `values` has it, and every result is held against the reference interpreter,
for inputs of which no op makes a NaN or an infinity, where such are found. Random graphs (graphs.py) by their seeds, with
`--control` such with loops and branches, or graph files of your own. A graph that crashes the compiler, or that it refuses,
has failed. Every graph runs in a process of its own, forked from one that holds the compiler. Of a random graph that fails
`--keep` gets the smallest that was found to fail alike (shrink.py), too.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import traceback

import numpy as np

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[2] / "python")]
import symc
from compiling import Failed, Session, compile_graph, load_compiler, options_for
from examine import NODES, RESULTS, SEED, examine, values_of
from graphs import Generator, draw_inputs
from shrink import shrink

SECONDS = 120  # for one graph
DIMS = [{"n": n, "m": m} for n, m in ((5, 3), (33, 8))]


def results_of(library, inputs, threads):
    """Every result of every function by name, training last; parameters as they are then."""
    found = {}
    with np.errstate(all="ignore"):
        model = symc.load(library, threads=threads, seed=3)
        model.initialize(seed=1)
        def call(function, label):
            names = [a.name for a in model.functions[function].inputs]
            values = model.functions[function](**{k: inputs[k] for k in names})
            found.update({f"{label}: {k}": np.array(v) for k, v in values.items() if not k.startswith("value:")})
        for function in model.functions:
            if function != "train_step":
                call(function, function)
        if "train_step" in model.functions:
            for step in range(2):
                call("train_step", f"train_step {step}")
            found.update({f"parameter {k}": np.array(v) for k, v in model.parameters.items()})
            call("evaluate", "evaluate after training")
    return found


def differs(a, b):
    """Where the bits differ; one NaN is as good as another."""
    if a.dtype.kind == "f":
        same = (a.view(f"u{a.dtype.itemsize}") == b.view(f"u{a.dtype.itemsize}")) | (np.isnan(a) & np.isnan(b))
    else:
        same = a == b
    return np.argwhere(~np.asarray(same))


def hold_against_reference(compiler, source, fused, exposing, inputs, cpu, parameters=None):
    """Every op of `predict` as the library `exposing` has it, then every result of `fused`. Parameters that are not given
    are as the graph says."""
    for library, question, functions in ((exposing, NODES, ["predict"]), (fused, RESULTS, ["loss", "gradients", "evaluate"])):
        arguments, results = values_of(library, inputs, functions, parameters)
        for function, values in results.items():
            with Session(compiler) as session:
                try:
                    finding = examine(compiler, session.handle, options_for(source, cpu), question, function, arguments,
                                      values, seed=SEED)
                except RuntimeError as error:
                    raise Failed("\n".join([str(error), *session.errors])) from None
            if finding:
                raise Failed(f"reference: {function}: {json.dumps(finding)}")


def finite_inputs(library, draw):
    """Inputs of which no op of `predict` makes a NaN or an infinity; any where none are found."""
    for attempt in range(4):
        inputs = {name: value * value.dtype.type(0.5**attempt) if value.dtype.kind == "f" else value
                  for name, value in draw(attempt).items()}
        _, results = values_of(library, inputs, ["predict"])
        values = [getattr(v, "value", v) for v in results["predict"].values()]
        if all(np.isfinite(v).all() for v in values if v.dtype.kind == "f"):
            break
    return inputs


class Agreement:
    """How graphs are compared."""

    def __init__(self, compiler, options):
        self.compiler, self.cpu, self.reference = compiler, options.cpu, options.reference
        self.variants = options.variants.split(",") + (["values"] if options.reference else [])

    def check(self, graph, dims, bound, folder):
        """Fails where the variants differ, or an op from the reference. Integers are drawn from 0 to below `bound`."""
        source, expected = folder / f"{graph['name']}.json", {}
        source.write_text(json.dumps(graph, indent=1))
        inputs_at = lambda sizes, seed=0: draw_inputs(graph["inputs"], sizes, seed, bound)
        for variant in self.variants:
            library = folder / f"{variant}.so"
            compile_graph(self.compiler, source, library, variant, self.cpu)
            for sizes in dims:
                for threads in (1, 2) if variant == self.variants[0] else (1,):
                    results = results_of(library, inputs_at(sizes), threads)
                    self.compare(expected.setdefault(tuple(sizes.items()), results), results,
                                 f"{variant} with {threads} threads at {sizes}")
            if variant not in (self.variants[0], "values"):
                os.unlink(library)
        if self.reference:
            exposing = folder / "values.so"
            hold_against_reference(self.compiler, source, folder / f"{self.variants[0]}.so", exposing,
                                   finite_inputs(exposing, lambda seed: inputs_at(dims[0], seed)), self.cpu)

    @staticmethod
    def compare(expected, found, where):
        if found.keys() != expected.keys():
            odd = sorted(found.keys() ^ expected.keys())
            raise Failed(f"{where}: {', '.join(odd)} not in all variants")
        for name, value in found.items():
            places = differs(expected[name], value)
            if len(places):
                at = tuple(places[0])
                raise Failed(f"{where}: {name}{list(at)} is {value[at]!r}, not {expected[name][at]!r}; {len(places)} of "
                             f"{value.size} differ")


def in_child(work):
    """What went wrong in a forked process that does `work`; None: nothing."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        signal.alarm(SECONDS)
        said = ""
        try:
            work()
        except Failed as failure:
            said = str(failure)
        except BaseException:
            said = traceback.format_exc(limit=3)
        os.write(write, said.encode())
        os._exit(1 if said else 0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read().decode("utf-8", "replace").strip()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return f"crashed: {signal.Signals(os.WTERMSIG(status)).name} {said}"
    return said or None


def run_checks(checks, keep, smaller=None):
    """Runs each check, a label and a function from an empty folder to what went wrong there, and prints what that is. The
    graph files of those that fail are copied to `keep`, with what `smaller(number, problem)` makes of them. Whether one
    fails."""
    failed = 0
    for number, (label, check) in enumerate(checks):
        with tempfile.TemporaryDirectory(prefix="symc-random-") as name:
            folder = pathlib.Path(name)
            problem = check(folder)
            if problem and keep:
                os.makedirs(keep, exist_ok=True)
                for source in folder.glob("*.json"):
                    shutil.copy(source, pathlib.Path(keep) / f"{number}.{source.name}")
                if smaller:
                    graph, problem = smaller(number, problem)
                    (pathlib.Path(keep) / f"{number}.small.json").write_text(json.dumps(graph, indent=1))
        if problem:
            failed += 1
            print(f"{label}: {problem}", flush=True)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return failed > 0


def file_dims(graph):
    """Two values of each symbolic dimension of the inputs."""
    types = [t if isinstance(t, str) else t["type"] for t in graph["inputs"].values()]
    names = sorted({s.strip() for t in types for s in re.fullmatch(r"\w+\[(.*)\]", t)[1].split(",")
                    if s.strip() and not s.strip().isdigit()})
    return [{name: size + 2 * i for i, name in enumerate(names)} for size in (12, 34)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="0:0")
    parser.add_argument("--control", action="store_true", help="random graphs with loops and branches")
    parser.add_argument("--graphs", nargs="*", default=[])
    parser.add_argument("--variants", default="fused,unfused")
    parser.add_argument("--reference", action="store_true", help="against the reference interpreter, too")
    parser.add_argument("--cpu", help="instruction set (default: this machine's)")
    parser.add_argument("--keep", help="a folder for graphs that failed")
    options = parser.parse_args()
    agreement = Agreement(load_compiler(), options)
    seeds = range(*map(int, options.seeds.split(":")))
    jobs = [(f"seed {seed}", lambda seed=seed: (Generator(seed, options.control).graph(f"g{seed}"), DIMS, 100)) for seed in seeds]
    for path in map(pathlib.Path, options.graphs):
        def of_file(path=path):
            graph = json.loads(path.read_text())
            return graph, file_dims(graph), 2  # labels and indices stay in range
        jobs.append((str(path), of_file))
    if not jobs:
        parser.error("no graphs: give --seeds or --graphs")

    def check(folder, make):
        return in_child(lambda: agreement.check(*make(), folder))

    def smaller(number, problem):
        graph, dims, bound = jobs[number][1]()
        generator = Generator(seeds[number], options.control) if number < len(seeds) else None
        if generator:
            generator.graph(graph["name"])

        def again(candidate):
            with tempfile.TemporaryDirectory(prefix="symc-random-") as folder:
                return check(pathlib.Path(folder), lambda: (candidate, dims, bound))
        return shrink(graph, generator.types() if generator else {}, problem, again)
    return run_checks([(label, lambda folder, make=make: check(folder, make)) for label, make in jobs], options.keep, smaller)


if __name__ == "__main__":
    sys.exit(main())
