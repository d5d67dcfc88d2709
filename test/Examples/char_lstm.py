# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""char_lstm.py FOLDER EXAMPLE: what FOLDER's model says of a text is the same by windows and character by character, where each
window begins with the state that the one before has left; and the derivative does not go from a window to the one before."""
import pathlib
import sys

import numpy as np
import symc

folder = pathlib.Path(sys.argv[1])
model = symc.load(folder / "libchar_lstm.so", threads=1)
model.load_parameters(folder / "char_lstm.safetensors")

x, labels = (np.load(folder / "validation" / f"{name}.npy")[:, :2] for name in ("x", "labels"))
whole = model.predict(x=x)["probabilities"].reshape(-1, 72)
steps = np.concatenate([model.step(text=x.ravel()[i:i + 1], temperature=1.0)["next"] for i in range(x.size)])
np.testing.assert_allclose(steps, whole, rtol=1e-4, atol=1e-6)
text = x.ravel()
assert -np.log(whole[np.arange(text.size), labels.ravel()]).mean() < 2.4

# The row of a character that only the first window has: the loss of the second one depends on it, its derivative does not.
# Twice as many characters halve the rest.
other = np.setdiff1d(np.arange(72, dtype=np.uint8), x)[0]
x[0, 0, -1] = other
both, first = (model.gradients(x=x[:, :n], labels=labels[:, :n])["table"][other] for n in (2, 1))
assert np.abs(first).max() > 0
np.testing.assert_allclose(2 * both, first, rtol=1e-4, atol=1e-7)

# write.c has the alphabet of the data.
sys.path.insert(0, sys.argv[2])
from alice import ALPHABET

assert f'"{ALPHABET}";'.replace("\n", "\\n").replace('!"', '!\\"') in (pathlib.Path(sys.argv[2]) / "write.c").read_text()
