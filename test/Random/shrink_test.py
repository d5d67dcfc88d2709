# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""The shrinker on failures that are made up: graphs that the compiler takes and that hold an op, or a pair of ops."""
import json
import pathlib
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[2] / "python")]
from compiling import Failed, compile_graph, load_compiler
from graphs import Generator
from shrink import kind_of, shrink

compiler, failures, found = load_compiler(), [], 0


def failing(needles):
    def check(graph):
        """Like a crash of the ops together; a graph that is refused fails otherwise."""
        with tempfile.TemporaryDirectory() as name:
            source = pathlib.Path(name) / "g.json"
            source.write_text(json.dumps(graph))
            try:
                compile_graph(compiler, source, pathlib.Path(name) / "g.so", "O0", None)
            except Failed as failed:
                return str(failed)
        nodes = json.dumps(graph["nodes"])
        return "crashed: SIGSEGV" if all(needle in nodes for needle in needles) else None
    return check


for seed in range(700, 740):
    generator = Generator(seed)
    graph = generator.graph("g")
    for needles, most in ((["softmax("], 3), (["tanh(", "sum("], 4)):
        check = failing(needles)
        problem = check(graph)
        if not problem or found >= 8:
            continue
        found += 1
        small, said = shrink(graph, generator.types(), problem, check, steps=150)
        if check(small) != said or kind_of(said) != kind_of(problem):
            failures.append(f"seed {seed}: the small graph fails otherwise")
        if len(small["nodes"]) > most or len(small["nodes"]) > len(graph["nodes"]):
            failures.append(f"seed {seed}: {len(small['nodes'])} of {len(graph['nodes'])} nodes are left for {needles}")
if found < 4:
    failures.append("too few graphs have what is looked for")
print(*failures, f"{found} graphs, {len(failures)} failed", sep="\n")
sys.exit(bool(failures))
