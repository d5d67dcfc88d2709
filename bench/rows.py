"""The models that compare.py measures: the four examples, and models of their kinds with other sizes and batches.

A row is named KIND[:SIZES][@BATCH][/predict]; without SIZES and BATCH it is the example itself. SIZES are, by kind:

    linear_regression   FEATURES                                    442 x 10, gradient descent
    perceptron          INPUTS-HIDDEN-...-OUTPUTS                   2-16-1, tanh, last sigmoid, Adam
    softmax_regression  HEIGHT-WIDTH-CLASSES                        28-28-10, gradient descent
    small_cnn           HEIGHT-WIDTH-FILTERS x 3-UNITS-CLASSES      28-28-16-8-12-200-10, Adam

`/predict` measures the forward pass alone, without dropout.
"""
import dataclasses
import json
import pathlib
import re

import numpy as np

PROJECT = pathlib.Path(__file__).resolve().parent.parent
SIZES = {"linear_regression": (10,), "perceptron": (2, 16, 1), "softmax_regression": (28, 28, 10),
         "small_cnn": (28, 28, 16, 8, 12, 200, 10)}
BATCH = {"linear_regression": 442, "perceptron": 32, "softmax_regression": 100, "small_cnn": 100}
RATES = {"linear_regression": 0.1, "perceptron": 0.01, "softmax_regression": 0.1, "small_cnn": 5e-4}
ADAM = {"perceptron", "small_cnn"}
# (size of the window, stride) of the small CNN's convolutions, "same" padding
CONVOLUTIONS = ((5, 1), (5, 2), (4, 2))


@dataclasses.dataclass
class Row:
    """One model, its batch, and what is measured of it."""
    name: str
    kind: str
    sizes: tuple
    batch: int
    predict: bool

    @staticmethod
    def parse(name):
        """Raises ValueError for a name that is not of the form above."""
        match = re.fullmatch(r"(\w+?)(?::([\d-]+))?(?:@(\d+))?(/predict)?", name)
        if not match or match[1] not in SIZES:
            raise ValueError(f"no row {name!r}; there are {', '.join(SIZES)}, each with [:SIZES][@BATCH][/predict]")
        kind = match[1]
        sizes = tuple(map(int, match[2].split("-"))) if match[2] else SIZES[kind]
        if len(sizes) != len(SIZES[kind]) and not (kind == "perceptron" and len(sizes) > 1):
            raise ValueError(f"{name!r}: {kind} has {len(SIZES[kind])} sizes")
        return Row(name, kind, sizes, int(match[3] or BATCH[kind]), bool(match[4]))

    @property
    def function(self):
        return "predict" if self.predict else "train_step"

    @property
    def adam(self):
        return self.kind in ADAM

    @property
    def classifies(self):
        return self.kind in ("softmax_regression", "small_cnn")

    @property
    def rate(self):
        return RATES[self.kind]

    @property
    def flat(self):
        """Elements that the small CNN's dense layer sees of an example."""
        height, width = self.sizes[:2]
        for _, stride in CONVOLUTIONS:
            height, width = -(-height // stride), -(-width // stride)
        return height * width * self.sizes[4]

    def data(self):
        """A batch of the row's inputs, by name."""
        rng, n, sizes = np.random.default_rng(0), self.batch, self.sizes
        if self.kind == "linear_regression":
            arrays = {"X": rng.standard_normal((n, sizes[0]), np.float32), "y": rng.standard_normal((n, 1), np.float32)}
        elif self.kind == "perceptron":
            x = rng.standard_normal((n, sizes[0]), np.float32)
            arrays = {"x": x, "y": np.repeat((x[:, :1] * x[:, -1:] > 0).astype(np.float32), sizes[-1], 1)}
        else:
            arrays = {"x": rng.random((n, *sizes[:2]), np.float32), "labels": rng.integers(0, sizes[-1], n).astype(np.uint8)}
        return {k: v for k, v in arrays.items() if k in "xX"} if self.predict else arrays

    def parameters(self):
        """Weights and biases in turn, in the examples' layouts (HWIO for filters)."""
        sizes = self.sizes
        if self.kind == "linear_regression":
            return [np.zeros((sizes[0], 1), np.float32), np.zeros(1, np.float32)]
        if self.kind == "perceptron":
            shapes = list(zip(sizes, sizes[1:]))
        elif self.kind == "softmax_regression":
            shapes = [(sizes[0] * sizes[1], sizes[2])]
        else:
            channels = (1, *sizes[2:5])
            shapes = [(k, k, channels[i], channels[i + 1]) for i, (k, _) in enumerate(CONVOLUTIONS)]
            shapes += [(self.flat, sizes[5]), (sizes[5], sizes[6])]
        rng, result = np.random.default_rng(1), []
        for shape in shapes:
            limit = np.sqrt(6 / (np.prod(shape[:-2], initial=1) * (shape[-2] + shape[-1])))
            result += [rng.uniform(-limit, limit, shape).astype(np.float32), np.zeros(shape[-1], np.float32)]
        return result

    def graph(self):
        """The example's graph file with this row's sizes, as text."""
        graph, sizes = json.loads((PROJECT / f"examples/{self.kind}/{self.kind}.json").read_text()), self.sizes
        nodes = {node["name"]: node for node in graph["nodes"]}
        if self.kind == "linear_regression":
            graph["inputs"]["X"]["type"] = f"f32[batch, {sizes[0]}]"
            graph["parameters"]["theta"]["type"] = f"f32[{sizes[0]}, 1]"
        elif self.kind == "perceptron":
            last = len(sizes) - 1
            graph["inputs"] = {"x": f"f32[batch, {sizes[0]}]", "y": f"f32[batch, {sizes[-1]}]"}
            graph["parameters"], layers = {}, []
            for i in range(1, last + 1):
                graph["parameters"][f"W{i}"] = {"type": f"f32[{sizes[i - 1]}, {sizes[i]}]", "init": "glorot_uniform"}
                graph["parameters"][f"b{i}"] = f"f32[{sizes[i]}]"
                function, source = "sigmoid" if i == last else "tanh", f"h{i - 1}" if i > 1 else "x"
                layers.append({"name": "yhat" if i == last else f"h{i}", "expr": f"{function}({source} @ W{i} + b{i})"})
            graph["nodes"] = layers + [{"name": "J", "expr": "mean((yhat - y)**2)"}]
            graph["outputs"] = ["yhat"]
            graph["train"] = {"loss": "J", "optimizer": {"adam": {"learning_rate": self.rate}}}
        else:
            graph["inputs"]["x"]["type"] = f"f32[batch, {sizes[0]}, {sizes[1]}]"
            nodes["logits"]["attrs"]["units"] = sizes[-1]
        if self.kind == "softmax_regression":
            nodes["pixels"]["attrs"]["shape"] = ["batch", sizes[0] * sizes[1]]
        elif self.kind == "small_cnn":
            nodes["image"]["attrs"]["shape"] = ["batch", sizes[0], sizes[1], 1]
            for i in range(3):
                nodes[f"conv{i + 1}"]["attrs"]["filters"] = sizes[2 + i]
            nodes["fc1"]["attrs"]["units"] = sizes[5]
        return json.dumps(graph)
