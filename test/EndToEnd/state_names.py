# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Parameters that are called like the state of an optimizer train like any other: state_names.py FOLDER."""
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import symc

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
data = np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32)


def trained(label, name, optimizer, settings):
    reference = f"`{name}`"
    graph = {"symc": 1, "name": "m", "inputs": {"x": "f32[n, 3]"}, "parameters": {"w": {"type": "f32[3]", "init": "ones"}, name: "f32[3]"},
             "nodes": [{"name": "J", "expr": f"mean((x * w + {reference} - 1) ** 2)"}], "outputs": ["J"],
             "train": {"loss": "J", "optimizer": optimizer, **settings}}
    path, library, state = (folder / f"{label}.{ending}" for ending in ("json", "so", "state"))
    path.write_text(json.dumps(graph))
    subprocess.run([os.environ["SYMC"], "compile", str(path), "-o", str(library)], check=True)
    models = [symc.load(str(library)), symc.load(str(library))]
    for _ in range(3):
        models[0].train_step(x=data)
    models[0].save_state(str(state))
    models[1].load_state(str(state))
    for model in models:
        model.train_step(x=data)
    values = [{n: np.array(m.parameters[n]) for n in ("w", name)} for m in models]
    assert all((values[0][n] == values[1][n]).all() for n in values[0]), f"{label}: a loaded state goes another way"
    assert (values[0][name] != 0).all(), f"{label}: {name} does not train"
    return values[0]["w"], values[0][name]


for name, optimizer, settings in (("adam/m/w", "adam", {}), ("adam/v/w", "adam", {}), ("sgd/m/w", {"sgd": {"momentum": 0.9}}, {}),
                                  ("accumulate/w", "adagrad", {"accumulate_steps": 2}), ("nadam/product", "nadam", {})):
    label = name.replace("/", "-")
    got, wanted = trained(label, name, optimizer, settings), trained(label + "-plain", "other", optimizer, settings)
    assert all((a == b).all() for a, b in zip(got, wanted)), f"{name} trains otherwise than a parameter of another name"
print("as others")
