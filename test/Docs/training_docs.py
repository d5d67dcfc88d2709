# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""training_docs.py PAGE: runs the `sh` blocks of docs/training.md with the graph of the page, and holds them against what
the page says of them."""
import csv
import json
import pathlib
import random
import re
import subprocess
import sys

page = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
MEANS = {"setosa": (5.0, 3.4, 1.5, 0.2), "versicolor": (5.9, 2.8, 4.3, 1.3), "virginica": (6.6, 3.0, 5.6, 2.0),
         "sibirica": (4.0, 2.0, 3.0, 1.0)}


def need(condition, what):
    if not condition:
        sys.exit(what)


def write(name, species, count):
    rng = random.Random(2)
    with open(name, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["sepal_length", "sepal_width", "petal_length", "petal_width", "species"])
        for _ in range(count):
            one = rng.choice(species)
            rows.writerow([*(f"{rng.gauss(mean, 0.4):.1f}" for mean in MEANS[one]), one])


graphs = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", page, re.S)]
iris = next(graph for graph in graphs if graph["name"] == "iris")
pathlib.Path("iris.json").write_text(json.dumps(iris), encoding="utf-8")
pathlib.Path("flowers.json").write_text(json.dumps(iris).replace("units=3", "units=4"), encoding="utf-8")
write("iris.csv", ["setosa", "versicolor", "virginica"], 150)
write("flowers.csv", list(MEANS), 120)


def run(block):
    result = subprocess.run(["sh", "-ec", block], capture_output=True, text=True, check=False)
    need(result.returncode == 0, f"{block}\nexit {result.returncode}: {result.stderr}")
    return [json.loads(line) for line in result.stdout.splitlines()], result.stderr


def header(name):
    data = pathlib.Path(name).read_bytes()
    return json.loads(data[8:8 + int.from_bytes(data[:8], "little")])


blocks = [block for block in re.findall(r"```sh\n(.*?)```", page, re.S) if "iris.json" in block or "flowers.json" in block]
need(len(blocks) == 3, f"{len(blocks)} blocks of commands on these graphs: this test knows three")

(row, scores), _ = run(blocks[0])
need(row["epoch"] == 30 and scores["examples"] == 150 and scores["accuracy"] > 0.9, f"{row}, {scores}")
need(json.loads(header("w.safetensors")["__metadata__"]["symc.categories"]) ==
     {"species": [["setosa", "versicolor", "virginica"]]}, "the codes of w.safetensors")

(row,), said = run(blocks[1])
with open("h.csv", encoding="utf-8") as history:
    losses = [float(line["val_loss"]) for line in csv.DictReader(history)]
best = losses.index(min(losses)) + 1
need(len(losses) == row["epoch"] == min(best + 10, 200), f"{row['epoch']} epochs, the best is {best}")
need(("S1510" in said) == (row["epoch"] < 200), said)
need("symc.categories" in header("best.safetensors")["__metadata__"], "the codes of best.safetensors")

(row,), said = run(blocks[2])
need("remark[S1120]: 2 of 6 parameters keep their initial values: "
     "'logits/kernel' (f32[8, 3] in the file, f32[8, 4] in the model), 'logits/bias' (f32[3] in the file, f32[4] in the model)"
     in said, said)
need("remark[S1122]: the categories of input 'species' have other codes here than in these parameters" in said, said)


def tensor(name, key):
    data, entry = pathlib.Path(name).read_bytes(), header(name)[key]
    start = 8 + int.from_bytes(data[:8], "little")
    return data[start + entry["data_offsets"][0]:start + entry["data_offsets"][1]]


for key in ("hidden/kernel", "hidden/bias"):
    need(tensor("w.safetensors", key) == tensor("flowers.safetensors", key), f"{key} was trained")
