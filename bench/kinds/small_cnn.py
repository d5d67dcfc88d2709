# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
import numpy as np

from .kind import Kind, layers

# (size of the window, stride) of the convolutions, "same" padding
CONVOLUTIONS = ((5, 1), (5, 2), (4, 2))


class SmallCnn(Kind):
    """Images x [batch, height, width] of classes `labels` [batch]: three convolutions, a dense layer, dropout of a quarter,
    a dense layer; Adam. SIZES: HEIGHT-WIDTH-FILTERS x 3-UNITS-CLASSES."""
    KIND, SIZES, BATCH, RATE, ADAM, CLASSIFIES = "small_cnn", (28, 28, 16, 8, 12, 200, 10), 100, 5e-4, True, True
    SETTINGS = {**Kind.SETTINGS, "torch": ("eager", "compile", "compile channels_last", "eager channels_last")}

    @property
    def flat(self):
        """Elements that the dense layer sees of an example."""
        height, width = self.sizes[:2]
        for _, stride in CONVOLUTIONS:
            height, width = -(-height // stride), -(-width // stride)
        return height * width * self.sizes[4]

    def batch_of(self, rng):
        return {"x": rng.random((self.batch, *self.sizes[:2]), np.float32),
                "labels": rng.integers(0, self.sizes[-1], self.batch).astype(np.uint8)}

    def parameters(self):
        channels = (1, *self.sizes[2:5])
        shapes = [(k, k, channels[i], channels[i + 1]) for i, (k, _) in enumerate(CONVOLUTIONS)]
        return layers(shapes + [(self.flat, self.sizes[5]), (self.sizes[5], self.sizes[6])])

    def resize(self, graph, nodes):
        sizes = self.sizes
        graph["inputs"]["x"]["type"] = f"f32[batch, {sizes[0]}, {sizes[1]}]"
        nodes["logits"]["attrs"]["units"] = sizes[-1]
        nodes["image"]["attrs"]["shape"] = ["batch", sizes[0], sizes[1], 1]
        for i in range(3):
            nodes[f"conv{i + 1}"]["attrs"]["filters"] = sizes[2 + i]
        nodes["fc1"]["attrs"]["units"] = sizes[5]

    def torch_model(self, t, setting):
        F, last, w = t.nn.functional, "channels_last" in setting, []
        for p in self.parameters():
            tensor = t.from_numpy(p.transpose(3, 2, 0, 1).copy() if p.ndim == 4 else p)
            if last and tensor.ndim == 4:
                tensor = tensor.contiguous(memory_format=t.channels_last)
            w.append(tensor.requires_grad_())

        def same(x, size, stride):  # TensorFlow's "same": the odd pixel at the end
            pads = []
            for n in (x.shape[3], x.shape[2]):
                total = max((-(-n // stride) - 1) * stride + size - n, 0)
                pads += [total // 2, total - total // 2]
            return F.pad(x, pads)

        def forward(x, training):
            h = x.reshape(-1, 1, *self.sizes[:2])
            if last:
                h = h.contiguous(memory_format=t.channels_last)
            for i, (size, stride) in enumerate(CONVOLUTIONS):
                h = F.relu(F.conv2d(same(h, size, stride), w[2 * i], w[2 * i + 1], stride=stride))
            h = F.dropout(F.relu(h.permute(0, 2, 3, 1).reshape(-1, self.flat) @ w[6] + w[7]), 0.25, training)
            return h @ w[8] + w[9]
        return w, forward

    def jax_forward(self, j, w, x, key, setting):
        h = x[..., None]
        for i, (_, stride) in enumerate(CONVOLUTIONS):
            h = j.nn.relu(j.lax.conv_general_dilated(h, w[2 * i], (stride, stride), "SAME",
                                                     dimension_numbers=("NHWC", "HWIO", "NHWC")) + w[2 * i + 1])
        h = j.nn.relu(h.reshape(-1, self.flat) @ w[6] + w[7])
        if key is not None:
            h = j.numpy.where(j.random.uniform(key, h.shape) >= 0.25, h / 0.75, 0)
        return h @ w[8] + w[9]

    def tensorflow_forward(self, tf, w, x, training, setting):
        h = x[..., None]
        for i, (_, stride) in enumerate(CONVOLUTIONS):
            h = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(h, w[2 * i], stride, "SAME"), w[2 * i + 1]))
        h = tf.nn.relu(tf.reshape(h, (-1, self.flat)) @ w[6] + w[7])
        h = tf.nn.dropout(h, 0.25) if training else h
        return h @ w[8] + w[9]
