# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""PyTorch: "eager", or the whole step through torch.compile."""
import torch as t

from . import Stepped


class System(Stepped):
    def __init__(self, row, setting, threads):
        t.set_num_threads(threads)
        self.version = f"torch {t.__version__}, {t.backends.cpu.get_cpu_capability()}"
        inputs = [t.from_numpy(v) for v in row.data().values()]
        weights, forward = row.torch_model(t, setting)
        run = self.predict(row, forward) if row.predict else self.train(row, weights, forward)
        if "compile" in setting:
            run = t.compile(run)

        def infer():
            with t.inference_mode():
                return run(*inputs)
        self.step = infer if row.predict else lambda: run(*inputs)

    @staticmethod
    def predict(row, forward):
        def infer(x):
            h = forward(x, False)
            return t.softmax(h, -1) if row.CLASSIFIES else h
        return infer

    @staticmethod
    def train(row, weights, forward):
        optimizer = (t.optim.Adam if row.ADAM else t.optim.SGD)(weights, lr=row.RATE, fused=True)

        def step(x, target):
            optimizer.zero_grad(set_to_none=True)
            h = forward(x, True)
            if row.CLASSIFIES:
                value = t.nn.functional.cross_entropy(h.reshape(-1, h.shape[-1]), target.reshape(-1).long())
            else:
                value = ((h - target) ** 2).mean()
            value.backward()
            optimizer.step()
            return value
        return step
