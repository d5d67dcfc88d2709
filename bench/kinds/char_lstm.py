# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
import json

import numpy as np

from .kind import Kind, glorot, product


class CharLstm(Kind):
    """A character model: an embedding, an LSTM (gates i, f, c, o; one bias; state 0 at the beginning), a dense layer to the
    vocabulary at every step, cross entropy over all of them, Adam. SIZES: TIME-UNITS-VOCABULARY-EMBEDDING.

    x and labels: [batch, time]. Parameters: table [vocabulary, embedding], kernel [embedding, 4 units], recurrent kernel
    [units, 4 units], bias [4 units], dense kernel [units, vocabulary] and bias [vocabulary].
    """
    KIND, SIZES, BATCH, RATE, ADAM, CLASSIFIES = "char_lstm", (64, 128, 65, 64), 32, 1e-3, True, True
    SETTINGS = {"torch": ("eager", "compile"),
                "jax": ("jit unroll=1", "jit unroll=8", "jit unroll=1 one_hot"),
                "tensorflow": ("function while fused", "function while xla", "function block fused")}

    def batch_of(self, rng):
        time, _, vocabulary, _ = self.sizes
        text = rng.integers(0, vocabulary, (self.batch, time + 1)).astype(np.int32)
        return {"x": text[:, :-1].copy(), "labels": text[:, 1:].copy()}

    def parameters(self):
        _, units, vocabulary, width = self.sizes
        rng = np.random.default_rng(1)
        bias = np.zeros(4 * units, np.float32)
        bias[units:2 * units] = 1
        return [rng.standard_normal((vocabulary, width), np.float32) / 20, glorot(rng, width, 4 * units),
                glorot(rng, units, 4 * units), bias, glorot(rng, units, vocabulary), np.zeros(vocabulary, np.float32)]

    def graph(self):
        time, units, vocabulary, width = self.sizes
        return json.dumps({
            "symc": 1, "name": self.KIND,
            "inputs": {"x": f"i32[batch, {time}]", "labels": f"i32[batch, {time}]"},
            "nodes": [
                {"name": "embed", "op": "embedding", "inputs": ["x"],
                 "attrs": {"input_dim": vocabulary, "output_dim": width}},
                {"name": "hidden", "op": "lstm", "inputs": ["embed"], "attrs": {"units": units}},
                {"name": "logits", "op": "dense", "inputs": ["hidden"], "attrs": {"units": vocabulary}},
                {"name": "J", "op": "sparse_softmax_cross_entropy", "inputs": ["logits", "labels"]}],
            "outputs": {"probabilities": "softmax(logits)"},
            "train": {"loss": "J", "optimizer": {"adam": {"learning_rate": self.RATE}}}})

    def torch_model(self, t, setting):
        """nn.LSTM, which has a second bias: zero, and not trained. torch.compile leaves it as it is, for good reason: told to
        look into it (allow_rnn) it compiles for minutes and is slower."""
        table, kernel, recurrent, bias, dense, dense_bias = self.parameters()
        lstm = t.nn.LSTM(table.shape[1], self.sizes[1], batch_first=True)
        with t.no_grad():
            lstm.weight_ih_l0.copy_(t.from_numpy(kernel.T.copy()))
            lstm.weight_hh_l0.copy_(t.from_numpy(recurrent.T.copy()))
            lstm.bias_ih_l0.copy_(t.from_numpy(bias))
            lstm.bias_hh_l0.zero_().requires_grad_(False)
        table, dense, dense_bias = (t.from_numpy(p).requires_grad_() for p in (table, dense, dense_bias))

        def forward(x, training):
            return lstm(t.nn.functional.embedding(x, table))[0] @ dense + dense_bias
        return [table, dense, dense_bias, *(p for p in lstm.parameters() if p.requires_grad)], forward

    def jax_forward(self, j, w, x, key, setting):
        table, kernel, recurrent, bias, dense, dense_bias = w
        x = x.T
        embedded = j.nn.one_hot(x, self.sizes[2]) @ table if "one_hot" in setting else table[x]
        projected = embedded @ kernel + bias

        def cell(state, z):
            h, c = state
            i, f, g, o = j.numpy.split(z + h @ recurrent, 4, -1)
            c = j.nn.sigmoid(f) * c + j.nn.sigmoid(i) * j.numpy.tanh(g)
            h = j.nn.sigmoid(o) * j.numpy.tanh(c)
            return (h, c), h
        zero = j.numpy.zeros((x.shape[1], self.sizes[1]))
        _, hidden = j.lax.scan(cell, (zero, zero), projected, unroll=8 if "unroll=8" in setting else 1)
        return hidden.transpose(1, 0, 2) @ dense + dense_bias

    def tensorflow_forward(self, tf, w, x, training, setting):
        table, kernel, recurrent, bias, dense, dense_bias = w
        embedded = tf.gather(table, tf.transpose(x))
        zero = tf.zeros((self.batch, self.sizes[1]))
        if "block" in setting:
            hidden = self.tensorflow_block(tf, embedded, zero, w)
            return product(tf, tf.transpose(hidden, (1, 0, 2)), dense) + dense_bias
        projected = product(tf, embedded, kernel) + bias

        def cell(z, h, c):
            i, f, g, o = tf.split(z + h @ recurrent, 4, -1)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            return tf.sigmoid(o) * tf.tanh(c), c
        time, h, c = self.sizes[0], zero, zero
        read = tf.TensorArray(tf.float32, time, element_shape=(self.batch, 4 * self.sizes[1])).unstack(projected)

        def body(step, h, c, write):
            h, c = cell(read.read(step), h, c)
            return step + 1, h, c, write.write(step, h)
        write = tf.TensorArray(tf.float32, time, element_shape=zero.shape)
        write = tf.while_loop(lambda step, *_: step < time, body, (0, h, c, write), maximum_iterations=time)[3]
        return product(tf, tf.transpose(write.stack(), (1, 0, 2)), dense) + dense_bias

    def tensorflow_block(self, tf, x, zero, w):
        """The kernel of the whole layer, x [time, batch, embedding] to [time, batch, units]; its gates are i, c, f, o."""
        from tensorflow.python.ops import rnn_grad  # noqa: its gradient
        kernel = tf.concat((w[1], w[2]), 0)
        (ki, kf, kc, ko), (bi, bf, bc, bo) = tf.split(kernel, 4, 1), tf.split(w[3], 4)
        unused = tf.zeros(self.sizes[1])
        return tf.raw_ops.BlockLSTM(
            seq_len_max=tf.constant(self.sizes[0], tf.int64), x=x, cs_prev=zero, h_prev=zero,
            w=tf.concat((ki, kc, kf, ko), 1), wci=unused, wcf=unused, wco=unused, b=tf.concat((bi, bc, bf, bo), 0),
            forget_bias=0.0, cell_clip=0.0, use_peephole=False).h
