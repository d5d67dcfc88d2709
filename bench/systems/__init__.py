# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""The systems that are measured, a module each; a process imports the one that it runs.

A module has `System(row, setting, threads)` with `version`, `losses(count)`, the losses of the first steps, and
`measure(seconds)`, the mean time of a step (or of a prediction) over about that long.
"""
import importlib
import time

MODULES = {"symc": "library", "torch": "pytorch", "jax": "xla", "tensorflow": "graphs"}


def load(peer):
    return importlib.import_module(f"systems.{MODULES[peer]}").System


class Stepped:
    """A system that is asked through Python: `step` is called without arguments, and returns the loss (or the prediction)
    when the updated parameters are there."""

    def losses(self, count):
        return [float(self.step()) for _ in range(count)]

    def warm(self):
        start, calls = time.perf_counter(), 0
        while calls < 3 or time.perf_counter() - start < 1:
            self.step()
            calls += 1

    def measure(self, seconds):
        count, start = 0, time.perf_counter()
        while True:
            self.step()
            count += 1
            if (now := time.perf_counter()) - start >= seconds:
                return (now - start) / count
