# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""signal_lstm.py FOLDER: the stream's forecasts are those of the whole series, and eleven more follow from themselves."""
import pathlib
import sys

import numpy as np

folder = pathlib.Path(sys.argv[1])
whole, stream = np.load(folder / "forecast.npy").ravel(), np.loadtxt(folder / "forecast.txt")
assert len(whole) == 143 and len(stream) == 155, (len(whole), len(stream))
assert np.allclose(stream[:143], whole, rtol=1e-4, atol=1e-3), abs(stream[:143] - whole).max()
assert np.all((stream[143:] > 250) & (stream[143:] < 1500)), stream[143:]
