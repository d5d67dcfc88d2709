#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""agree.py [--seeds FIRST:LAST] [--control] [--forward] [--graphs FILE ...] [--variants NAMES] [--reference] [--keep DIR]

Compiles graphs in several ways that must give the same bits, and compares all results of all functions, two training
steps included: fused or a kernel an op, at -O0, -O2 and -O3, with the arena planned, without reuse and poisoned, with one
thread and two. With `--reference` every op, as `values` has it, and every result is held against the reference interpreter,
for inputs of which no op makes a NaN or an infinity, where such are found. Random graphs (graphs.py) by their seeds, with
`--control` such with loops and branches, with `--forward` such that do not train, or graph files of your own. A graph that
crashes the compiler, or that it refuses, has failed. Every graph runs in a process of its own, forked from one that holds the
compiler. Of a random graph that fails `--keep` gets the smallest that was found to fail alike (shrink.py), too.

`--matrix` is everything: every variant and the reference at the machine's best level of x86-64, fused, unfused and the
results' reference at those below, and derivatives against central differences to second order. `--sparing` is for long runs:
fused against unfused at -O0, results against the reference, of graphs that train either the gradients or the training step.
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

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1]),
                str(pathlib.Path(__file__).resolve().parents[2] / "python")]
import symc
from compiling import VARIANTS, Failed, Session, compile_graph, load_compiler, options_for
from differences import differences_of
from examine import NODES, RESULTS, SEED, examine, values_of
from graphs import Generator, draw_inputs
from levels import machine_levels
from shrink import shrink

SECONDS = 120  # of processor time, for one graph
FUNCTIONS = ["loss", "gradients", "evaluate"]  # whose results are held against the reference, beside those of predict
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
            if "evaluate" in model.functions:
                call("evaluate", "evaluate after training")
    return found


def differs(a, b):
    """Where the bits differ; one NaN is as good as another."""
    if a.dtype.kind == "f":
        same = (a.view(f"u{a.dtype.itemsize}") == b.view(f"u{a.dtype.itemsize}")) | (np.isnan(a) & np.isnan(b))
    else:
        same = a == b
    return np.argwhere(~np.asarray(same))


def hold_against_reference(compiler, source, question, library, functions, inputs, cpu, parameters=None):
    """What `library` gives, for these functions. Parameters that are not given are as the graph says."""
    arguments, results = values_of(library, inputs, functions, parameters)
    for function, values in results.items():
        with Session(compiler) as session:
            try:
                finding = examine(compiler, session.handle, options_for(source, cpu), question, function, arguments, values,
                                  seed=SEED)
            except RuntimeError as error:
                raise Failed("\n".join([str(error), *session.errors])) from None
        if finding:
            raise Failed(f"reference: {function}: {json.dumps(finding)}")


def finite_inputs(library, draw):
    """Inputs of which `predict` makes no NaN or infinity, an op for an op where it gives their values; any where none are
    found."""
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
        self.compiler, self.sparing, self.cpu = compiler, options.sparing, options.cpu
        self.below = machine_levels()[:-1] if options.matrix else []
        self.reference = options.reference or options.matrix or options.sparing
        self.variants = list(VARIANTS) if options.matrix else ["O0", "unfused-O0"] if options.sparing else \
            options.variants.split(",") + (["values"] if options.reference else [])

    def check(self, graph, dims, bound, folder, turn=0):
        """Fails where the variants differ, or an op from the reference. Integers are drawn from 0 to below `bound`. Where not all
        functions are asked for, which of them are depends on `turn`."""
        source = folder / f"{graph['name']}.json"
        source.write_text(json.dumps(graph, indent=1))
        functions = ["predict", ("gradients", "train_step")[turn % 2]] if self.sparing and "train" in graph else None
        draw = lambda sizes, seed=0: draw_inputs(graph["inputs"], sizes, seed, bound)
        self.agree(source, folder, self.variants, dims, draw, self.cpu, functions)
        for level in self.below:
            self.agree(source, folder, ["fused", "unfused-O0"], dims, draw, level)

    def agree(self, source, folder, variants, dims, draw, cpu, functions=None):
        expected = {}
        for variant in variants:
            library = folder / f"{variant}.so"
            compile_graph(self.compiler, source, library, variant, cpu, functions=functions)
            for sizes in dims:
                for threads in (1, 2) if variant == variants[0] else (1,):
                    results = results_of(library, draw(sizes), threads)
                    self.compare(expected.setdefault(tuple(sizes.items()), results), results,
                                 f"{cpu or 'this CPU'}: {variant} with {threads} threads at {sizes}")
            if variant not in (variants[0], "values"):
                os.unlink(library)
        if self.reference:
            first, exposing = (folder / f"{variant}.so" for variant in (variants[0], "values"))
            every = "values" in variants
            inputs = finite_inputs(exposing if every else first, lambda seed: draw(dims[0], seed))
            if every:
                hold_against_reference(self.compiler, source, NODES, exposing, ["predict"], inputs, cpu)
            hold_against_reference(self.compiler, source, RESULTS, first,
                                   FUNCTIONS + ["predict"] * (not every), inputs, cpu)
        for library in folder.glob("*.so"):
            os.unlink(library)

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
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.alarm(20 * SECONDS)  # it may wait for ever
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
    parser.add_argument("--forward", action="store_true", help="random graphs that do not train")
    parser.add_argument("--matrix", action="store_true", help="every way of compiling, every level of x86-64, differences")
    parser.add_argument("--sparing", action="store_true", help="what finds most in a second")
    parser.add_argument("--graphs", nargs="*", default=[])
    parser.add_argument("--variants", default="fused,unfused")
    parser.add_argument("--reference", action="store_true", help="against the reference interpreter, too")
    parser.add_argument("--cpu", help="instruction set (default: this machine's)")
    parser.add_argument("--keep", help="a folder for graphs that failed")
    options = parser.parse_args()
    agreement = Agreement(load_compiler(), options)
    seeds = range(*map(int, options.seeds.split(":")))
    generator_of = lambda seed: Generator(seed, options.control, training=not options.forward)
    jobs = [(f"seed {seed}", lambda seed=seed: (generator_of(seed).graph(f"g{seed}"), DIMS, 100)) for seed in seeds]
    for path in map(pathlib.Path, options.graphs):
        def of_file(path=path):
            graph = json.loads(path.read_text())
            return graph, file_dims(graph), 2  # labels and indices stay in range
        jobs.append((str(path), of_file))
    if not jobs:
        parser.error("no graphs: give --seeds or --graphs")

    def check(folder, make, number, differences=options.matrix):
        def work():
            agreement.check(*make(), folder, number)
            if differences and number < len(seeds) and not options.forward:
                differences_of(agreement.compiler, seeds[number], options.control, folder)
        return in_child(work)

    def smaller(number, problem):
        graph, dims, bound = jobs[number][1]()
        generator = generator_of(seeds[number]) if number < len(seeds) else None
        if generator:
            generator.graph(graph["name"])

        def again(candidate):
            with tempfile.TemporaryDirectory(prefix="symc-random-") as folder:
                return check(pathlib.Path(folder), lambda: (candidate, dims, bound), number, differences=False)
        return shrink(graph, generator.types() if generator else {}, problem, again)
    return run_checks([(label, lambda folder, number=number, make=make: check(folder, make, number))
                       for number, (label, make) in enumerate(jobs)], options.keep, smaller)


if __name__ == "__main__":
    sys.exit(main())
