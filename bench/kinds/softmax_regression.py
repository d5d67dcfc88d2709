# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
import numpy as np

from .kind import Kind, layers


class SoftmaxRegression(Kind):
    """Pixels x [batch, height, width] of classes `labels` [batch], gradient descent. SIZES: HEIGHT-WIDTH-CLASSES."""
    KIND, SIZES, BATCH, RATE, CLASSIFIES = "softmax_regression", (28, 28, 10), 100, 0.1, True

    def batch_of(self, rng):
        return {"x": rng.random((self.batch, *self.sizes[:2]), np.float32),
                "labels": rng.integers(0, self.sizes[-1], self.batch).astype(np.uint8)}

    def parameters(self):
        return layers([(self.sizes[0] * self.sizes[1], self.sizes[2])])

    def resize(self, graph, nodes):
        height, width, classes = self.sizes
        graph["inputs"]["x"]["type"] = f"f32[batch, {height}, {width}]"
        nodes["logits"]["attrs"]["units"] = classes
        nodes["pixels"]["attrs"]["shape"] = ["batch", height * width]

    def torch_forward(self, t, w, x, training):
        return x.reshape(-1, w[0].shape[0]) @ w[0] + w[1]

    def jax_forward(self, j, w, x, key, setting):
        return x.reshape(-1, w[0].shape[0]) @ w[0] + w[1]

    def tensorflow_forward(self, tf, w, x, training, setting):
        return tf.reshape(x, (-1, w[0].shape[0])) @ w[0] + w[1]
