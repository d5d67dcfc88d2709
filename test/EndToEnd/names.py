#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""names.py SYMC FOLDER: models whose names are those of C, of its library and of generated code.

All such names stand in one graph, under model names that generated code uses itself. The header must be valid C and C++
after any standard header, and the library must hold every function.
"""
import ctypes
import json
import pathlib
import subprocess
import sys

import symc

WORDS = """int double for return class new this template and_eq bool printf malloc main errno NULL stdin assert signal
time exp log sin model predict loss train_step gradients evaluate options instance status batch out dims inputs outputs
m self owner frame arena seed step parameters k0 k1 k0_combine constant0 body_predict sizes_predict symc_rt_parallel
symc_k_cholesky_f32 symc_instance int64_t size_t DLTensor linux unix I complex near far NAN BUFSIZ SIGINT E2BIG noreturn
math_errhandling PRId64 L_tmpnam WNOHANG NSIG st_atime sa_handler si_pid s6_addr sched_priority B0 NCCS POLLIN P_tmpdir
stdout""".split()
RESERVED = "model predict loss train_step gradients evaluate options".split()  # functions of every library
HEADERS = """stdio math stdlib string errno time signal assert limits complex stdbool stdnoreturn inttypes sched termios poll
sys/wait sys/stat netinet/in""".split()
COMPILERS = (["gcc", "-std=c99", "-xc"], ["gcc", "-std=gnu11", "-xc"], ["g++", "-std=c++17", "-xc++"],
             ["g++", "-std=c++20", "-xc++"])


def graph(model, kind):
    """Names as inputs, results, entry points and dimensions, or as parameters, nodes, metrics and functions."""
    g = {"symc": 1, "name": model, "inputs": {"x_0": "f32[n_0]"}, "nodes": [{"name": "o_0", "expr": "x_0 * w_0"}],
         "parameters": {"w_0": "f32[]"}, "outputs": {"y_0": "o_0"},
         "train": {"loss": "mean(o_0**2)", "optimizer": "adam", "metrics": {}}}
    if kind == "entry_points":  # one is called like the library function that this calls
        g["parameters"]["a_0"] = {"type": "f32[2, 2]", "init": "identity"}
        g["nodes"][0]["expr"] += " + sum(cholesky(a_0))"
    for word in WORDS:
        if kind == "inputs":
            g["inputs"][word] = "f32[n_0]"
            g["nodes"][0]["expr"] += f" + `{word}`"
        elif kind == "outputs":
            g["outputs"][word] = "o_0"
        elif kind == "entry_points":
            if word not in RESERVED and word not in ("parameters", "step", "status"):
                g.setdefault("entry_points", {})[word] = {"outputs": ["o_0"]}
        elif kind == "dims":
            g["inputs"]["i_" + word] = f"f32[{word}]"
            g["nodes"][0]["expr"] += f" + sum(i_{word})"
        elif kind == "parameters":
            g["parameters"][word] = "f32[]"
            g["nodes"][0]["expr"] += f" * `{word}`"
        elif kind == "nodes":
            g["nodes"].append({"name": word, "expr": "x_0 + 1"})
            g["outputs"]["y_" + word] = f"`{word}`"
        elif kind == "metrics":
            g["train"]["metrics"] |= {} if word in ("loss", "step") else {word: "mean(o_0)"}
    return g


def check(symc_path, folder, model, kind):
    folder = folder / f"{model}_{kind}"
    folder.mkdir(exist_ok=True)
    path, library, header = folder / f"{kind}.json", folder / f"lib{model}.so", folder / f"{model}.h"
    path.write_text(json.dumps(graph(model, kind)))
    subprocess.run([symc_path, "compile", path, "-o", library], check=True)
    source = folder / "use.c"
    source.write_text("".join(f"#include <{h}.h>\n" for h in HEADERS) + f'#include "{header.name}"\n')
    for compiler in COMPILERS:
        for file in (header, source):
            if file == source and compiler[0] == "g++":
                continue  # C++ has other headers
            subprocess.run([*compiler, "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", folder, file], check=True)
    m = symc.load(str(library))
    wanted = {"predict", "train_step", "gradients", "evaluate", "loss", *graph(model, kind).get("entry_points", {})}
    exported = ctypes.CDLL(str(library))
    missing = wanted - {f for f in m.functions if hasattr(exported, f"{model}_{f}")}
    if missing:
        sys.exit(f"{model}, {kind}: the library lacks {missing}")


def main():
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(exist_ok=True)
    for model in ("m", "options", "owner"):
        for kind in ("inputs", "outputs", "entry_points", "dims", "parameters", "nodes", "metrics"):
            check(sys.argv[1], folder, model, kind)
    for model in ("body", "sizes", "symc_v16"):  # of code that the typed functions call
        check(sys.argv[1], folder, model, "entry_points")
    print("names agree")


main()
