# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""sample.py LIBRARY PARAMETERS PROMPT LENGTH TEMPERATURE: writes on from PROMPT, a character at a time: PYTHONPATH=python.

`step` keeps the state of the LSTM in the instance: it is given one character and returns the probabilities of the next one.
"""
import sys

import numpy as np
import symc
from alice import decode, encode


def main(library, parameters, prompt, length, temperature):
    model = symc.load(library, threads=1)
    model.load_parameters(parameters)
    rng = np.random.default_rng(1)
    places = list(encode(prompt))
    for i in range(len(prompt) + length - 1):
        p = model.step(text=np.array([places[i]], np.uint8), temperature=temperature)["next"][0].astype(np.float64)
        if i == len(places) - 1:
            places.append(rng.choice(len(p), p=p / p.sum()))
    print(decode(places))


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    main(*sys.argv[1:4], int(sys.argv[4]), float(sys.argv[5]))
