# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""tensorboard.py DIR: trains small graphs with `--logdir`, and holds the learning rates of the log against the updates of the
optimizer, the pixels of images against the values, and the tags against docs/tensorboard.md."""
import json
import os
import pathlib
import re
import subprocess
import sys

import numpy as np

from read_events import events, png
from tally import Tally

SYMC = os.environ.get("SYMC", "symc")
ROOT = pathlib.Path(__file__).parents[2]
folder = pathlib.Path(sys.argv[1])
check = Tally()
SCHEDULES = [
    None, {"step": {"step_size": 3, "gamma": 0.5}}, {"exponential": {"decay_steps": 4, "decay_rate": 0.3}},
    {"exponential": {"decay_steps": 4, "decay_rate": 0.3, "staircase": True}}, {"cosine": {"decay_steps": 7, "alpha": 0.1}},
    {"linear_warmup": {"warmup_steps": 5}}, {"piecewise": {"boundaries": [2, 6], "values": [0.5, 0.25, 0.125]}},
    {"polynomial": {"decay_steps": 6, "end_learning_rate": 0.01, "power": 2}}, {"polynomial": {"decay_steps": 20}}]


def train(graph, log, *arguments):
    path = folder / f"{graph['name']}.json"
    path.write_text(json.dumps(graph))
    words = [SYMC, "train", str(path), "--logdir", str(log), *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True)
    check(f"{graph['name']} trains", done.returncode == 0, done.stderr)
    return done


def values_of(log, tag):
    """(step, message of the value) in the order of the file."""
    return [(event.get(2), value) for event in events(log / "train") for summary in event.messages(5)
            for value in summary.messages(1) if value.text(1) == tag]


# The gradient of w is 1: a step takes the learning rate from it. An epoch is a step.
ones = folder / "ones"
ones.mkdir(exist_ok=True)
np.save(ones / "x.npy", np.ones(4))
for number, schedule in enumerate(SCHEDULES):
    for period in (1, 3) if number == 2 else (1,):
        log, epochs = folder / f"rate-{number}-{period}", 12
        graph = {"symc": 1, "name": f"rate_{number}", "inputs": {"x": "f64[batch]"},
                 "parameters": {"w": {"type": "f64[1]", "init": "ones"}}, "nodes": [{"name": "J", "expr": "sum(w) * mean(x)"}],
                 "outputs": ["J"], "train": {"loss": "J", "optimizer": {"sgd": {"learning_rate": 0.5}},
                                             "accumulate_steps": period}}
        if schedule:
            graph["train"]["learning_rate_schedule"] = schedule
        train(graph, log, "--data", ones, "--epochs", epochs)
        weights = [1.0] + [value.message(5).number(4) for _, value in values_of(log, "w")]
        taken = -np.diff(weights)[period - 1::period]
        rates = [value.number(2, "<f") for _, value in values_of(log, "learning_rate")][period - 1::period]
        check(f"rates of {schedule}, period {period}", len(rates) == epochs // period and np.allclose(rates, taken, rtol=1e-6),
              (rates, taken))

# x is the picture of itself, the kernel too.
scene = folder / "scene"
scene.mkdir(exist_ok=True)
pixels = np.random.default_rng(1).random((2, 5, 4, 2), np.float32)
np.save(scene / "x.npy", pixels)
np.save(scene / "y.npy", np.zeros(2, np.float32))
graph = {"symc": 1, "name": "scene", "inputs": {"x": "f32[batch, 5, 4, 2]", "y": "f32[batch]"},
         "parameters": {"K": {"type": "f32[3, 2, 2, 3]", "init": {"uniform": {"low": -1, "high": 1}}, "trainable": False},
                        "a": {"type": "f32[1]", "init": "ones"}},
         "nodes": [{"name": "c", "op": "conv2d", "inputs": ["x", "K"]}, {"name": "m", "expr": "mean(c, axis=[1, 2, 3]) * a"},
                   {"name": "J", "expr": "mean((m - y)**2)"}],
         "outputs": ["m"], "train": {"loss": "J", "optimizer": "sgd"}}
log = folder / "scene-log"
train(graph, log, "--data", scene, "--log-images", "x,K", "--save", folder / "scene.safetensors")


def scaled(values):
    low, high = values.min(), values.max()
    return np.floor((values.astype(float) - low) / (float(high) - low) * 255 + 0.5).astype(int)


for example in range(2):
    [(_, value)] = values_of(log, f"x/image/{example}")
    height, width, channels, data = png(value.message(4).get(4))
    wanted = np.full((5, 9), 255)
    wanted[:, :4], wanted[:, 5:] = (scaled(pixels[example])[:, :, c] for c in range(2))
    seen = np.frombuffer(data, np.uint8).reshape(height, width)
    check(f"example {example}", channels == 1 and np.array_equal(seen, wanted), (seen, wanted))

raw = (folder / "scene.safetensors").read_bytes()
size = int.from_bytes(raw[:8], "little")
begin, end = json.loads(raw[8:8 + size])["K"]["data_offsets"]
kernel = scaled(np.frombuffer(raw[8 + size + begin:8 + size + end], np.float32).reshape(3, 2, 2, 3))
[(_, value)] = values_of(log, "K/filters")
height, width, channels, data = png(value.message(4).get(4))
wanted = np.full((7, 8), 255)
for i in range(2):
    for o in range(3):
        wanted[4 * i:4 * i + 3, 3 * o:3 * o + 2] = kernel[:, :, i, o]
check("filters", (height, width, channels) == (7, 8, 1) and np.array_equal(np.frombuffer(data, np.uint8).reshape(7, 8), wanted))

# The command of docs/tensorboard.md, with less data and of one epoch, writes what its table says.
document = (ROOT / "docs/tensorboard.md").read_text(encoding="utf-8")
command = document.split("```")[1].split("tensorboard --logdir")[0].removeprefix("sh").replace("\\\n", " ").split()
for part, count in (("train", 60), ("test", 20)):
    place = folder / "build/fashion-mnist" / part
    place.mkdir(parents=True, exist_ok=True)
    np.save(place / "x.npy", np.random.default_rng(2).integers(0, 256, (count, 28, 28), np.uint8))
    np.save(place / "labels.npy", np.random.default_rng(3).integers(0, 10, count).astype(np.uint8))
given = {"symc": SYMC, "10": "1", "100": "20"}
given["examples/small_cnn/small_cnn.json"] = str(ROOT / "examples/small_cnn/small_cnn.json")
done = subprocess.run([given.get(word, word) for word in command], cwd=folder, capture_output=True, text=True)
check("the command of the document", done.returncode == 0, (command, done.stderr))
seen = {value.text(1) for run in ("train", "validation") for event in events(folder / "build/log" / run)
        for summary in event.messages(5) for value in summary.messages(1)}
table = document.split("## What is written")[1].split("- ")[0]
tags = set(re.findall(r"`([^`]+)`", "".join(re.findall(r"^\| (`[^|]*)\|", table, re.M))))
check("the tags of the document", tags and tags <= seen, tags - seen)

print(f"{check.cases} cases, {check.failed} failed")
