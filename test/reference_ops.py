#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""reference_ops.py [--only OP] [--second]: the samples of central_differences.py, every op and every gradient held against
the reference interpreter. What PyTorch recorded (vjp_reference.py) and differences say of the compiled numbers holds for
the interpreter then, too.
"""
import argparse
import pathlib
import sys
import tempfile

import numpy as np

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parent / "Random")]
from agree import FUNCTIONS, hold_against_reference, in_child
from central_differences import LEFT_OUT, differentiable_ops, samples_of
from compiling import compile_graph, load_compiler
from examine import NODES, RESULTS
from vjp import runner


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="ops whose name contains this")
    parser.add_argument("--second", action="store_true", help="with derivatives in the graph")
    parser.add_argument("--build", type=pathlib.Path, default=runner.ROOT / "build" / "release")
    parser.add_argument("--cpu", help="instruction set (default: this machine's)")
    arguments = parser.parse_args()
    rng, compiler, checked, failed = np.random.default_rng(7), load_compiler(), 0, 0
    for op, operands, results in sorted(differentiable_ops(arguments.build)):
        if op in LEFT_OUT or (arguments.only or "") not in op:
            continue
        samples = list(samples_of(op, operands, results if op != "split" else 2, 0, rng, arguments.second))
        with tempfile.TemporaryDirectory(prefix="symc-reference-") as folder:
            def work():
                path = pathlib.Path(folder) / "ops.json"
                runner.write_graph(samples, path)
                parameters = {name: value for s in samples for name, (_, value) in s.parameters.items()}
                fused, exposing = pathlib.Path(folder) / "fused.so", pathlib.Path(folder) / "values.so"
                compile_graph(compiler, path, fused, "fused", arguments.cpu)
                compile_graph(compiler, path, exposing, "values", arguments.cpu)
                for question, library, functions in ((NODES, exposing, ["predict"]), (RESULTS, fused, FUNCTIONS)):
                    hold_against_reference(compiler, path, question, library, functions, {"scale": np.float64(1)},
                                           arguments.cpu, parameters)
            problem = in_child(work)
        checked += 1
        if problem:
            failed += 1
            print(f"{op}: {problem}")
    if not checked:
        parser.error(f"no op has a name that contains '{arguments.only or ''}'")
    print(f"{checked - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
