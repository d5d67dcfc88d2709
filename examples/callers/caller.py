# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""caller.py LIBRARY: trains a compiled model from Python, saves it, loads it again and predicts. PYTHONPATH=python."""
import pathlib
import sys
import tempfile

import numpy as np
import symc


def main(library):
    rng = np.random.default_rng(1)
    corner = rng.integers(0, 2, (512, 2))
    x = (corner * 2 - 1 + rng.normal(0, 0.2, corner.shape)).astype(np.float32)
    y = (corner[:, :1] != corner[:, 1:]).astype(np.float32)

    model = symc.load(library)
    model.initialize(seed=1)
    for _ in range(1000):
        loss = model.train_step(x=x, y=y)["loss"]
    print(f"trained: loss {loss:.6f}")

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "w.safetensors"
        model.save_parameters(path)
        copy = symc.load(library)
        copy.load_parameters(path)
    right = int(np.sum((copy.predict(x=x)["yhat"] > 0.5) == (y > 0.5)))
    print(f"loaded: {right} of {len(y)} points are right")

    try:
        copy.predict(x=x[:, :1])
        return 1
    except symc.ShapeError as error:
        print(f"a wrong shape: {error}")
    return 0 if right == len(y) else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
