# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""A training step that fails at run time changes nothing: no parameter, average, optimizer state or step."""
import json
import pathlib
import sys
import tempfile

import numpy as np
import symc

LABELS = {"labels": "i64[n]"}
SPARSE = "sparse_softmax_cross_entropy({0}, labels)"
# name, nodes, inputs, loss, (input, value that fails the step)
MODELS = [
    ("norm_and_labels", [{"name": "h", "op": "batch_norm", "inputs": ["x"]}, {"name": "z", "expr": "h @ w"}],
     LABELS, SPARSE.format("z"), ("labels", 7)),
    ("two_norms", [{"name": "h", "op": "batch_norm", "inputs": ["x"]},
                   {"name": "z", "expr": "h @ w"}, {"name": "zz", "op": "batch_norm", "inputs": ["z"]}],
     LABELS, SPARSE.format("zz"), ("labels", -1)),
    ("lookup_behind_norm", [{"name": "h", "op": "batch_norm", "inputs": ["x"]}, {"name": "e", "expr": "gather(table, labels)"},
                            {"name": "z", "expr": "h @ w + e"}],
     LABELS, "mean(z ** 2)", ("labels", 5)),
    ("lookup_of_norm", [{"name": "h", "op": "batch_norm", "inputs": ["x"]}, {"name": "z", "expr": "gather(h @ w, labels % n)"},
                        {"name": "zz", "expr": "gather(z, labels)"}],
     LABELS, "mean(zz ** 2)", ("labels", 900)),
    ("assertion_behind_norm", [{"name": "h", "op": "batch_norm", "inputs": ["x"]},
                               {"name": "z", "expr": "assert(h @ w, labels < 5, message='{value} of 5')"}],
     LABELS, "mean(z ** 2)", ("labels", 9)),
    ("two_losses", [{"name": "z", "expr": "x @ w"}, {"name": "z2", "expr": "tanh(z) @ v"}],
     {"labels": "i64[n]", "others": "i64[n]"}, f"{SPARSE.format('z')} + sparse_softmax_cross_entropy(z2, others)",
     ("others", 99)),
]
OPTIMIZERS = ["sgd", {"sgd": {"momentum": 0.9}}, "adam", {"rmsprop": {"centered": True}}, "lamb"]


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for i, (label, nodes, inputs, loss, (culprit, value)) in enumerate(MODELS):
            for number in (i, i + 1):
                optimizer = OPTIMIZERS[number % len(OPTIMIZERS)]
                used = json.dumps([nodes, loss])
                parameters = {"w": "f32[4, 3]", "v": "f32[3, 3]", "table": "f32[3, 3]"}
                graph = {"symc": 1, "name": label, "inputs": {"x": "f32[n, 4]", **inputs},
                         "parameters": {k: {"type": t, "init": {"normal": {"stddev": 0.5}}} for k, t in parameters.items()
                                        if f" {k}" in used or f"({k}" in used},
                         "nodes": nodes, "outputs": [nodes[-1]["name"]],
                         "train": {"loss": loss, "optimizer": optimizer, "clip_global_norm": 1.0}}
                source, library = folder / f"{label}{number}.json", folder / f"{label}{number}.so"
                source.write_text(json.dumps(graph))
                model = symc.compile(source, output=library)
                failed += check(label, model, symc.load(library), culprit, value, folder)
    return failed


def check(label, model, other, culprit, value, folder):
    """How many of two things are wrong: the state after a failed step, and the step after it."""
    rng = np.random.default_rng(0)
    good = {a.name: rng.normal(size=(6, 4)).astype(np.float32) if a.name == "x" else rng.integers(0, 3, 6)
            for a in model.functions["train_step"].inputs}
    bad = {**good, culprit: np.array([0, 1, 2, 0, 1, value])}
    for m in (model, other):
        m.initialize(seed=4)
        m.train_step(**good)
    before = {k: np.array(v) for k, v in model.parameters.items()}
    wrong = 0
    try:
        model.train_step(**bad)
        print(f"{label}: the step did not fail")
        wrong += 1
    except symc.Error:
        pass
    for key, array in model.parameters.items():
        if not np.array_equal(array, before[key]):
            print(f"{label}: the failed step changed {key}")
            wrong += 1
    for m, path in ((model, "a"), (other, "b")):
        m.train_step(**good)
        m.save_state(folder / path)
    if (folder / "a").read_bytes() != (folder / "b").read_bytes():
        print(f"{label}: the step after a failed one differs from one without it")
        wrong += 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())
