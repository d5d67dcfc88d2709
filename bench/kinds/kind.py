# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""What every kind of model says about itself.

A kind is a subclass of Kind, a row an instance of it. It gives the batch and the parameters as arrays, the graph file for
symc, and the forward pass in each of the other systems; losses, optimizers and everything else that makes a step of it are
the systems' (bench/systems). A forward pass gets the library it is written for as an argument, since a process loads one
of them only.
"""
import json
import pathlib

import numpy as np

PROJECT = pathlib.Path(__file__).resolve().parents[2]


class Kind:
    """One model, its batch, and what is measured of it: a row."""
    KIND = ""  # its name, also that of the example
    SIZES, BATCH = (), 0  # those of the example
    RATE = 0.0  # learning rate
    ADAM = False  # else gradient descent
    CLASSIFIES = False  # sparse softmax cross entropy of what `forward` gives, else the mean squared error
    SETTINGS = {"torch": ("eager", "compile"), "jax": ("jit",), "tensorflow": ("function", "function xla")}

    def __init__(self, name, sizes, batch, predict):
        self.name, self.sizes, self.batch, self.predict = name, sizes, batch, predict
        self.kind = self.KIND

    @classmethod
    def takes(cls, sizes):
        """Whether a row may have these sizes."""
        return len(sizes) == len(cls.SIZES)

    @property
    def function(self):
        return "predict" if self.predict else "train_step"

    def batch_of(self, rng):
        """A batch drawn with `rng`: arrays by name, what the model sees and then what it should say."""
        raise NotImplementedError

    def data(self):
        """The arrays of the row's function by name: the input, and for a step the target."""
        arrays = self.batch_of(np.random.default_rng(0))
        return dict(list(arrays.items())[:1]) if self.predict else arrays

    def parameters(self):
        """Arrays in the order in which the library of `graph` has them."""
        raise NotImplementedError

    def graph(self):
        """The graph file, as text: the example's with this row's sizes."""
        graph = self.example()
        self.resize(graph, {node["name"]: node for node in graph["nodes"]})
        for optimizer in graph["train"]["optimizer"].values():
            optimizer["learning_rate"] = self.RATE
        return json.dumps(graph)

    def example(self):
        return json.loads((PROJECT / f"examples/{self.KIND}/{self.KIND}.json").read_text())

    def resize(self, graph, nodes):
        """Writes the row's sizes into the example's graph, whose nodes are `nodes` by name."""
        raise NotImplementedError

    def torch_model(self, t, setting):
        """(parameters to train, forward(x, training))."""
        weights = [t.from_numpy(p).requires_grad_() for p in self.parameters()]
        return weights, lambda x, training: self.torch_forward(t, weights, x, training)

    def torch_forward(self, t, w, x, training):
        raise NotImplementedError

    def jax_forward(self, j, w, x, key, setting):
        """`key` is what dropout draws with, or None."""
        raise NotImplementedError

    def tensorflow_forward(self, tf, w, x, training, setting):
        raise NotImplementedError


def layers(shapes):
    """glorot_uniform weights and zero biases in turn, for weights of these shapes (HWIO for filters)."""
    rng, result = np.random.default_rng(1), []
    for shape in shapes:
        result += [glorot(rng, *shape), np.zeros(shape[-1], np.float32)]
    return result


def glorot(rng, *shape):
    limit = np.sqrt(6 / (np.prod(shape[:-2], initial=1) * (shape[-2] + shape[-1])))
    return rng.uniform(-limit, limit, shape).astype(np.float32)


def product(tf, x, w):
    """x [batch, time, a] @ w [a, b] as one product of matrices, which TensorFlow is faster at than at a stack of them."""
    return tf.reshape(tf.reshape(x, (-1, w.shape[0])) @ w, (-1, x.shape[1], w.shape[1]))
