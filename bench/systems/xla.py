# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""JAX: the whole step through jit, its state donated."""
import os

from . import Stepped


class System(Stepped):
    def __init__(self, row, setting, threads):
        eigen = "true" if threads > 1 else "false"
        os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={eigen} intra_op_parallelism_threads={threads}"
        os.environ["JAX_PLATFORMS"] = "cpu"
        import jax  # reads these variables
        self.version = f"jax {jax.__version__}"
        self.step = (self.predict if row.predict else self.train)(jax, row, setting)

    @staticmethod
    def predict(j, row, setting):
        def forward(w, x):
            h = row.jax_forward(j, w, x, None, setting)
            return j.nn.softmax(h) if row.CLASSIFIES else h
        infer = j.jit(forward)
        weights, (x,) = [j.numpy.asarray(p) for p in row.parameters()], row.data().values()
        return lambda: infer(weights, x).block_until_ready()

    @staticmethod
    def loss(j, row, setting):
        jnp = j.numpy

        def loss(w, key, x, target):
            h = row.jax_forward(j, w, x, key, setting)
            if not row.CLASSIFIES:
                return jnp.mean((h - target) ** 2)
            if "one_hot" in setting:
                return -jnp.sum(j.nn.one_hot(target, h.shape[-1]) * j.nn.log_softmax(h)) / target.size
            return -jnp.mean(jnp.take_along_axis(j.nn.log_softmax(h), target[..., None].astype(int), -1))
        return loss

    @classmethod
    def train(cls, j, row, setting):
        jnp, inputs, loss = j.numpy, list(row.data().values()), cls.loss(j, row, setting)
        adam, rate = row.ADAM, row.RATE

        def update(state, arrays):
            w, m, v, n = state
            value, g = j.value_and_grad(loss)(w, j.random.fold_in(j.random.PRNGKey(0), n), *arrays)
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
            return value
        return step
