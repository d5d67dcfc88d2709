# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""format_docs.py SYMC PAGE... [--whole PAGE...]: the graph files that pages of the documentation show are right.

Each ```json block that is a graph file gets no diagnostic from `symc check`. Where a ```text block follows with lines `x = …`
and `y → …`, `symc run` with these inputs prints these outputs. On pages after --whole a ```json block that is no graph file is
marked `json fragment`.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.M | re.S)
NUMPY = {"f16": "f2", "f32": "f4", "f64": "f8", "bool": "?",
         **{f"{c}{n}": f"{c}{n // 8}" for c in "iu" for n in (8, 16, 32, 64)}}


def check(symc, path):
    found = subprocess.run([symc, "check", str(path)], capture_output=True, text=True, check=False)
    return found.stderr if found.returncode or found.stderr else ""


def run(symc, path, graph, text):
    """What is wrong with the inputs and outputs of the text."""
    given = {n: json.loads(v) for n, v in re.findall(r"^(\w+) = (.*)$", text, re.M)}
    wanted = {n: json.loads(v) for n, v in re.findall(r"^(\w+) → (.*)$", text, re.M)}
    command = [symc, "run", "-O0", str(path)]
    for name, value in given.items():
        np.save(path.parent / f"{name}.npy", np.array(value, NUMPY[graph["inputs"][name].partition("[")[0]]))
        command += ["--in", f"{name}={path.parent / name}.npy"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return done.stderr
    got = json.loads(done.stdout)
    if got.keys() != wanted.keys():
        return f"outputs {sorted(got)}, not {sorted(wanted)}"
    return "".join(f"{n} is {got[n]}, not {wanted[n]}\n" for n in got
                   if np.shape(got[n]) != np.shape(wanted[n]) or not np.allclose(got[n], wanted[n], rtol=1e-5, atol=1e-6))


def main(symc, *pages):
    whole, graphs, runs, wrong = False, 0, 0, []
    for page in pages:
        if page == "--whole":
            whole = True
            continue
        text = pathlib.Path(page).read_text(encoding="utf-8")
        blocks = [(m.group(1), m.group(2), text.count("\n", 0, m.start()) + 2) for m in BLOCK.finditer(text)]
        for i, (kind, body, line) in enumerate(blocks):
            if kind != "json":
                continue
            place = f"{page}:{line}"
            try:
                graph = json.loads(body)
            except json.JSONDecodeError as error:
                wrong += [f"{place}: {error}"] if whole else []
                continue
            if "symc" not in graph:
                wrong += [f"{place}: is no graph file, and not marked as a fragment"] if whole else []
                continue
            graphs += 1
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / f"{graph['name']}.json"
                path.write_text(body, encoding="utf-8")
                mistakes = check(symc, path)
                if not mistakes and i + 1 < len(blocks) and blocks[i + 1][0] == "text" and "→" in blocks[i + 1][1]:
                    mistakes = run(symc, path, graph, blocks[i + 1][1])
                    runs += 1
            wrong += [f"{place}: {mistakes}"] if mistakes else []
    print(*wrong, f"{graphs} graph files, {runs} of them run, {len(wrong)} wrong", sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main(*sys.argv[1:])
