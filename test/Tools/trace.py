# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""trace.py DIR: traces `run`, `train` and `bench` of small graphs, and holds what the files say against what is known of the
graphs: which node a kernel belongs to, bytes, and operations."""
import json
import os
import pathlib
import subprocess
import sys

import numpy as np

from tally import Tally

SYMC = os.environ.get("SYMC", "symc")
folder = pathlib.Path(sys.argv[1])
check = Tally()

PRODUCTS = {
    "symc": 1, "name": "products", "inputs": {"x": "f32[batch, 24]"},
    "parameters": {"A": {"type": "f32[24, 40]", "init": "glorot_uniform"},
                   "B": {"type": "f32[40, 16]", "init": "glorot_uniform"}},
    "nodes": [{"name": "first/h", "expr": "x @ A"}, {"name": "second/y", "expr": "`first/h` @ B"}],
    "outputs": {"y": "`second/y`"}}
TRAINED = {
    "symc": 1, "name": "trained", "inputs": {"x": "f32[batch, 12, 12, 3]", "y": "f32[batch, 1]"},
    "nodes": [{"name": "conv", "op": "conv2d", "inputs": ["x"], "attrs": {"filters": 4, "kernel_size": 3}},
              {"name": "flat", "op": "reshape", "inputs": ["conv"], "attrs": {"shape": ["batch", -1]}},
              {"name": "h", "op": "dense", "inputs": ["flat"], "attrs": {"units": 8, "activation": "tanh"}},
              {"name": "out", "op": "dense", "inputs": ["h"], "attrs": {"units": 1}},
              {"name": "J", "expr": "mean((out - y)**2)"}],
    "outputs": ["out"], "train": {"loss": "J", "optimizer": "adam"}}
LOOP = {
    "symc": 1, "name": "loop", "inputs": {"x": "f32[time, 8]"},
    "parameters": {"W": {"type": "f32[8, 8]", "init": "glorot_uniform"}, "h0": "f32[1, 8]"},
    "functions": {"step": {"inputs": ["h", "row"], "nodes": [{"name": "next", "expr": "tanh(h @ W + row[None, :])"}],
                           "outputs": ["next"]}},
    "nodes": [{"name": "last", "op": "scan", "inputs": ["h0", "x"], "attrs": {"body": "step", "carries": 1}}],
    "outputs": ["last"]}


def symc(*arguments, exit=0):
    done = subprocess.run([SYMC, *map(str, arguments)], capture_output=True, text=True, cwd=folder)
    check(" ".join(map(str, arguments)), done.returncode == exit, done.stderr)
    return done.stderr


def write(graph):
    (folder / f"{graph['name']}.json").write_text(json.dumps(graph))
    return f"{graph['name']}.json"


def kernels(name):
    """The spans of kernels, which all have what a span has."""
    trace = json.loads((folder / name).read_text())
    spans = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    calls = [event for event in trace["traceEvents"] if event["ph"] in "BE"]
    check(f"{name} has spans", spans)
    for span in spans:
        args = span["args"]
        check(f"{name}: {span}", span["pid"] == 0 and span["tid"] >= 0 and span["dur"] >= 0 and args["node"]
              and args["node"] == span["name"] == args["nodes"][0] and args["bytes"] > 0 and args["flops"] >= 0)
        inside = [call for call in calls if call["ph"] == "B" and call["args"]["step"] == args["step"]]
        check(f"{name}: in a call", len(inside) == 1 and inside[0]["ts"] <= span["ts"])
    check(f"{name}: calls end", sum(call["ph"] == "B" for call in calls) == sum(call["ph"] == "E" for call in calls))
    return spans


def total(spans, key):
    return sum(span["args"][key] for span in spans)


rng = np.random.default_rng(0)
batch = 50
np.save(folder / "x.npy", rng.standard_normal((batch, 24), np.float32))
graph = write(PRODUCTS)
for threads in (1, 3):
    said = symc("run", graph, "--in", "x=x.npy", "--out", "y=y.npy", "--threads", threads, "--trace", "run.json")
    check("says what it wrote", "run.json: " in said and "spans of the first call" in said, said)
    spans = kernels("run.json")
    check("operations of the products", total(spans, "flops") == 2 * batch * (24 * 40 + 40 * 16), total(spans, "flops"))
    check("bytes of the products", total(spans, "bytes") == 4 * (batch * (24 + 40 + 40 + 16) + 24 * 40 + 40 * 16),
          total(spans, "bytes"))
    check("nodes", {span["args"]["node"] for span in spans} == {"first/h", "second/y"})

# The same from a library with trace points; one without is told from it.
symc("compile", graph, "-o", "libtraced.so", "--trace-points")
symc("compile", graph, "-o", "libplain.so")
manifest = subprocess.run([SYMC, "inspect", "libtraced.so"], capture_output=True, text=True, cwd=folder, check=True).stdout
check("flags", "--trace-points" in json.loads(manifest)["flags"])
symc("bench", "libtraced.so", "--function", "predict", "--dim", f"batch={batch}", "--threads", 1, "--trace", "bench.json")
spans = kernels("bench.json")
check("20 calls", len({span["args"]["step"] for span in spans}) == 20)
check("operations of 20 calls", total(spans, "flops") == 20 * 2 * batch * (24 * 40 + 40 * 16))
said = symc("run", "libplain.so", "--in", "x=x.npy", "--trace", "plain.json", exit=2)
check("no trace points", "is compiled without trace points" in said and "--trace-points" in said, said)
done = subprocess.run([SYMC, "bench", "libplain.so", "--function", "predict", "--dim", f"batch={batch}", "--trace", "plain.json"],
                      capture_output=True, text=True, cwd=folder, check=False)
check("nothing is measured then", done.returncode == 2 and not done.stdout, done.stdout)
said = symc("run", graph, "--in", "x=x.npy", "--out", "y=never.npy", "--trace", "no/where.json", exit=1)
check("a place that is none", "no/where.json" in said and not (folder / "never.npy").exists(), said)
check("no file", not (folder / "plain.json").exists())
for name in ("libtraced.so", "libplain.so"):
    symc("run", name, "--in", "x=x.npy", "--out", f"y=y-{name}.npy")
check("the same numbers", (folder / "y-libtraced.so.npy").read_bytes() == (folder / "y-libplain.so.npy").read_bytes())
check("a library without has no trace in it", b"sym.trace" not in (folder / "libplain.so").read_bytes()
      and b'"kernel": ' not in (folder / "libplain.so").read_bytes())

# A training: the first steps only, with the nodes of the graph, derivatives and updates among them.
data = folder / "data"
data.mkdir(exist_ok=True)
np.save(data / "x.npy", rng.standard_normal((100, 12, 12, 3), np.float32))
np.save(data / "y.npy", rng.standard_normal((100, 1), np.float32))
graph = write(TRAINED)
for trace in ([], ["--trace", "train.json"]):
    said = symc("train", graph, "--data", "data", "--batch-size", 4, "--threads", 1,
                "--save", f"w{len(trace)}.safetensors", *trace)
check("how much is traced", "spans of the first 20 calls" in said, said)
check("the same weights", (folder / "w0.safetensors").read_bytes() == (folder / "w2.safetensors").read_bytes())
spans = kernels("train.json")
check("steps", {span["args"]["step"] for span in spans} == set(range(1, 21)))
known = {"conv", "conv/kernel", "conv/bias", "h", "h/kernel", "h/bias", "out", "out/kernel", "out/bias", "J"}
seen = {span["args"]["node"] for span in spans}
check("nodes of the graph", all(any(name == node or name.startswith(node + "/") for node in known) for name in seen), seen)
# Forward 2·n·out pixels·filter·channels; the derivatives of the filter as much, that of the image is not needed.
conv = [span for span in spans if span["args"]["node"] == "conv" and span["args"]["kind"] == "contraction"]
check("operations of the convolution", 20 * 2 * 2 * 4 * 10 * 10 * 4 * 27 <= total(conv, "flops")
      <= 20 * 2 * 2 * 4 * 10 * 10 * 4 * 27 * 1.1, total(conv, "flops"))

# Kernels in a loop run once an iteration.
np.save(folder / "rows.npy", rng.standard_normal((7, 8), np.float32))
symc("run", write(LOOP), "--in", "x=rows.npy", "--trace", "in-loop.json")
products = [span for span in kernels("in-loop.json") if span["args"]["kind"] == "contraction"]
check("a product an iteration", total(products, "flops") >= 7 * 2 * 8 * 8 and len(products) == 7, products)

print(f"{check.cases} cases, {check.failed} failed")
