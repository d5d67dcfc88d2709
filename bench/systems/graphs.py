# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""TensorFlow: the whole step in a tf.function, "xla" with jit_compile, "fused" with the kernel of Keras' former Adam."""
import tensorflow as tf

from . import Stepped


class System(Stepped):
    def __init__(self, row, setting, threads):
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        self.version = f"tensorflow {tf.__version__}"
        inputs, weights = list(row.data().values()), [tf.Variable(p) for p in row.parameters()]
        run = tf.function((self.predict if row.predict else self.train)(row, setting, weights),
                          jit_compile="xla" in setting)
        self.step = lambda: run(*inputs).numpy()

    @staticmethod
    def predict(row, setting, w):
        def infer(x):
            h = row.tensorflow_forward(tf, w, x, False, setting)
            return tf.nn.softmax(h) if row.CLASSIFIES else h
        return infer

    @classmethod
    def train(cls, row, setting, w):
        update = cls.adam(w, row.RATE, "fused" in setting) if row.ADAM else cls.descent(w, row.RATE)

        def step(x, target):
            with tf.GradientTape() as tape:
                h = row.tensorflow_forward(tf, w, x, True, setting)
                if row.CLASSIFIES:
                    value = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(target, tf.int64), h)
                else:
                    value = (h - target) ** 2
                value = tf.reduce_mean(value)
            update([tf.convert_to_tensor(g) for g in tape.gradient(value, w)])  # that of a gather is of its rows only
            return value
        return step

    @staticmethod
    def descent(w, rate):
        def update(g):
            for p, d in zip(w, g):
                p.assign_sub(rate * d)
        return update

    @staticmethod
    def adam(w, rate, fused):
        m, v = ([tf.Variable(tf.zeros_like(p)) for p in w] for _ in range(2))
        n = tf.Variable(0.0)

        def update(g):
            n.assign_add(1)
            if fused:
                for p, a, b, d in zip(w, m, v, g):
                    tf.raw_ops.ResourceApplyAdam(var=p.handle, m=a.handle, v=b.handle, beta1_power=0.9 ** n,
                                                 beta2_power=0.999 ** n, lr=rate, beta1=0.9, beta2=0.999, epsilon=1e-8,
                                                 grad=d)
                return
            c = rate * tf.sqrt(1 - 0.999 ** n) / (1 - 0.9 ** n)
            for p, a, b, d in zip(w, m, v, g):
                a.assign(0.9 * a + 0.1 * d)
                b.assign(0.999 * b + 0.001 * d * d)
                p.assign_sub(c * a / (tf.sqrt(b) + 1e-8))
        return update
