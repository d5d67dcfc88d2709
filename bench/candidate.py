#!/usr/bin/env python3
"""candidate.py PEER SETTING ROW BATCH THREADS: runs training steps of one row in one system, driven by compare.py.

Prints one JSON line about itself when it is warm; then, for each line on standard input with a number of seconds, the
mean time of a step over about that long. A step takes NumPy arrays (symc: pointers to them), as a program that reads its
data would have them.
"""
import json
import pathlib
import sys
import tempfile
import time

import numpy as np

PROJECT = pathlib.Path(__file__).resolve().parent.parent


def data(row, batch):
    """A batch of each row's inputs."""
    rng = np.random.default_rng(0)
    if row == "linear_regression":
        return {"X": rng.standard_normal((batch, 10), np.float32), "y": rng.standard_normal((batch, 1), np.float32)}
    if row == "perceptron":
        x = rng.standard_normal((batch, 2), np.float32)
        return {"x": x, "y": (x[:, :1] * x[:, 1:] > 0).astype(np.float32)}
    return {"x": rng.random((batch, 28, 28), np.float32), "labels": rng.integers(0, 10, batch).astype(np.uint8)}


def glorot(rng, *shape):
    limit = np.sqrt(6 / (np.prod(shape[:-2], initial=1) * (shape[-2] + shape[-1])))
    return rng.uniform(-limit, limit, shape).astype(np.float32)


def parameters(row):
    rng = np.random.default_rng(1)
    zeros = lambda n: np.zeros(n, np.float32)
    if row == "linear_regression":
        return [np.zeros((10, 1), np.float32), zeros(1)]
    if row == "perceptron":
        return [glorot(rng, 2, 16), zeros(16), glorot(rng, 16, 1), zeros(1)]
    if row == "softmax_regression":
        return [glorot(rng, 784, 10), zeros(10)]
    return [glorot(rng, 5, 5, 1, 16), zeros(16), glorot(rng, 5, 5, 16, 8), zeros(8), glorot(rng, 4, 4, 8, 12), zeros(12),
            glorot(rng, 588, 200), zeros(200), glorot(rng, 200, 10), zeros(10)]


RATES = {"linear_regression": 0.1, "perceptron": 0.01, "softmax_regression": 0.1, "small_cnn": 5e-4}
ADAM = {"perceptron", "small_cnn"}


# ---- each returns (step, version); a step returns when the updated parameters are there ----------------------------

def symc(setting, row, batch, threads):
    """The figure of `symc bench`: the generic call of the library on the same arrays."""
    import subprocess
    folder = tempfile.TemporaryDirectory()
    library = f"{folder.name}/lib{row}.so"
    command = str(PROJECT / "build/release/bin/symc")
    subprocess.run([command, "compile", str(PROJECT / f"examples/{row}/{row}.json"), "-o", library], check=True)
    version = subprocess.run([command, "--version"], capture_output=True, text=True)
    import symc as module
    model = module.load(library, threads=threads)
    model.initialize(seed=0)

    def measure(seconds):
        out = subprocess.run([command, "bench", library, "--function", "train_step", "--dim", f"batch={batch}", "--threads",
                              str(threads)], capture_output=True, text=True, check=True).stdout
        return json.loads(out)["median_ns"] * 1e-9
    measure.folder = folder
    return measure, (version.stdout + version.stderr).split("\n")[0]


def torch(setting, row, batch, threads):
    import torch as t
    import torch.nn.functional as F
    t.set_num_threads(threads)
    inputs = {k: t.from_numpy(v) for k, v in data(row, batch).items()}
    cnn, last = row == "small_cnn", "channels_last" in setting
    weights = []
    for p in parameters(row):
        w = t.from_numpy(p.transpose(3, 2, 0, 1).copy() if p.ndim == 4 else p)
        if last and w.ndim == 4:
            w = w.contiguous(memory_format=t.channels_last)
        weights.append(w.requires_grad_())

    def same(x, size, stride):  # TensorFlow's "same": the odd pixel at the end
        total = max((-(-x.shape[2] // stride) - 1) * stride + size - x.shape[2], 0)
        return F.pad(x, (total // 2, total - total // 2) * 2)

    def loss(x=None, labels=None, X=None, y=None):
        w = weights
        if row == "linear_regression":
            return ((X @ w[0] + w[1] - y) ** 2).mean()
        if row == "perceptron":
            return ((t.sigmoid(t.tanh(x @ w[0] + w[1]) @ w[2] + w[3]) - y) ** 2).mean()
        if row == "softmax_regression":
            return F.cross_entropy(x.reshape(-1, 784) @ w[0] + w[1], labels.long())
        h = x.reshape(-1, 1, 28, 28)
        if last:
            h = h.contiguous(memory_format=t.channels_last)
        h = F.relu(F.conv2d(h, w[0], w[1], padding=2))
        h = F.relu(F.conv2d(same(h, 5, 2), w[2], w[3], stride=2))
        h = F.relu(F.conv2d(same(h, 4, 2), w[4], w[5], stride=2))
        h = F.dropout(F.relu(h.permute(0, 2, 3, 1).reshape(-1, 588) @ w[6] + w[7]), 0.25)
        return F.cross_entropy(h @ w[8] + w[9], labels.long())

    if row in ADAM:
        optimizer = t.optim.Adam(weights, lr=RATES[row], fused=True)
    else:
        optimizer = t.optim.SGD(weights, lr=RATES[row], fused=True)

    def step(**arrays):
        optimizer.zero_grad(set_to_none=True)
        value = loss(**arrays)
        value.backward()
        optimizer.step()
        return value
    run = t.compile(step) if "compile" in setting else step
    return (lambda: run(**inputs)), f"torch {t.__version__}, {t.backends.cpu.get_cpu_capability()}"


def jax(setting, row, batch, threads):
    import os
    os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'} intra_op_parallelism_threads={threads}"
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax as j
    import jax.numpy as jnp
    inputs = data(row, batch)

    def loss(w, key, x=None, labels=None, X=None, y=None):
        if row == "linear_regression":
            return jnp.mean((X @ w[0] + w[1] - y) ** 2)
        if row == "perceptron":
            return jnp.mean((j.nn.sigmoid(jnp.tanh(x @ w[0] + w[1]) @ w[2] + w[3]) - y) ** 2)
        if row == "softmax_regression":
            logits = x.reshape(-1, 784) @ w[0] + w[1]
        else:
            conv = lambda h, k, b, s: j.nn.relu(j.lax.conv_general_dilated(
                h, k, (s, s), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")) + b)
            h = conv(x[..., None], w[0], w[1], 1)
            h = conv(conv(h, w[2], w[3], 2), w[4], w[5], 2)
            h = j.nn.relu(h.reshape(-1, 588) @ w[6] + w[7])
            h = jnp.where(j.random.uniform(key, h.shape) >= 0.25, h / 0.75, 0)
            logits = h @ w[8] + w[9]
        return -jnp.mean(jnp.take_along_axis(j.nn.log_softmax(logits), labels[:, None].astype(int), 1))

    adam, rate = row in ADAM, RATES[row]

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
    w = [jnp.asarray(p) for p in parameters(row)]
    moments = lambda: [jnp.zeros_like(p) for p in w] if adam else []
    state = [(w, moments(), moments(), jnp.float32(0))]

    def step():
        state[0], value = run(state[0], inputs)
        value.block_until_ready()
        j.block_until_ready(state[0])
    return step, f"jax {j.__version__}"


def tensorflow(setting, row, batch, threads):
    import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    inputs = data(row, batch)
    w = [tf.Variable(p) for p in parameters(row)]
    adam, rate = row in ADAM, RATES[row]
    m = [tf.Variable(tf.zeros_like(p)) for p in w] if adam else []
    v = [tf.Variable(tf.zeros_like(p)) for p in w] if adam else []
    n = tf.Variable(0.0)

    def loss(x=None, labels=None, X=None, y=None):
        if row == "linear_regression":
            return tf.reduce_mean((X @ w[0] + w[1] - y) ** 2)
        if row == "perceptron":
            return tf.reduce_mean((tf.sigmoid(tf.tanh(x @ w[0] + w[1]) @ w[2] + w[3]) - y) ** 2)
        if row == "softmax_regression":
            logits = tf.reshape(x, (-1, 784)) @ w[0] + w[1]
        else:
            h = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x[..., None], w[0], 1, "SAME"), w[1]))
            h = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(h, w[2], 2, "SAME"), w[3]))
            h = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(h, w[4], 2, "SAME"), w[5]))
            h = tf.nn.dropout(tf.nn.relu(tf.reshape(h, (-1, 588)) @ w[6] + w[7]), 0.25)
            logits = h @ w[8] + w[9]
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(labels, tf.int64), logits))

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
    peer, setting, row, batch, threads = sys.argv[1:4] + [int(a) for a in sys.argv[4:6]]
    step, version = {"symc": symc, "torch": torch, "jax": jax, "tensorflow": tensorflow}[peer](setting, row, batch, threads)
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
