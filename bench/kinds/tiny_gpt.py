# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
import json

import numpy as np

from .kind import Kind, glorot, product


class TinyGpt(Kind):
    """nanoGPT's model for a CPU: learned positions; layers of causal attention and a GELU perceptron of four times the
    width, each behind a layer_norm and added to what it saw; a last layer_norm; a head of its own. No dropout; no biases in
    the attention and the head. Cross entropy over all positions, Adam. SIZES: TIME-LAYERS-HEADS-WIDTH-VOCABULARY.

    x and labels: [batch, time]. Parameters: positions [time, width], table [vocabulary, width]; by layer gamma, beta,
    queries, keys and values in one [width, 3 width], projection [width, width], gamma, beta, kernel and bias
    [width, 4 width], kernel and bias [4 width, width]; gamma, beta, head [width, vocabulary].
    """
    KIND, SIZES, BATCH, RATE, ADAM, CLASSIFIES = "tiny_gpt", (64, 4, 4, 128, 65), 12, 1e-3, True, True
    SETTINGS = {"torch": ("eager", "compile"),
                "jax": ("jit einsum", "jit attention", "jit einsum one_hot", "jit attention one_hot"),
                "tensorflow": ("function fused", "function xla")}
    LAYER = 10  # parameters of a layer

    def batch_of(self, rng):
        time, vocabulary = self.sizes[0], self.sizes[-1]
        text = rng.integers(0, vocabulary, (self.batch, time + 1)).astype(np.int32)
        return {"x": text[:, :-1].copy(), "labels": text[:, 1:].copy()}

    def parameters(self):
        time, count, _, width, vocabulary = self.sizes
        rng = np.random.default_rng(1)
        zeros, ones = (lambda *shape: np.zeros(shape, np.float32)), (lambda *shape: np.ones(shape, np.float32))
        found = [rng.standard_normal((n, width), np.float32) / 50 for n in (time, vocabulary)]
        for _ in range(count):
            found += [ones(width), zeros(width), glorot(rng, width, 3 * width), glorot(rng, width, width),
                      ones(width), zeros(width), glorot(rng, width, 4 * width), zeros(4 * width),
                      glorot(rng, 4 * width, width), zeros(width)]
        return found + [ones(width), zeros(width), glorot(rng, width, vocabulary)]

    def layers_of(self, w):
        """The parameters of each layer."""
        return [w[i:i + self.LAYER] for i in range(2, len(w) - 3, self.LAYER)]

    def graph(self):
        time, count, _, width, vocabulary = self.sizes
        graph = {"symc": 1, "name": self.KIND,
                 "inputs": {"x": f"i32[batch, {time}]", "labels": f"i32[batch, {time}]"},
                 "parameters": {"positions": {"type": f"f32[{time}, {width}]", "init": {"normal": {"stddev": 0.02}}}},
                 "outputs": {"probabilities": "softmax(logits)"},
                 "train": {"loss": "J", "optimizer": {"adam": {"learning_rate": self.RATE}}}}
        nodes = [node("token", "embedding", "x", input_dim=vocabulary, output_dim=width),
                 {"name": "h0", "expr": "token + positions"}]
        for i in range(count):
            nodes += self.layer(i, f"h{i}", f"h{i + 1}")
        graph["nodes"] = nodes + [
            node("norm", "layer_norm", f"h{count}"),
            node("logits", "dense", "norm", units=vocabulary, use_bias=False),
            node("J", "sparse_softmax_cross_entropy", ["logits", "labels"])]
        return json.dumps(graph)

    def layer(self, i, entry, result):
        """Nodes of layer i, from `entry` to `result`."""
        time, _, heads, width, _ = self.sizes
        found = [node(f"norm{i}", "layer_norm", entry),
                 node(f"qkv{i}", "dense", f"norm{i}", units=3 * width, use_bias=False),
                 {"name": [f"{part}{i}" for part in "qkv"], "op": "split", "inputs": [f"qkv{i}"],
                  "attrs": {"sections": 3, "axis": -1}}]
        for part in "qkv":
            found += [node(f"{part}heads{i}", "reshape", f"{part}{i}", shape=["batch", time, heads, width // heads]),
                      node(f"{part}turned{i}", "transpose", f"{part}heads{i}", axes=[0, 2, 1, 3])]
        return found + [
            node(f"attended{i}", "attention", [f"{part}turned{i}" for part in "qkv"], causal=True),
            node(f"back{i}", "transpose", f"attended{i}", axes=[0, 2, 1, 3]),
            node(f"joined{i}", "reshape", f"back{i}", shape=["batch", time, width]),
            node(f"projected{i}", "dense", f"joined{i}", units=width, use_bias=False),
            {"name": f"middle{i}", "expr": f"{entry} + projected{i}"},
            node(f"second{i}", "layer_norm", f"middle{i}"),
            node(f"wide{i}", "dense", f"second{i}", units=4 * width, activation="gelu"),
            node(f"narrow{i}", "dense", f"wide{i}", units=width),
            {"name": result, "expr": f"middle{i} + narrow{i}"}]

    def torch_forward(self, t, w, x, training):
        F, heads, width = t.nn.functional, self.sizes[2], self.sizes[3]
        norm = lambda h, gamma, beta: F.layer_norm(h, (width,), gamma, beta, 1e-5)
        h = F.embedding(x, w[1]) + w[0]
        for gamma, beta, qkv, projection, gamma2, beta2, up, up_bias, down, down_bias in self.layers_of(w):
            parts = [p.unflatten(-1, (heads, -1)).transpose(1, 2) for p in (norm(h, gamma, beta) @ qkv).split(width, -1)]
            attended = F.scaled_dot_product_attention(*parts, is_causal=True)
            h = h + attended.transpose(1, 2).flatten(2) @ projection
            h = h + F.gelu(norm(h, gamma2, beta2) @ up + up_bias) @ down + down_bias
        return norm(h, w[-3], w[-2]) @ w[-1]

    def jax_forward(self, j, w, x, key, setting):
        jnp, (time, _, heads, _, vocabulary) = j.numpy, self.sizes

        def norm(h, gamma, beta):
            h = h - h.mean(-1, keepdims=True)
            return h * j.lax.rsqrt((h * h).mean(-1, keepdims=True) + 1e-5) * gamma + beta

        def attend(q, k, v):  # [batch, time, heads, width of a head]
            if "attention" in setting:
                return j.nn.dot_product_attention(q, k, v, is_causal=True)
            scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) / np.sqrt(np.float32(q.shape[-1]))
            scores = jnp.where(jnp.tril(jnp.ones((time, time), bool)), scores, -jnp.inf)
            return jnp.einsum("bhqk,bkhd->bqhd", j.nn.softmax(scores), v)
        h = (j.nn.one_hot(x, vocabulary) @ w[1] if "one_hot" in setting else w[1][x]) + w[0]
        for gamma, beta, qkv, projection, gamma2, beta2, up, up_bias, down, down_bias in self.layers_of(w):
            parts = jnp.split(norm(h, gamma, beta) @ qkv, 3, -1)
            attended = attend(*(p.reshape(*p.shape[:2], heads, -1) for p in parts))
            h = h + attended.reshape(h.shape) @ projection
            h = h + j.nn.gelu(norm(h, gamma2, beta2) @ up + up_bias, approximate=False) @ down + down_bias
        return norm(h, w[-3], w[-2]) @ w[-1]

    def tensorflow_forward(self, tf, w, x, training, setting):
        time, _, heads, width, _ = self.sizes
        mask = np.tril(np.ones((time, time), bool))

        def norm(h, gamma, beta):
            mean, variance = tf.nn.moments(h, -1, keepdims=True)
            return tf.nn.batch_normalization(h, mean, variance, beta, gamma, 1e-5)

        def split(h):  # [batch, time, 3 width] to [3, batch, heads, time, width of a head]
            return tf.unstack(tf.transpose(tf.reshape(h, (-1, time, 3, heads, width // heads)), (2, 0, 3, 1, 4)))
        h = tf.gather(w[1], x) + w[0]
        for gamma, beta, qkv, projection, gamma2, beta2, up, up_bias, down, down_bias in self.layers_of(w):
            q, k, v = split(product(tf, norm(h, gamma, beta), qkv))
            scores = tf.where(mask, tf.matmul(q, k, transpose_b=True) * (width // heads) ** -0.5, -np.inf)
            attended = tf.transpose(tf.nn.softmax(scores) @ v, (0, 2, 1, 3))
            h = h + product(tf, tf.reshape(attended, (-1, time, width)), projection)
            wide = tf.nn.gelu(product(tf, norm(h, gamma2, beta2), up) + up_bias)
            h = h + product(tf, wide, down) + down_bias
        return product(tf, norm(h, w[-3], w[-2]), w[-1])


def node(name, op, inputs, **attrs):
    return {"name": name, "op": op, "inputs": inputs if isinstance(inputs, list) else [inputs], "attrs": attrs}
