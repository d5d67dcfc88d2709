# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""tiny_gpt.py FOLDER: FOLDER's model sees no later character, and `write` goes on with what it holds for likely."""
import pathlib
import sys

import numpy as np
import symc

folder = pathlib.Path(sys.argv[1])
model = symc.load(folder / "libtiny_gpt.so", threads=1)
model.load_parameters(folder / "tiny_gpt.safetensors")
prompt = np.load(folder / "write" / "prompt.npy")

changed = prompt.copy()
changed[0, 40] = (changed[0, 40] + 1) % 72
before, after = (model.predict(x=x)["probabilities"][0] for x in (prompt, changed))
assert np.array_equal(before[:40], after[:40]) and not np.allclose(before[40:], after[40:])

# When it is cold, the likeliest character is drawn.
window = prompt
for place in model.write(prompt=prompt, temperature=1e-4)["text"][:100]:
    assert place == model.predict(x=window)["probabilities"][0, -1].argmax()
    window = np.append(window[:, 1:], [[np.uint8(place)]], axis=1)
hot = model.write(prompt=prompt, temperature=1.0)["text"]
assert hot.shape == (500,) and hot.max() < 72 and len(np.unique(hot)) > 10
