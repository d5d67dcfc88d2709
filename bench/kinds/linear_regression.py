# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
import numpy as np

from .kind import Kind


class LinearRegression(Kind):
    """X [batch, features] @ theta + b against y [batch, 1], gradient descent. SIZES: FEATURES."""
    KIND, SIZES, BATCH, RATE = "linear_regression", (10,), 442, 0.1

    def batch_of(self, rng):
        return {"X": rng.standard_normal((self.batch, self.sizes[0]), np.float32),
                "y": rng.standard_normal((self.batch, 1), np.float32)}

    def parameters(self):
        return [np.zeros((self.sizes[0], 1), np.float32), np.zeros(1, np.float32)]

    def resize(self, graph, nodes):
        graph["inputs"]["X"]["type"] = f"f32[batch, {self.sizes[0]}]"
        graph["parameters"]["theta"]["type"] = f"f32[{self.sizes[0]}, 1]"

    def torch_forward(self, t, w, x, training):
        return x @ w[0] + w[1]

    def jax_forward(self, j, w, x, key, setting):
        return x @ w[0] + w[1]

    def tensorflow_forward(self, tf, w, x, training, setting):
        return x @ w[0] + w[1]
