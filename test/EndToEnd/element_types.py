#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""element_types.py: parameters, constants, files and training in all element types of graph files.

Train steps in f16 and bf16 are those of NumPy when it rounds after each op and keeps the optimizer's state in f32.
"""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np
import symc

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "Ops"))
from narrow import bits, numbers, rounded, stored  # noqa: E402

INTEGERS = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"]
FLOATS = ["f16", "bf16", "f32", "f64"]
DTYPES = {t: np.dtype(t[0] + str(int(t[1:]) // 8)) for t in INTEGERS + ["f16", "f32", "f64"]}
DTYPES |= {"bf16": np.dtype(np.uint16), "bool": np.dtype(np.bool_)}
failures = []


def expect(what, fine):
    if not fine:
        failures.append(what)


def compiled(graph, folder):
    path = pathlib.Path(folder) / f"{graph['name']}.json"
    path.write_text(json.dumps({"symc": 1, **graph}))
    return symc.compile(str(path), str(pathlib.Path(folder) / f"lib{graph['name']}.so"))


def read_safetensors(path):
    data = pathlib.Path(path).read_bytes()
    size, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    return {k: (v["dtype"], data[8 + size + v["data_offsets"][0]:8 + size + v["data_offsets"][1]])
            for k, v in header.items() if k != "__metadata__"}


def write_safetensors(path, tensors):
    header, body = {}, b""
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + body)


def check_parameters(folder):
    """Initial values, a file and back, views; every type by one operator."""
    init = {t: (np.iinfo(DTYPES[t]).max if t not in ("i64", "u64") else 2**53 + 1) for t in INTEGERS}
    parameters = {f"p_{t}": {"type": f"{t}[2, 3]", "init": {"constant": {"value": v}}, "trainable": False}
                  for t, v in init.items()}
    parameters |= {f"p_{t}": {"type": f"{t}[2, 3]", "init": {"constant": {"value": 0.1}}} for t in FLOATS}
    parameters["p_bool"] = {"type": "bool[2, 3]", "init": "ones", "trainable": False}
    model = compiled({"name": "params", "inputs": {}, "parameters": parameters,
                      "outputs": {k: f"transpose({k})" for k in parameters}}, folder)
    got = {k[2:]: np.asarray(v) for k, v in model.predict().items()}
    for t, value in init.items():
        expect(f"{t} begins as {got[t]}", got[t].dtype == DTYPES[t] and (got[t] == np.array(value, DTYPES[t])).all())
    for t in ("f16", "bf16"):
        expect(f"{t} begins as {got[t]}", (numbers(got[t], t) == rounded(0.1, t)).all())
    rng = np.random.default_rng(3)
    values = {t: rng.integers(0, 256, 6 * d.itemsize).astype(np.uint8) for t, d in DTYPES.items()}
    values["bool"] &= 1
    values = {t: v.view(DTYPES[t]).reshape(2, 3) for t, v in values.items()}
    for t, v in values.items():
        model.parameters[f"p_{t}"][...] = v
    path = str(pathlib.Path(folder) / "w.safetensors")
    model.save_parameters(path)
    saved = read_safetensors(path)
    for t, v in values.items():
        expect(f"{t} is saved as {saved['p_' + t]}", saved["p_" + t] == (t.upper(), v.tobytes()))
    model.initialize(seed=1)
    model.load_parameters(path)
    for t, v in model.predict().items():
        expect(f"{t} comes back as {v}", np.asarray(v).tobytes() == values[t[2:]].T.copy().tobytes())


def check_initializers(folder):
    """Random numbers of f16 are those of f32, rounded."""
    kinds = {"u": {"uniform": {"low": -0.3, "high": 0.7}}, "n": "normal", "t": "truncated_normal", "g": "glorot_uniform"}
    got = {}
    for t in ("f16", "bf16", "f32"):
        graph = {"name": "init", "inputs": {}, "outputs": list(kinds),
                 "parameters": {k: {"type": f"{t}[50, 20]", "init": v} for k, v in kinds.items()}}
        got[t] = {k: np.asarray(v) for k, v in compiled(graph, folder).predict().items()}
    for t in ("f16", "bf16"):
        for k, v in got[t].items():
            # The bounds of a uniform one are rounded to f32, as all that it is computed from; none is rounded up to 0.7.
            most = {"f16": 0.7001953125 - 2**-11, "bf16": 0.69921875 - 2**-8}[t] if k == "u" else np.inf
            expect(f"{t} {k} is not f32's, rounded", (numbers(v, t) == np.minimum(rounded(got["f32"][k], t), most)).all())


def check_bits():
    """to_bf16 rounds as narrow.py does, from f64 and f32; from_bf16 gives every number back."""
    every = np.arange(65536, dtype=np.uint16)
    own = numbers(every, "bf16")
    with np.errstate(all="ignore"):
        middle = (own[:-1] + own[1:]) / 2
        x = np.concatenate([own, middle, np.nextafter(middle, np.inf), np.nextafter(middle, -np.inf),
                            [3.3895e38, 1e300, -1e-45]])
        for given in (x, x.astype(np.float32)):
            got, want = symc.to_bf16(given), rounded(given, "bf16")
            same = (symc.from_bf16(got) == want) & (np.signbit(want) == (got >> 15 == 1))
            same |= np.isnan(want) & (got & 0x7FFF == 0x7FC0)
            expect(f"to_bf16 of {given[~same]} is {symc.from_bf16(got)[~same]}", same.all())
    # Integers of more bits than f64 has, beside and in the middle of two numbers of bf16.
    near = 2**62 + 2**54
    for integers, want in ((np.int64([near - 1, near, near + 1, -near - 1, 3]), [0x5E80, 0x5E80, 0x5E81, 0xDE81, 0x4040]),
                           (np.uint64([2 * near, 2 * near + 1, 2**64 - 1]), [0x5F00, 0x5F01, 0x5F80])):
        expect(f"to_bf16 of {integers} is {symc.to_bf16(integers)}", (symc.to_bf16(integers) == want).all())
    for wrong in (lambda: symc.to_bf16(every), lambda: symc.to_bf16(["1"]), lambda: symc.from_bf16([1.0])):
        try:
            expect(f"taken: {wrong()}", False)
        except symc.DTypeError:
            pass


def check_constants(folder):
    """Numbers of a graph file are rounded from what is written there, and integers are exact."""
    ends = {t: [int(np.iinfo(DTYPES[t]).min), int(np.iinfo(DTYPES[t]).max)] for t in INTEGERS}
    constants = {f"c_{t}": {"type": f"{t}[2]", "value": v} for t, v in ends.items()}
    # 2^-11 and a little is nearer to the second number of f16, and a double does not see it.
    text = {"f16": ["0.1", "1.000488281250000000000001", "1.00048828125", "-65519.99", "6e-8", "-0.0"],
            "bf16": ["0.1", "1.003906250000000000000001", "1.00390625", "3.3895e38", "1e-45", "-0.0"]}
    right = {t: rounded([float(v) for v in values], t) for t, values in text.items()}
    right["f16"][1], right["bf16"][1] = 1 + 2.0**-10, 1 + 2.0**-7
    data = {t: rounded(np.linspace(-3, 3, 6), t) for t in text}
    write_safetensors(pathlib.Path(folder) / "c.safetensors",
                      {t: (t.upper(), [6], bits(v, t).tobytes()) for t, v in data.items()} |
                      {t: (t.upper(), [2], np.array(v, DTYPES[t]).tobytes()) for t, v in ends.items()})
    constants |= {f"f_{t}": {"type": f"{t}[{6 if t in text else 2}]", "file": "c.safetensors", "key": t}
                  for t in [*text, *ends]}
    constants |= {f"c_{t}": {"type": f"{t}[6]", "value": [f"@{v}@" for v in values]} for t, values in text.items()}
    graph = json.dumps({"symc": 1, "name": "constants", "inputs": {}, "constants": constants, "outputs": list(constants)})
    path = pathlib.Path(folder) / "constants.json"
    path.write_text(graph.replace('"@', "").replace('@"', ""))
    got = symc.compile(str(path), str(pathlib.Path(folder) / "libconstants.so")).predict()
    for t, v in ends.items():
        for of in ("c_", "f_"):
            expect(f"{of}{t} is {got[of + t]}", np.asarray(got[of + t]).tolist() == v)
    for t in text:
        expect(f"c_{t} is {numbers(got['c_' + t], t)}, not {right[t]}", np.asarray(got["c_" + t]).tobytes() == bits(right[t], t).tobytes())
        expect(f"f_{t} is {numbers(got['f_' + t], t)}", (numbers(got["f_" + t], t) == data[t]).all())


def check_training(t, folder):
    """One parameter, elementwise; all but the two reductions are exact ops, so that NumPy has every bit."""
    r, f32 = (lambda x: rounded(np.asarray(x, np.float32), t)), np.float32
    rng = np.random.default_rng(1)
    for optimizer in ({"sgd": {"learning_rate": 0.1}}, {"sgd": {"learning_rate": 0.1, "momentum": 0.9}}, "adam"):
        graph = {"name": "training", "inputs": {"x": f"{t}[8]", "y": f"{t}[8]"}, "parameters": {"w": f"{t}[8]"},
                 "nodes": [{"name": "J", "expr": "mean((x * w - y)**2)"}], "outputs": {"z": "x * w"},
                 "train": {"loss": "J", "optimizer": optimizer, "metrics": {"error": "max(abs(x * w - y))"}}}
        model = compiled(graph, folder)
        w = rounded(rng.normal(size=8), t)
        model.parameters["w"][...] = stored(w, t)
        momentum = np.zeros(8, f32)
        for step in range(6):
            x, y = rounded(rng.normal(size=8), t), rounded(rng.normal(size=8), t)
            e = r(r(x * w) - y)
            loss = r(np.sum(r(e * e).astype(f32)) / f32(8))
            g = r(r(r(0.125) * 2 * e) * x)
            given = {"x": stored(x, t), "y": stored(y, t)}
            got = numbers(np.asarray(model.gradients(**given)["w"]), t)
            expect(f"{t} gradient of step {step} is {got}, not {g}", (got == g).all())
            got = float(model.train_step(**given)["loss"])
            expect(f"{t} loss of step {step} is {got}, not {loss}", abs(got - loss) <= abs(loss) * (2.0**-9 if t == "f16" else 2.0**-6))
            after = numbers(model.parameters["w"], t)
            if optimizer != "adam":
                momentum = f32(optimizer["sgd"].get("momentum", 0)) * momentum + g.astype(f32)
                w = r(w.astype(f32) - f32(0.1) * momentum)
                expect(f"{t} {optimizer} step {step} gives {after}, not {w}", (after == w).all())
            w = after
        if t == "bf16":  # a list of numbers is no list of their bits
            for wide in ([1] * 8, [1 + 2.0**-8 + 2.0**-40] * 8, [-0.1] * 8):
                same = model.predict(x=wide)["z"] == model.predict(x=stored(wide, t))["z"]
                expect(f"{wide[0]} is another number of bf16", same.all())
            for wrong in (257, 1e39, 2**200, np.float32(1)):
                try:
                    model.predict(x=[wrong] * 8)
                    expect(f"bf16 holds {wrong!r}", False)
                except symc.DTypeError:
                    pass
            try:
                model.predict(x=np.ones(8, np.float32))
                expect("an array is converted", False)
            except symc.DTypeError as error:
                expect(f"bf16 says '{error}'", "symc.to_bf16" in str(error))
        path = str(pathlib.Path(folder) / "state")
        model.save_state(path)
        state = {k: v[0] for k, v in read_safetensors(path).items() if "/" in k}
        expect(f"{t} {optimizer} keeps {state}", all(v == "F32" for v in state.values()))
        if optimizer == "adam":
            expect(f"{t} adam keeps {state}", len(state) == 2)


def adam_moves(t, folder):
    """Adam's step against the formula, in f64 from the same gradients: as near as the type is."""
    graph = {"name": "adam", "inputs": {"x": f"{t}[8]"}, "parameters": {"w": f"{t}[8]"},
             "outputs": ["w"], "nodes": [{"name": "J", "expr": "sum(x * w)"}],
             "train": {"loss": "J", "optimizer": {"adam": {"learning_rate": 0.01}}, "clip_global_norm": 1.0,
                       "weight_decay": 0.01, "accumulate_steps": 2}}
    model = compiled(graph, folder)
    rng = np.random.default_rng(9)
    w = rounded(rng.normal(size=8), t)
    model.parameters["w"][...] = stored(w, t)
    m, v = np.zeros(8), np.zeros(8)
    for step in range(1, 5):
        gradients = [rounded(rng.normal(size=8), t) for _ in range(2)]
        for g in gradients:
            model.train_step(x=stored(g, t))
        g = sum(gradients) / 2
        g = g / max(1, np.linalg.norm(g)) + 0.01 * w
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        want = w - 0.01 * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
        w = numbers(model.parameters["w"], t)
        unit = np.abs(want) * (2.0**-10 if t == "f16" else 2.0**-7) + 2.0**-14
        expect(f"{t} adam gives {w}, not {want}", (np.abs(w - want) <= unit).all())


def check_train_command(folder):
    """`symc train` and `run` on data of other types: .npy, csv, u8 with a scale."""
    rng = np.random.default_rng(4)
    for t in ("f16", "bf16"):
        data = pathlib.Path(folder) / f"data_{t}"
        data.mkdir()
        x = rng.integers(0, 256, size=(64, 3)).astype(np.uint8)
        np.save(data / "x.npy", x)
        np.save(data / "y.npy", (x @ np.array([[1.], [-2.], [.5]]) / 255).astype(np.float32))
        graph = {"symc": 1, "name": "line", "inputs": {"x": f"{t}[batch, 3]", "y": f"{t}[batch, 1]"},
                 "nodes": [{"name": "p", "op": "dense", "inputs": ["x"], "attrs": {"units": 1}},
                           {"name": "J", "expr": "mean((p - y)**2)"}],
                 "outputs": ["p"], "train": {"loss": "J", "optimizer": {"adam": {"learning_rate": 0.05}}}}
        path, weights = data / "m.json", data / "w.safetensors"
        path.write_text(json.dumps(graph))
        run = lambda *a: subprocess.run([os.environ["SYMC"], *map(str, a)], check=True, capture_output=True, text=True).stdout
        last = json.loads(run("train", path, "--data", data, "--cast", "y", "--scale", f"x={1 / 255}", "--epochs", 60,
                              "--batch-size", 16, "--save", weights).splitlines()[-1])
        expect(f"symc train in {t} ends with {last}", last["loss"] < 0.05)
        expect("weights", {v[0] for v in read_safetensors(weights).values()} == {t.upper()})
        np.save(data / "z.npy", (x[:2] / 255).astype(np.float32))
        out = json.loads(run("run", path, "--params", weights, "--in", f"x={data / 'z.npy'}", "--cast", "x"))
        run("run", path, "--params", weights, "--in", f"x={data / 'z.npy'}", "--cast", "x", "--out", f"p={data / 'p.npy'}")
        written = np.load(data / "p.npy")
        expect(f"{t} is written as {written.dtype}", written.dtype == (np.float16 if t == "f16" else np.float32))
        expect(f"{t} is written as {written}, printed {out}", np.allclose(written.astype(float), out["p"], 1e-6))


def main():
    check_bits()
    for check in (check_parameters, check_initializers, check_constants, check_train_command):
        with tempfile.TemporaryDirectory() as folder:
            check(folder)
    for t in ("f16", "bf16"):
        with tempfile.TemporaryDirectory() as folder:
            check_training(t, folder)
            adam_moves(t, folder)
    print("\n".join(failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
