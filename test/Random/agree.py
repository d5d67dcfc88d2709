#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""agree.py [--seeds FIRST:LAST] [--control] [--graphs FILE ...] [--variants NAMES] [--reference] [--keep DIR]

Compiles graphs in several ways that must give the same bits, and compares all results of all functions, two training
steps included: fused or a kernel an op, at -O0, -O2 and -O3, with the arena planned, without reuse and poisoned, with one
thread and two. With `--reference` every op and every result is held against the reference interpreter, too. Random graphs (graphs.py) by their seeds, with `--control` such with loops and branches, or graph files of
your own. A graph that crashes the compiler, or that it refuses, has failed. Every graph runs in a process of its own, forked
from one that holds the compiler.
"""
import argparse
import ctypes
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
from examine import NODES, RESULTS, SEED, examine, values_of
from graphs import ELEMENTS, random_graph

VARIANTS = {"fused": {}, "unfused": {"debug_fusion": "off"}, "O0": {"opt_level": 1}, "O3": {"opt_level": 4},
            "separate": {"debug_arena": "separate"}, "poisoned": {"debug_arena": "poisoned"},
            "unfused-O0": {"debug_fusion": "off", "opt_level": 1}}  # symc_opt_level: 0 is the default
SECONDS = 120  # for one graph


P, S, I = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32


class Options(ctypes.Structure):
    """symc_compile_options of include/symc/compiler.h."""
    _fields_ = [("size", ctypes.c_uint32), ("opt_level", I), ("input", S), ("text", S), ("text_size", ctypes.c_uint64),
                ("output", S), ("emit", S), ("header", I), ("threads", I), ("seed", ctypes.c_uint64), ("target", S),
                ("triple", S), ("cpus", ctypes.POINTER(S)), ("gpu_archs", P), ("dim_names", P), ("dim_values", P),
                ("functions", P), ("cpu_count", I), ("gpu_arch_count", I), ("dim_count", I), ("function_count", I),
                ("functions_required", I), ("params", S), ("allow_extra", I), ("fast_math", I), ("time_passes", I),
                ("log_device_placement", I), ("debug_fusion", S), ("debug_arena", S), ("debug_verify", I),
                ("debug_values", I)]


class Told(ctypes.Structure):
    """The beginning of symc_diagnostic."""
    _fields_ = [("size", ctypes.c_uint32), ("severity", I), ("code", S), ("message", S)]


RECEIVER = ctypes.CFUNCTYPE(None, P, ctypes.POINTER(Told))


class SessionOptions(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("reserved", I), ("user", P), ("diagnostic", RECEIVER)]


def load_compiler():
    program = pathlib.Path(symc.find_compiler()).resolve()
    compiler = ctypes.CDLL(str(program.parent.parent / "lib" / "libSymcCompiler.so"))
    compiler.symc_session_create.restype = P
    compiler.symc_session_compile.argtypes = [P, P, P]
    compiler.symc_session_destroy.argtypes = [P]
    return compiler


class Failed(Exception):
    pass


class Session:
    """A session that keeps the errors that it is told."""

    def __init__(self, compiler):
        self.compiler, self.errors = compiler, []

        def receive(_, told):
            if told.contents.severity == 0:
                self.errors.append(f"error[{told.contents.code.decode()}]: {told.contents.message.decode()}")
        self.receiver = RECEIVER(receive)
        settings = SessionOptions(size=ctypes.sizeof(SessionOptions), diagnostic=self.receiver)
        self.handle = compiler.symc_session_create(ctypes.byref(settings))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.compiler.symc_session_destroy(self.handle)


def options_for(source, cpu, **settings):
    options = Options(size=ctypes.sizeof(Options), input=os.fsencode(source), debug_verify=1)
    if cpu:
        options.cpus, options.cpu_count = (S * 1)(cpu.encode()), 1
    for key, value in settings.items():
        setattr(options, key, os.fsencode(value) if isinstance(value, (str, os.PathLike)) else value)
    return options


def compile_graph(compiler, source, library, variant, cpu, **more):
    options = options_for(source, cpu, output=library, **VARIANTS[variant], **more)
    with Session(compiler) as session:
        outcome = compiler.symc_session_compile(session.handle, ctypes.byref(options), None)
        if outcome:
            raise Failed("\n".join([f"{variant}: outcome {outcome} of the compiler", *session.errors]))


def hold_against_reference(compiler, source, folder, inputs, sizes, cpu, parameters={}):
    """Every op of `predict`, then every result, of libraries compiled for this. Parameters that are not given are as the
    graph says."""
    plain, exposing = folder / "plain.so", folder / "values.so"
    names = (S * 1)(b"predict")
    compile_graph(compiler, source, plain, "fused", cpu)
    compile_graph(compiler, source, exposing, "fused", cpu, debug_values=1, functions=ctypes.cast(names, P), function_count=1)
    for library, question, functions in ((exposing, NODES, ["predict"]),
                                         (plain, RESULTS, ["predict", "loss", "gradients", "evaluate"])):
        arguments, results = values_of(library, inputs, functions, parameters)
        for function, values in results.items():
            with Session(compiler) as session:
                try:
                    finding = examine(compiler, session.handle, options_for(source, cpu), question, function, arguments,
                                      values, seed=SEED)
                except RuntimeError as error:
                    raise Failed("\n".join([str(error), *session.errors])) from None
            if finding:
                raise Failed(f"reference of {function} at {sizes}: {json.dumps(finding)}")


def results_of(library, inputs, threads):
    """Every result of every function by name, training last; parameters as they are then."""
    found = {}
    with np.errstate(all="ignore"):
        model = symc.load(library, threads=threads, seed=3)
        model.initialize(seed=1)
        def call(function, label):
            names = [a.name for a in model.functions[function].inputs]
            values = model.functions[function](**{k: inputs[k] for k in names})
            found.update({f"{label}: {k}": np.array(v) for k, v in values.items()})
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


def agree(compiler, graph, draw, dims, variants, cpu, folder, reference=False):
    source = folder / f"{graph['name']}.json"
    source.write_text(json.dumps(graph, indent=1))
    if reference:
        hold_against_reference(compiler, source, folder, draw(dims[0]), dims[0], cpu)
    expected = {}
    for variant in variants:
        library = folder / f"{variant}.so"
        compile_graph(compiler, source, library, variant, cpu)
        for sizes in dims:
            inputs = draw(sizes)
            for threads in (1, 2):
                if threads == 2 and variant != variants[0]:
                    continue
                key = tuple(sizes.items())
                results = results_of(library, inputs, threads)
                if key not in expected:
                    expected[key] = results
                    continue
                if results.keys() != expected[key].keys():
                    odd = sorted(results.keys() ^ expected[key].keys())
                    raise Failed(f"{variant} with {threads} threads at {sizes}: {', '.join(odd)} not in all variants")
                for name, value in results.items():
                    where = differs(expected[key][name], value)
                    if len(where):
                        at = tuple(where[0])
                        raise Failed(f"{variant} with {threads} threads at {sizes}: {name}{list(at)} is {value[at]!r}, not "
                                     f"{expected[key][name][at]!r}; {len(where)} of {value.size} differ")
        os.unlink(library)


def inputs_of_file(graph):
    """A drawer for a graph file: labels stay small, so that they are in range."""
    types = {k: v if isinstance(v, str) else v["type"] for k, v in graph["inputs"].items()}

    def draw(dims, seed=0):
        rng, values = np.random.default_rng(seed), {}
        for name, text in types.items():
            element, shape = re.fullmatch(r"(\w+)\[(.*)\]", text).groups()
            shape = [int(s) if s.strip().isdigit() else dims[s.strip()] for s in shape.split(",") if s.strip()]
            dtype = np.dtype(ELEMENTS[element])
            values[name] = rng.normal(size=shape).astype(dtype) if dtype.kind == "f" else rng.integers(0, 2, shape).astype(dtype)
        return values
    names = sorted({s.strip() for t in types.values() for s in re.fullmatch(r"\w+\[(.*)\]", t)[1].split(",")
                    if s.strip() and not s.strip().isdigit()})
    return draw, names


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


def run_checks(checks, keep):
    """Runs each check, a label and a function from an empty folder to what went wrong there, and prints what that is. The
    graph files of those that fail are copied to `keep`. Whether one fails."""
    failed = 0
    for number, (label, check) in enumerate(checks):
        with tempfile.TemporaryDirectory(prefix="symc-random-") as name:
            folder = pathlib.Path(name)
            problem = check(folder)
            if problem and keep:
                os.makedirs(keep, exist_ok=True)
                for source in folder.glob("*.json"):
                    shutil.copy(source, pathlib.Path(keep) / f"{number}.{source.name}")
        if problem:
            failed += 1
            print(f"{label}: {problem}", flush=True)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return failed > 0


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
    variants = options.variants.split(",")
    compiler = load_compiler()
    first, last = map(int, options.seeds.split(":"))
    jobs = []
    for seed in range(first, last):
        jobs.append((f"seed {seed}", lambda seed=seed: (*random_graph(seed, options.control),
                                                        [{"n": n, "m": m} for n, m in ((5, 3), (33, 8))])))
    for path in map(pathlib.Path, options.graphs):
        def of_file(path=path):
            graph = json.loads(path.read_text())
            draw, names = inputs_of_file(graph)
            return graph, draw, [{k: size + 2 * i for i, k in enumerate(names)} for size in (12, 34)]
        jobs.append((str(path), of_file))
    if not jobs:
        parser.error("no graphs: give --seeds or --graphs")
    return run_checks([(label, lambda folder, make=make: in_child(
        lambda: agree(compiler, *make(), variants, options.cpu, folder, options.reference))) for label, make in jobs], options.keep)


if __name__ == "__main__":
    sys.exit(main())
