# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
import numpy as np

from .kind import Kind, layers


class Perceptron(Kind):
    """Layers of tanh, the last one sigmoid; mean squared error, Adam. SIZES: INPUTS-HIDDEN-...-OUTPUTS."""
    KIND, SIZES, BATCH, RATE, ADAM = "perceptron", (2, 16, 1), 32, 0.01, True

    @classmethod
    def takes(cls, sizes):
        return len(sizes) > 1

    def batch_of(self, rng):
        x = rng.standard_normal((self.batch, self.sizes[0]), np.float32)
        return {"x": x, "y": np.repeat((x[:, :1] * x[:, -1:] > 0).astype(np.float32), self.sizes[-1], 1)}

    def parameters(self):
        return layers(zip(self.sizes, self.sizes[1:]))

    def resize(self, graph, nodes):
        sizes, last = self.sizes, len(self.sizes) - 1
        graph["inputs"] = {"x": f"f32[batch, {sizes[0]}]", "y": f"f32[batch, {sizes[-1]}]"}
        graph["parameters"], found = {}, []
        for i in range(1, last + 1):
            graph["parameters"][f"W{i}"] = {"type": f"f32[{sizes[i - 1]}, {sizes[i]}]", "init": "glorot_uniform"}
            graph["parameters"][f"b{i}"] = f"f32[{sizes[i]}]"
            function, source = "sigmoid" if i == last else "tanh", f"h{i - 1}" if i > 1 else "x"
            found.append({"name": "yhat" if i == last else f"h{i}", "expr": f"{function}({source} @ W{i} + b{i})"})
        graph["nodes"] = found + [{"name": "J", "expr": "mean((yhat - y)**2)"}]
        graph["outputs"] = ["yhat"]
        graph["train"] = {"loss": "J", "optimizer": {"adam": {}}}

    @staticmethod
    def forward(w, h, tanh, sigmoid):
        for i in range(0, len(w) - 2, 2):
            h = tanh(h @ w[i] + w[i + 1])
        return sigmoid(h @ w[-2] + w[-1])

    def torch_forward(self, t, w, x, training):
        return self.forward(w, x, t.tanh, t.sigmoid)

    def jax_forward(self, j, w, x, key, setting):
        return self.forward(w, x, j.numpy.tanh, j.nn.sigmoid)

    def tensorflow_forward(self, tf, w, x, training, setting):
        return self.forward(w, x, tf.tanh, tf.sigmoid)
