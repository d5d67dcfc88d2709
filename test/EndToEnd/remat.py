# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""What `remat` computes again: remat.py FOLDER. Parameters after training are the same bits with it and without it, fused,
unfused and at -O0, with one thread and two, and the arena of the training step is smaller by what is no longer kept."""
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import symc

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
failures = []


def graph(name, inputs, parameters, nodes, functions=None, optimizer="adam"):
    return {"symc": 1, "name": name, "inputs": inputs, "parameters": parameters, "functions": functions or {}, "nodes": nodes,
            "outputs": ["J"], "train": {"loss": "J", "optimizer": optimizer}}


def chain(layers, width):
    """Blocks of tanh, dropout and a product; the blocks' results are b0, b1, …"""
    nodes, last = [], "x"
    for k in range(layers):
        nodes += [{"name": f"in{k}/h", "expr": f"tanh({last} @ W{k})"}, {"name": f"in{k}/s", "expr": f"softplus(`in{k}/h` * 2)"},
                  {"name": f"in{k}/d", "expr": f"dropout(`in{k}/s`, rate=0.25)"},
                  {"name": f"b{k}", "expr": f"{last} + 0.5 * sigmoid(`in{k}/d` @ V{k})"}]
        last = f"b{k}"
    weights = {f"{w}{k}": {"type": f"f32[{width}, {width}]", "init": "glorot_uniform"} for k in range(layers) for w in "WV"}
    return graph("chain", {"x": f"f32[n, {width}]"}, weights, nodes + [{"name": "J", "expr": f"mean({last} ** 2)"}])


def recurrent(width):
    """A loop whose body has a call and a branch."""
    functions = {
        "gate": {"inputs": ["a"], "nodes": [{"name": "g", "expr": "sigmoid(a) * exp(-a * a)"}], "outputs": ["g"]},
        "up": {"inputs": ["a"], "nodes": [{"name": "u", "expr": "tanh(a) * 1.5"}], "outputs": ["u"]},
        "down": {"inputs": ["a"], "nodes": [{"name": "u", "expr": "sin(a) * 0.5"}], "outputs": ["u"]},
        "cell": {"inputs": ["h", "v"], "nodes": [
            {"name": "z", "expr": "v @ W + h @ U"}, {"name": "q", "expr": "gate(z)"}, {"name": "big", "expr": "mean(z) > 0.0"},
            {"name": "c", "op": "cond", "inputs": ["big", "z"], "attrs": {"true_fn": "up", "false_fn": "down"}},
            {"name": "r", "expr": "q * c + dropout(z, rate=0.5)"}], "outputs": ["r", "r"]}}
    weights = {w: {"type": f"f32[{width}, {width}]", "init": "glorot_uniform"} for w in "WU"}
    nodes = [{"name": ["last", "rows"], "op": "scan", "inputs": ["h0", "x"], "attrs": {"body": "cell", "carries": 1}},
             {"name": "J", "expr": "mean(rows ** 2) + mean(last)"}]
    return graph("recurrent", {"x": f"f32[t, n, {width}]", "h0": f"f32[n, {width}]"}, weights, nodes, functions)


def normalised(width):
    """Composites that have no derivative of their own, moving averages, and several results."""
    nodes = [{"name": "a", "expr": "x @ W"}, {"name": "m", "op": "batch_norm", "inputs": ["a"]},
             {"name": "s", "expr": "softmax(m)"}, {"name": "l", "op": "layer_norm", "inputs": ["s"]},
             {"name": ["best", "where"], "op": "top_k", "inputs": ["l"], "attrs": {"k": 3}},
             {"name": "J", "expr": "mean(l ** 3) + mean(best) + mean(logsumexp(m, axis=-1))"}]
    return graph("normalised", {"x": f"f32[n, {width}]"}, {"W": {"type": f"f32[{width}, {width}]", "init": "he_normal"}}, nodes,
                 optimizer={"sgd": {"learning_rate": 0.1, "momentum": 0.9}})


def penalised(width):
    """A loss of the derivative of a loop."""
    functions = {"cell": {"inputs": ["h", "v"], "nodes": [{"name": "z", "expr": "tanh(h * U + v)"}], "outputs": ["z"]}}
    nodes = [{"name": "rows", "expr": "x * W"},
             {"name": "last", "op": "scan", "inputs": ["h0", "rows"], "attrs": {"body": "cell", "carries": 1}},
             {"name": "slope", "expr": "grad(sum(last), x)"}, {"name": "J", "expr": "mean(slope**2) + mean(last)"}]
    return graph("penalised", {"x": f"f32[t, {width}]", "h0": f"f32[{width}]"},
                 {w: {"type": f"f32[{width}]", "init": {"uniform": {"low": 0.2, "high": 1}}} for w in "WU"}, nodes, functions)


def compiled(model, label, flags):
    path = folder / f"{model['name']}-{label}.json"
    path.write_text(json.dumps(model))
    library = folder / f"lib{model['name']}-{label}.so"
    subprocess.run([os.environ["SYMC"], "compile", str(path), "-o", str(library), *flags], check=True)
    return library


def trained(library, data, threads):
    model = symc.Model(str(library), threads=threads, seed=7)
    losses = [float(np.array(model.train_step(**data)["loss"])) for _ in range(4)]
    return losses, [np.array(model.parameters[n]).tobytes() for n in sorted(model.parameters)]


def arena(library, dims):
    text = subprocess.run([os.environ["SYMC"], "inspect", str(library), "--dim", ",".join(f"{n}={v}" for n, v in dims.items())],
                          check=True, capture_output=True, text=True).stdout
    return json.loads(text)["memory"]["train_step"]["arena_bytes"]


def check(model, patterns, dims, most):
    """`most`: the largest part of the arena without remat that the arena with it may have."""
    rng = np.random.default_rng(3)
    shapes = {n: [dims[d] if d in dims else int(d) for d in t[t.index("[") + 1:-1].split(", ")] for n, t in model["inputs"].items()}
    data = {n: rng.standard_normal(s).astype(np.float32) for n, s in shapes.items()}
    plain = compiled(model, "plain", [])
    wanted, bytes_before = trained(plain, data, 1), arena(plain, dims)
    model["train"]["remat"] = patterns
    for label, flags in (("remat", []), ("O0", ["-O0"]), ("unfused", ["--debug-fusion", "off"]), ("poisoned", ["--debug-arena", "poisoned"])):
        library = compiled(model, label, flags)
        for threads in (1, 2):
            if trained(library, data, threads) != wanted:
                failures.append(f"{model['name']} {label}, {threads} threads: other bits")
        if label == "remat":
            part = arena(library, dims) / bytes_before
            print(f"{model['name']} {patterns}: {part:.2f} of the arena")
            if part > most:
                failures.append(f"{model['name']} {patterns}: the arena is {part:.2f} of {bytes_before} bytes")
    del model["train"]["remat"]


check(chain(6, 32), ["in?/*"], {"n": 256}, 0.75)
check(chain(4, 32), ["*"], {"n": 64}, 1.5)
check(recurrent(16), ["last/cell/*"], {"t": 40, "n": 8}, 0.6)
check(recurrent(16), ["last"], {"t": 20, "n": 8}, 1.5)
check(penalised(24), ["last"], {"t": 30}, 1.5)
check(penalised(24), ["last/cell/*"], {"t": 30}, 1.5)
check(normalised(24), ["m", "s", "l", "best"], {"n": 64}, 1.2)
for line in failures:
    print(line)
print(f"{len(failures)} failed")
sys.exit(bool(failures))
