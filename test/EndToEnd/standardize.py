"""`standardize`: values and gradients against NumPy, and the numbers of the training data that `symc train` fills in."""
import json
import os
import subprocess

import numpy as np
import symc
from cases import Suite, compiled, exprs, named, node, run

CASES = Suite(dict(rtol=1e-12, atol=1e-14), lambda wanted: dict(rtol=1e-6, atol=1e-7), step=1e-5)


@CASES.case({"x": "f64[n, 3]"}, {"m": "f64[3]", "d": "f64[3]"}, exprs(y="standardize(x, m, d * d + 0.5)"), ["y"], sizes=({"n": 4}, {"n": 1}))
def features(x, m, d):
    return ((x - m) / (d * d + 0.5),)


@CASES.case({"x": "f64[n, 3, 2]"}, {"m": "f64[3]", "d": "f64[3]", "k": "f64[3, 2]"},
            exprs(y="standardize(x, m, exp(d), axis=1)", z="standardize(y, k, k * k + 1.0, axis=[1, 2])"), ["y", "z"],
            sizes=({"n": 4}, {"n": 1}))
def axes(x, m, d, k):
    y = (x - m[:, None]) / np.exp(d)[:, None]
    return y, (y - k) / (k * k + 1)


N, BATCH = 53, 8
RNG = np.random.default_rng(5)
DATA = {"x": (RNG.normal(size=(N, 4)) * [1, 3, 1000, 1] + [0, 50, 1e4, 2.5]).astype(np.float32),
        "image": RNG.normal(2, 3, (N, 2, 5, 3)).astype(np.float32), "t": RNG.normal(size=(N, 1)).astype(np.float32)}
DATA["x"][:, 3] = 2.5
GRAPH = {"symc": 1, "name": "scaled", "inputs": {"x": "f32[n, 4]", "image": "f32[n, 2, 5, 3]", "t": "f32[n, 1]"},
         
         "functions": {"head": {"inputs": ["v"], "nodes": [node("norm", "standardize", ["v"])], "outputs": ["norm"]}},
         "nodes": [node("s", "standardize", ["x"]), *exprs(h="s * s + x"), node("second", "call", ["h"], function="head"),
                   node("pixels", "standardize", ["image"], axis=[1, 3]),
                   *exprs(y="dense(concat(second, mean(pixels, axis=2)[:, 0], axis=1), units=1)", J="mse(y, t)")],
         "outputs": ["s", "second", "pixels", "y"], "train": {"loss": "J", "optimizer": {"sgd": {"learning_rate": 0}}}}


def moments(x, axes):
    x = x.astype(np.float64)
    others = tuple(a for a in range(x.ndim) if a not in axes)
    deviation = x.std(others)
    return x.mean(others), np.where(deviation == 0, 1, deviation)


def check_training(folder, failures):
    path = folder / "scaled.json"
    path.write_text(json.dumps(GRAPH))
    library = compiled(path)
    np.savez(folder / "data.npz", **DATA)
    model = symc.Model(library)
    first = [n for n in model.parameters if n.endswith(("/mean", "/deviation"))]
    if first != ["s/mean", "s/deviation", "second/norm/mean", "second/norm/deviation", "pixels/mean", "pixels/deviation"]:
        failures.append(f"the parameters are {first}")
    if any(p["trainable"] for p in model.manifest["parameters"] if p["name"] in first):
        failures.append("a number of the data is trainable")
    if not np.array_equal(named(model.predict(**{k: DATA[k] for k in ("x", "image")}))["s"], DATA["x"]):
        failures.append("what is not measured yet is no identity")
    for split in (None, 0.3):
        count = N - round(N * (split or 0))
        saved = folder / "w.safetensors"
        subprocess.run([os.environ["SYMC"], "train", library, "--data", str(folder / "data.npz"), "--batch-size", str(BATCH),
                        "--save", str(saved), *(["--validation-split", str(split)] if split else [])], check=True, capture_output=True)
        model.load_parameters(saved)
        x, image = DATA["x"][:count], DATA["image"][:count]
        mean, deviation = moments(x, (1,))
        # The second layer is measured with what the first one is by then.
        s = (x - mean.astype(np.float32)) / deviation.astype(np.float32)
        wanted = [mean, deviation, *moments(s * s + x, (1,)), *moments(image, (1, 3))]
        for name, value in zip(first, wanted):
            if not np.allclose(model.parameters[name], value, rtol=2e-6, atol=1e-6):
                failures.append(f"{name} is {model.parameters[name]}, not {value}, with {count} examples")
        out = named(model.predict(x=x, image=image))
        for name, axes in (("s", (1,)), ("pixels", (1, 3))):
            center, spread = moments(out[name], axes)
            if np.abs(center).max() > 1e-4 or np.abs(spread - 1).max() > 1e-4:
                failures.append(f"{name} has the means {center} and the deviations {spread}")
    once = named(model.statistics(x=DATA["x"], image=DATA["image"]))
    if not np.allclose(once["s/mean"], DATA["x"].astype(np.float64).mean(0), rtol=1e-12) or list(once) != first:
        failures.append(f"statistics gives {once}")


def check_resumed(folder, failures):
    """A run that goes on has the numbers that it began with."""
    path = folder / "scaled.json"
    path.write_text(json.dumps({**GRAPH, "train": {"loss": "J", "optimizer": "adam"}}))
    library = compiled(path)
    np.savez(folder / "data.npz", **DATA)

    def train(name, epochs, *more):
        subprocess.run([os.environ["SYMC"], "train", library, "--data", str(folder / "data.npz"), "--epochs", str(epochs), "--save",
                        str(folder / name), *more], check=True, capture_output=True)
        return (folder / name).read_bytes()

    whole = train("whole.safetensors", 3)
    train("part.safetensors", 1, "--checkpoint", str(folder / "kept"))
    if train("resumed.safetensors", 3, "--checkpoint", str(folder / "kept"), "--resume") != whole:
        failures.append("a resumed run ends with other bytes")


def check_target(folder, failures):
    """A target that is scaled for the loss by declared parameters, which undo it for the output. What has an `init`, is
    trained or is frozen is not filled."""
    still = {"type": "f32[1]", "trainable": False}
    what = {"symc": 1, "name": "target", "inputs": {"x": "f32[n, 4]", "t": "f32[n, 1]"},
            "parameters": {"m": still, "d": still, "given": {**still, "init": "ones"}, "learned": "f32[1]", "km": still, "kd": still},
            "functions": {"scaled": {"inputs": ["v"], "nodes": [], "outputs": ["standardize(v, m, d)"]}},
            "nodes": exprs(s="standardize(x)", z="dense(s, units=1)", y="z * d + m", target="scaled(t)", again="standardize(3 * t, m, d)",
                           J="mse(z, target) + 0 * mean(standardize(t, learned, given) + standardize(t, km, kd) + again)"),
            "outputs": ["y", "target"], "train": {"loss": "J", "optimizer": {"adam": {"learning_rate": 0.1}}, "freeze": ["kd"]}}
    path = folder / "target.json"
    path.write_text(json.dumps(what))
    library = compiled(path)
    data = {"x": DATA["x"], "t": (DATA["x"][:, :1] * 200 + DATA["x"][:, 1:2] * 30 + 5000).astype(np.float32)}
    np.savez(folder / "target.npz", **data)
    model = symc.Model(library)
    if not np.array_equal(named(model.predict(x=data["x"], t=data["t"]))["target"], data["t"]):
        failures.append("declared parameters that are not filled yet are no identity")
    subprocess.run([os.environ["SYMC"], "train", library, "--data", str(folder / "target.npz"), "--batch-size", str(BATCH), "--epochs", "100",
                    "--save", str(folder / "w.safetensors")], check=True, capture_output=True)
    model.load_parameters(folder / "w.safetensors")
    mean, deviation = moments(data["t"], (1,))
    for name, wanted in (("m", mean), ("d", deviation), ("given", [1]), ("km", [0]), ("kd", [1])):
        if not np.allclose(model.parameters[name], wanted, rtol=1e-5):
            failures.append(f"{name} is {model.parameters[name]}, not {wanted}")
    out = named(model.predict(x=data["x"], t=data["t"]))["y"]
    if np.abs(out - data["t"]).max() > 0.02 * deviation[0]:
        failures.append(f"the output is off by {np.abs(out - data['t']).max()}")
    if sorted(named(model.statistics(x=data["x"], t=data["t"]))) != ["d", "m", "s/deviation", "s/mean"]:
        failures.append("other parameters are measured")


if __name__ == "__main__":
    run(__doc__, {**CASES.checks(), "training": check_training, "resumed": check_resumed, "target": check_target})
