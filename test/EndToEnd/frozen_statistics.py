"""What `freeze` says of the statistics of batch_norm and standardize: they keep their bits, and a layer whose statistics are
all frozen uses them in training too."""
import json
import os
import subprocess

import numpy as np
import symc
from cases import body, compiled, exprs, named, node, run

RNG = np.random.default_rng(11)
DATA = {"x": RNG.normal(2, 3, (50, 3)).astype("f4"), "t": RNG.normal(size=(50, 1)).astype("f4")}
LATER = {"x": RNG.normal(-1, 1, (50, 3)).astype("f4"), "t": DATA["t"]}
MOVING = ["bn/moving_mean", "bn/moving_variance", "top/norm/moving_mean", "top/norm/moving_variance"]


def graph(freeze=(), **train):
    return {"symc": 1, "name": "m", "inputs": {"x": "f32[n, 3]", "t": "f32[n, 1]"},
            "functions": {"head": {"inputs": ["v"], "nodes": [node("norm", "batch_norm", ["v"], momentum=0.5)], "outputs": ["norm"]}},
            "nodes": exprs(s="standardize(x)", h="dense(s, units=4, activation='tanh')", bn="batch_norm(h, momentum=0.5)", d="dense(bn, units=3)",
                           top="head(d)", y="dense(top, units=1)", J="mse(y, t)"),
            "outputs": ["y", "s"], "train": {"loss": "J", "optimizer": "adam", "freeze": list(freeze), **train}}


def parameters_of(path):
    """Names and bytes of the tensors of a safetensors file."""
    data = path.read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    tensors = json.loads(data[8:begin])
    return {name: data[begin:][slice(*t["data_offsets"])] for name, t in tensors.items() if name != "__metadata__"}


class Runs:
    def __init__(self, folder):
        self.folder = folder
        for name, data in (("first", DATA), ("later", LATER)):
            np.savez(folder / f"{name}.npz", **data)
        self.start = self.train("start", graph(), data="first")

    def train(self, name, what, *more, data="later", epochs=1):
        """The parameters after training."""
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(what))
        subprocess.run([os.environ["SYMC"], "train", str(path), "-O0", "--data", str(self.folder / f"{data}.npz"), "--batch-size", "16",
                        "--epochs", str(epochs), "--save", str(self.folder / f"{name}.safetensors"), *more], check=True, capture_output=True)
        return parameters_of(self.folder / f"{name}.safetensors")

    def tuned(self, name, what, *more, **options):
        return self.train(name, what, "--params", str(self.folder / "start.safetensors"), *more, **options)

    def expect(self, after, kept, failures, what):
        same = {name for name, value in after.items() if value == self.start[name]}
        if same != set(kept):
            failures.append(f"{what}: {sorted(same ^ set(kept))} should move, or should not")


def check_kept(folder, failures):
    runs = Runs(folder)
    runs.expect(runs.tuned("none", graph()), [], failures, "without freeze")
    both = [n for n in runs.start if n.startswith("bn/")]
    file = runs.tuned("file", graph(["bn/*"]))
    runs.expect(file, both, failures, "bn/*")
    if runs.tuned("option", graph(["y/bias"]), "--freeze", "bn/*") != file:
        failures.append("--freeze does something else than 'freeze'")
    runs.expect(runs.tuned("mean", graph(["bn/moving_mean"])), ["bn/moving_mean"], failures, "one of the two")
    runs.expect(runs.tuned("weights", graph(["bn/gamma", "bn/beta"])), ["bn/gamma", "bn/beta"], failures, "the weights alone")
    runs.expect(runs.tuned("call", graph(["top/*"])), [n for n in runs.start if n.startswith("top/")], failures, "in a function")
    runs.expect(runs.tuned("measured", graph(["s/*"])), ["s/mean", "s/deviation"], failures, "standardize")
    runs.expect(runs.tuned("deviation", graph(["s/deviation"])), ["s/mean", "s/deviation"], failures, "of standardize the deviation alone")
    frozen = graph(["*/moving_*", "s/*"])
    runs.expect(runs.tuned("all", frozen), MOVING + ["s/mean", "s/deviation"], failures, "all statistics")
    library = json.loads(subprocess.run([os.environ["SYMC"], "inspect", compiled(folder / "all.json")], check=True, capture_output=True).stdout)
    if "statistics" in json.dumps(library["functions"]):
        failures.append("there is a function `statistics` though nothing is measured")


def check_resumed(folder, failures):
    runs = Runs(folder)
    kept = graph(["bn/*", "s/*"])
    whole = runs.tuned("whole", kept, epochs=2)
    runs.tuned("part", kept, "--checkpoint", str(folder / "kept"))
    if runs.tuned("part", kept, "--checkpoint", str(folder / "kept"), "--resume", epochs=2) != whole:
        failures.append("a resumed run ends with other parameters")


def check_inference(folder, failures):
    """With all statistics frozen a step computes what inference does; with one it takes the batch's."""
    runs = Runs(folder)
    for what, freeze, wanted in (("all", ["bn/*", "top/norm/moving_*"], True), ("some", ["bn/*", "top/norm/moving_mean"], False)):
        path = folder / f"{what}.json"
        path.write_text(json.dumps(graph(freeze)))
        model = symc.Model(compiled(path))
        model.load_parameters(folder / "start.safetensors")
        loss = named(model.loss(**LATER))["loss"]
        gradient = named(model.gradients(**LATER))["d/kernel"][1, 2]
        step = 2e-2
        losses = []
        kernel = np.array(model.parameters["d/kernel"])
        for moved in (kernel[1, 2] + step, kernel[1, 2] - step, kernel[1, 2]):
            kernel[1, 2] = moved
            model.parameters["d/kernel"] = kernel
            losses.append(float(named(model.loss(**LATER))["loss"]))
        difference = (losses[0] - losses[1]) / (2 * step)
        trained = named(model.train_step(**LATER))["loss"]
        if np.isclose(loss, trained, rtol=1e-6) != wanted or np.isclose(gradient, difference, rtol=1e-2) != wanted:
            failures.append(f"{what}: the loss of inference is {loss}, that of a step {trained}; its derivative {difference}, that of `gradients` {gradient}")


def check_loop(folder, failures):
    """Frozen, the layer may stand in the body of a loop, which cannot move statistics."""
    what = {"symc": 1, "name": "m", "inputs": {"x": "f32[n, 4, 3]", "t": "f32[n, 3]"}, "parameters": {"h": "f32[3]"},
            "functions": {"step": body(["c", "r"], ["o", "o"], bn="batch_norm(r)", o="c + tanh(bn)")},
            "nodes": exprs(begin="h + 0 * t", rows="transpose(x, axes=[1, 0, 2])") +
            [{"name": ["last", "all"], "op": "scan", "inputs": ["begin", "rows"], "attrs": {"body": "step", "carries": 1}}] + exprs(J="mse(last, t)"),
            "outputs": ["last"], "train": {"loss": "J", "optimizer": "sgd", "freeze": ["*/moving_*"]}}
    path = folder / "loop.json"
    path.write_text(json.dumps(what))
    model = symc.Model(compiled(path))
    values = {"x": RNG.normal(size=(5, 4, 3)).astype("f4"), "t": RNG.normal(size=(5, 3)).astype("f4")}
    loss, step = named(model.loss(**values))["loss"], named(model.train_step(**values))["loss"]
    if not np.isclose(loss, step, rtol=1e-6):
        failures.append(f"in a loop: the loss of inference is {loss}, that of a step {step}")


if __name__ == "__main__":
    run(__doc__, {"kept": check_kept, "resumed": check_resumed, "inference": check_inference, "loop": check_loop})
