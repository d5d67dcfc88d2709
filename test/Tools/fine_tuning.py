# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""fine_tuning.py WEIGHTS TRAINED OTHER EMBEDDED: what `run` gives of a model that starts from the tensors that fit, held
against parameters that are put together here; and the same parameters embedded."""
import json
import subprocess
import sys

import numpy as np
import symc

weights, trained, other, embedded = sys.argv[1:]
source, model = symc.load(trained), symc.load(other)
source.load_parameters(weights)
model.initialize(seed=0)
for name in ("body/kernel", "body/bias"):
    model.parameters[name][...] = source.parameters[name]
wanted = model.predict(x=np.load("x.npy"))["top"]
for arguments in ([other, "--params", weights, "--allow-missing", "--allow-extra"], [embedded]):
    said = subprocess.run(["symc", "run", *arguments, "--in", "x=x.npy"], check=True, capture_output=True, text=True).stdout
    got = np.array(json.loads(said)["top"], np.float32)
    if not np.array_equal(got, wanted):
        sys.exit(f"{arguments}: {got}, not {wanted}")
