"""The formulas of `symc grad`, evaluated by NumPy, against the gradients of the compiled model."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import symc

LINE = {"inputs": {"X": "f64[m, 3]", "y": "f64[m, 1]"}, "parameters": {"theta": "f64[3, 1]"},
        "nodes": [{"name": "yhat", "expr": "X @ theta"}, {"name": "J", "expr": "mean((yhat - y)**2)"}]}
RIDGE = {"inputs": LINE["inputs"], "parameters": LINE["parameters"],
         "nodes": [{"name": "J", "expr": "mean((y - X @ theta)**2) + 0.5 * sum(theta**2)"}]}
PERCEPTRON = {"inputs": {"x": "f64[m, 2]", "y": "f64[m, 1]"},
              "parameters": {"W1": "f64[2, 5]", "b1": "f64[5]", "W2": "f64[5, 1]", "b2": "f64[1]"},
              "nodes": [{"name": "h", "expr": "tanh(x @ W1 + b1)"}, {"name": "yhat", "expr": "sigmoid(h @ W2 + b2)"},
                        {"name": "J", "expr": "mean((yhat - y)**2)"}]}
CLASSES = {"inputs": {"x": "f64[m, 4]", "labels": "i64[m]"},
           "parameters": {"V": "f64[4, 6]", "W": "f64[6, 3]", "b": "f64[3]"},
           "nodes": [{"name": "h", "expr": "relu(x @ V)"}, {"name": "logits", "expr": "h @ W + b"},
                     {"name": "J", "expr": "sparse_softmax_cross_entropy(logits, labels)"}]}
DEEP = {"inputs": {"x": "f64[m, 4]"}, "parameters": {"A": "f64[4, 4]", "c": "f64[4]"},
        "nodes": [{"name": "a", "expr": "exp(-x @ A) / (1 + c**2)"}, {"name": "n", "expr": "a - mean(a, axis=1, keepdims=True)"},
                  {"name": "s", "expr": "n / sqrt(mean(n**2, axis=1, keepdims=True) + 0.1)"},
                  {"name": "J", "expr": "sum(s * sin(x)) + mean(sqrt(c**2 + 1))"}]}

PRODUCTS = {"inputs": {}, "parameters": {"A": "f64[3, 3]", "c": "f64[4]", "d": "f64[2, 3]"},
            "nodes": [{"name": "J", "expr": "det(A) + prod(c) + sum(prod(d, 1)**2)"}]}


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


SCOPE = {name: getattr(np, name) for name in
         "sum prod mean tanh exp log sqrt sin cos where ones zeros broadcast_to reshape transpose".split()}
SCOPE |= {"det": np.linalg.det, "inv": np.linalg.inv}
SCOPE |= {"sigmoid": lambda x: 1 / (1 + np.exp(-x)), "relu": lambda x: np.maximum(x, 0), "softmax": softmax,
          "one_hot": lambda labels, depth: np.eye(depth)[labels]}


def check(name, graph, folder):
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"symc": 1, "name": name, **graph, "outputs": {"out": "J"},
                                "train": {"loss": "J", "optimizer": "sgd"}}))
    model = symc.compile(path)
    rng, m = np.random.default_rng(1), 7
    values = {"m": m}
    for n, t in graph["inputs"].items():
        shape = [m if s == "m" else int(s) for s in t[t.index("[") + 1:-1].split(", ")]
        values[n] = rng.integers(0, 3, size=shape) if t.startswith("i64") else rng.normal(size=shape)
    for n in graph["parameters"]:
        values[n] = rng.normal(size=model.parameters[n].shape)
        model.parameters[n][...] = values[n]
    used = {i: values[i] for i in graph["inputs"]}
    gradients = model.gradients(**used)
    lines = subprocess.run([os.environ["SYMC"], "grad", str(path), "--of", "J"], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    scope = {**SCOPE, **values}
    failed = 0
    for line in lines:
        if " = " in line and ": " not in line.split(" = ")[0]:  # a definition
            n, formula = line.split(" = ", 1)
            scope[n] = eval(formula, scope)
            continue
        n, formula = line.split(": ", 1) if len(graph["parameters"]) > 1 else (*graph["parameters"], line)
        value = eval(formula, scope)
        if np.shape(value) != gradients[n].shape or not np.allclose(value, gradients[n], rtol=1e-9, atol=1e-11):
            failed += 1
            print(f"FAIL {name}: d/d{n} = {formula}\n{value}\n{gradients[n]}")
    return failed


with tempfile.TemporaryDirectory() as scratch:
    bad = sum(check(n, g, pathlib.Path(scratch)) for n, g in
              {"line_f": LINE, "ridge_f": RIDGE, "perceptron_f": PERCEPTRON, "classes_f": CLASSES, "deep_f": DEEP,
               "products_f": PRODUCTS}.items())
print(f"{bad} formulas differ")
sys.exit(bad != 0)
