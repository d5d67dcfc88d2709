#!/usr/bin/env python3
"""candidate.py PEER SETTING ROW THREADS: runs one row (see rows.py) in one system, driven by compare.py.

Prints one JSON line about itself when it is warm; then, for each line on standard input with a number of seconds, the
mean time of a step over about that long. A step takes NumPy arrays (symc: pointers to them), as a program that reads its
data would have them.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from rows import CONVOLUTIONS, Row

PROJECT = pathlib.Path(__file__).resolve().parent.parent


# ---- each returns (step, version); a step returns when the updated parameters are there ----------------------------

def symc(setting, row, threads):
    """The figure of `symc bench`: the generic call of the library on the same arrays."""
    folder = tempfile.TemporaryDirectory()
    graph, library = pathlib.Path(folder.name, "model.json"), f"{folder.name}/libmodel.so"
    graph.write_text(row.graph())
    command = str(PROJECT / "build/release/bin/symc")
    subprocess.run([command, "compile", graph, "-o", library], check=True)
    version = subprocess.run([command, "--version"], capture_output=True, text=True)

    def measure(seconds):
        out = subprocess.run([command, "bench", library, "--function", row.function, "--dim", f"batch={row.batch}",
                              "--threads", str(threads)], capture_output=True, text=True, check=True).stdout
        return json.loads(out)["median_ns"] * 1e-9
    measure.folder = folder
    return measure, (version.stdout + version.stderr).split("\n")[0]


def torch(setting, row, threads):
    import torch as t
    import torch.nn.functional as F
    t.set_num_threads(threads)
    inputs = {k: t.from_numpy(v) for k, v in row.data().items()}
    last = "channels_last" in setting
    weights = []
    for p in row.parameters():
        w = t.from_numpy(p.transpose(3, 2, 0, 1).copy() if p.ndim == 4 else p)
        if last and w.ndim == 4:
            w = w.contiguous(memory_format=t.channels_last)
        weights.append(w.requires_grad_())

    def same(x, size, stride):  # TensorFlow's "same": the odd pixel at the end
        pads = []
        for n in (x.shape[3], x.shape[2]):
            total = max((-(-n // stride) - 1) * stride + size - n, 0)
            pads += [total // 2, total - total // 2]
        return F.pad(x, pads)

    def forward(x, training):
        h, w = x, weights
        if row.kind == "perceptron":
            for i in range(0, len(w) - 2, 2):
                h = t.tanh(h @ w[i] + w[i + 1])
            return t.sigmoid(h @ w[-2] + w[-1])
        if row.kind == "softmax_regression":
            h = x.reshape(-1, w[0].shape[0])
        elif row.kind == "small_cnn":
            h = x.reshape(-1, 1, *row.sizes[:2])
            if last:
                h = h.contiguous(memory_format=t.channels_last)
            for i, (size, stride) in enumerate(CONVOLUTIONS):
                h = F.relu(F.conv2d(same(h, size, stride), w[2 * i], w[2 * i + 1], stride=stride))
            h = F.dropout(F.relu(h.permute(0, 2, 3, 1).reshape(-1, row.flat) @ w[6] + w[7]), 0.25, training)
        return h @ w[-2] + w[-1]

    def loss(x=None, labels=None, X=None, y=None):
        if labels is not None:
            return F.cross_entropy(forward(x, True), labels.long())
        return ((forward(x if X is None else X, True) - y) ** 2).mean()

    if row.predict:
        def infer(x=None, X=None):
            h = forward(x if X is None else X, False)
            return t.softmax(h, -1) if row.classifies else h
        run = t.compile(infer) if "compile" in setting else infer

        def predict():
            with t.inference_mode():
                return run(**inputs)
        return predict, f"torch {t.__version__}, {t.backends.cpu.get_cpu_capability()}"
    if row.adam:
        optimizer = t.optim.Adam(weights, lr=row.rate, fused=True)
    else:
        optimizer = t.optim.SGD(weights, lr=row.rate, fused=True)

    def step(**arrays):
        optimizer.zero_grad(set_to_none=True)
        value = loss(**arrays)
        value.backward()
        optimizer.step()
        return value
    run = t.compile(step) if "compile" in setting else step
    return (lambda: run(**inputs)), f"torch {t.__version__}, {t.backends.cpu.get_cpu_capability()}"


def jax(setting, row, threads):
    os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'} intra_op_parallelism_threads={threads}"
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax as j
    import jax.numpy as jnp
    inputs = row.data()

    def forward(w, x, key=None):
        h = x
        if row.kind == "perceptron":
            for i in range(0, len(w) - 2, 2):
                h = jnp.tanh(h @ w[i] + w[i + 1])
            return j.nn.sigmoid(h @ w[-2] + w[-1])
        if row.kind == "softmax_regression":
            h = x.reshape(-1, w[0].shape[0])
        elif row.kind == "small_cnn":
            h = x[..., None]
            for i, (_, stride) in enumerate(CONVOLUTIONS):
                h = j.nn.relu(j.lax.conv_general_dilated(h, w[2 * i], (stride, stride), "SAME",
                                                         dimension_numbers=("NHWC", "HWIO", "NHWC")) + w[2 * i + 1])
            h = j.nn.relu(h.reshape(-1, row.flat) @ w[6] + w[7])
            if key is not None:
                h = jnp.where(j.random.uniform(key, h.shape) >= 0.25, h / 0.75, 0)
        return h @ w[-2] + w[-1]

    def loss(w, key, x=None, labels=None, X=None, y=None):
        h = forward(w, x if X is None else X, key)
        if labels is None:
            return jnp.mean((h - y) ** 2)
        return -jnp.mean(jnp.take_along_axis(j.nn.log_softmax(h), labels[:, None].astype(int), 1))

    if row.predict:
        infer = j.jit(lambda w, x: j.nn.softmax(forward(w, x)) if row.classifies else forward(w, x))
        weights, (x,) = [jnp.asarray(p) for p in row.parameters()], inputs.values()
        return (lambda: infer(weights, x).block_until_ready()), f"jax {j.__version__}"
    adam, rate = row.adam, row.rate

    def update(state, arrays):
        w, m, v, n = state
        value, g = j.value_and_grad(loss)(w, j.random.fold_in(j.random.PRNGKey(0), n), **arrays)
        n = n + 1
        if adam:
            m = [0.9 * a + 0.1 * b for a, b in zip(m, g)]
            v = [0.999 * a + 0.001 * b * b for a, b in zip(v, g)]
            c = rate * jnp.sqrt(1 - 0.999 ** n) / (1 - 0.9 ** n)
            w = [p - c * a / (jnp.sqrt(b) + 1e-8) for p, a, b in zip(w, m, v)]
        else:
            w = [p - rate * a for p, a in zip(w, g)]
        return (w, m, v, n), value
    run = j.jit(update, donate_argnums=0)
    w = [jnp.asarray(p) for p in row.parameters()]
    moments = lambda: [jnp.zeros_like(p) for p in w] if adam else []
    state = [(w, moments(), moments(), jnp.float32(0))]

    def step():
        state[0], value = run(state[0], inputs)
        value.block_until_ready()
        j.block_until_ready(state[0])
    return step, f"jax {j.__version__}"


def tensorflow(setting, row, threads):
    import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    inputs = row.data()
    w = [tf.Variable(p) for p in row.parameters()]
    adam, rate = row.adam, row.rate
    m = [tf.Variable(tf.zeros_like(p)) for p in w] if adam else []
    v = [tf.Variable(tf.zeros_like(p)) for p in w] if adam else []
    n = tf.Variable(0.0)

    def forward(x, training):
        h = x
        if row.kind == "perceptron":
            for i in range(0, len(w) - 2, 2):
                h = tf.tanh(h @ w[i] + w[i + 1])
            return tf.sigmoid(h @ w[-2] + w[-1])
        if row.kind == "softmax_regression":
            h = tf.reshape(x, (-1, w[0].shape[0]))
        elif row.kind == "small_cnn":
            h = x[..., None]
            for i, (_, stride) in enumerate(CONVOLUTIONS):
                h = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(h, w[2 * i], stride, "SAME"), w[2 * i + 1]))
            h = tf.nn.relu(tf.reshape(h, (-1, row.flat)) @ w[6] + w[7])
            h = tf.nn.dropout(h, 0.25) if training else h
        return h @ w[-2] + w[-1]

    def loss(x=None, labels=None, X=None, y=None):
        h = forward(x if X is None else X, True)
        if labels is None:
            return tf.reduce_mean((h - y) ** 2)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(labels, tf.int64), h))

    if row.predict:
        @tf.function(jit_compile="xla" in setting)
        def infer(x):
            return tf.nn.softmax(forward(x, False)) if row.classifies else forward(x, False)
        (x,) = inputs.values()
        return (lambda: infer(x).numpy()), f"tensorflow {tf.__version__}"

    @tf.function(jit_compile="xla" in setting)
    def run(arrays):
        with tf.GradientTape() as tape:
            value = loss(**arrays)
        g = tape.gradient(value, w)
        if adam:
            n.assign_add(1)
            c = rate * tf.sqrt(1 - 0.999 ** n) / (1 - 0.9 ** n)
            for p, a, b, d in zip(w, m, v, g):
                a.assign(0.9 * a + 0.1 * d)
                b.assign(0.999 * b + 0.001 * d * d)
                p.assign_sub(c * a / (tf.sqrt(b) + 1e-8))
        else:
            for p, d in zip(w, g):
                p.assign_sub(rate * d)
        return value
    return (lambda: run(inputs).numpy()), f"tensorflow {tf.__version__}"


def main():
    peer, setting, row, threads = sys.argv[1], sys.argv[2], Row.parse(sys.argv[3]), int(sys.argv[4])
    step, version = {"symc": symc, "torch": torch, "jax": jax, "tensorflow": tensorflow}[peer](setting, row, threads)
    if peer == "symc":
        measure = step
        measure(0)
    else:
        start, calls = time.perf_counter(), 0
        while calls < 3 or time.perf_counter() - start < 1:
            step()
            calls += 1

        def measure(seconds):
            count, start = 0, time.perf_counter()
            while True:
                step()
                count += 1
                if (now := time.perf_counter()) - start >= seconds:
                    return (now - start) / count
    print(json.dumps({"version": version}), flush=True)
    for line in sys.stdin:
        print(measure(float(line)), flush=True)


if __name__ == "__main__":
    main()
