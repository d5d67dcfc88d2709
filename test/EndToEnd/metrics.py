"""Ready-made metrics against NumPy: of one call, and over a data set whose last batch is smaller."""
import json
import os
import subprocess

import numpy as np
import symc
from cases import compiled, named, node, run

N, BATCH = 37, 10
RNG = np.random.default_rng(11)
CASES = {}


def log_softmax(z, axis):
    z = z - z.max(axis=axis, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=axis, keepdims=True))


def mean_iou(predicted, labels, classes):
    ratios = [np.sum((predicted == c) & (labels == c)) / np.sum((predicted == c) | (labels == c))
              for c in range(classes) if np.any((predicted == c) | (labels == c))]
    return np.mean(ratios)


def hits(predicted, labels, classes):
    """(precision, recall, F1) of each class that occurs."""
    rows = []
    for c in classes:
        hit, said, true = np.sum((predicted == c) & (labels == c)), np.sum(predicted == c), np.sum(labels == c)
        if said or true or len(classes) == 1:
            rows.append((hit / max(said, 1), hit / max(true, 1), 2 * hit / max(said + true, 1)))
    return dict(zip(("precision", "recall", "f1"), np.mean(rows, axis=0)))


def of_classes(z, labels, axis=-1, ignored=None):
    """`labels`: numbers, or distributions of the shape of z."""
    dense = np.issubdtype(labels.dtype, np.floating)
    z, distribution = np.moveaxis(z, axis, -1), np.moveaxis(labels, axis, -1) if dense else None
    numbers = distribution.argmax(-1) if dense else labels
    kept = np.ones(numbers.shape, bool) if ignored is None else numbers != ignored
    z, numbers, classes = z[kept], numbers[kept], z.shape[-1]
    logs = log_softmax(z, -1)
    losses = -np.sum(distribution[kept] * logs, -1) if dense else -np.take_along_axis(logs, numbers[..., None], -1)
    best = np.argsort(-z, -1, kind="stable")[..., :5]
    return {"accuracy": np.mean(z.argmax(-1) == numbers), "top_5_accuracy": np.mean((best == numbers[..., None]).any(-1)),
            "perplexity": np.exp(losses.mean()), "mean_iou": mean_iou(z.argmax(-1), numbers, classes),
            **hits(z.argmax(-1), numbers, range(classes))}


def of_pairs(a, b, above_a, above_b):
    p, t = a > above_a, b > above_b
    return {"binary_accuracy": np.mean(p == t), "mse": np.mean((a - b) ** 2), "mae": np.mean(np.abs(a - b)),
            "mean_iou": mean_iou(p.astype(int), t.astype(int), 2), **hits(p, t, [True])}


def case(loss, types, values, metrics, wanted, **attrs):
    CASES[f"{loss}{len(CASES)}"] = (
        {"symc": 1, "name": "scored", "inputs": types, "parameters": {"c": "f64[]"},
         "nodes": [{"name": "z", "expr": "a + c"}, node("l", loss, ["z", "b"], **attrs), {"name": "J", "expr": "l * 2.0 + c**2"}],
         "outputs": ["z"], "train": {"loss": "J", "optimizer": "sgd", "metrics": metrics}}, values, wanted)


Z, LABELS = RNG.normal(size=(N, 7)) * 2, RNG.integers(0, 7, N)
IMAGES, PIXELS = RNG.normal(size=(N, 4, 3, 5)), RNG.integers(-1, 4, (N, 4, 3)).astype(np.int32)
HITS = ["precision", "recall", "f1"]
ALL = ["accuracy", "top_5_accuracy", "perplexity", "mean_iou", *HITS]
FLOATS = ["binary_accuracy", "mse", "mae", "mean_iou", *HITS]
OVER_ALL = {"perplexity", "mean_iou", *HITS}
case("sparse_softmax_cross_entropy", {"a": "f64[n, 7]", "b": "i64[n]"}, {"a": Z, "b": LABELS}, ALL, of_classes)
# Two classes do not occur, one is ignored.
case("sparse_softmax_cross_entropy", {"a": "f64[n, 4, 3, 5]", "b": "i32[n, 4, 3]"}, {"a": IMAGES, "b": PIXELS},
     ["mean_iou", "accuracy", "perplexity", "f1", "top_5_accuracy", "recall", "precision"],
     lambda z, t: of_classes(z, t, ignored=-1), ignore_index=-1)
case("softmax_cross_entropy", {"a": "f64[n, 6, 4]", "b": "f64[n, 6, 4]"},
     {"a": RNG.normal(size=(N, 6, 4)), "b": RNG.dirichlet(np.ones(6), (N, 4)).transpose(0, 2, 1)}, ALL,
     lambda z, t: of_classes(z, t, axis=1), axis=1)
case("nll", {"a": "f64[n, 7]", "b": "u8[n]"}, {"a": log_softmax(Z, -1), "b": LABELS.astype(np.uint8)}, ALL, of_classes)
case("mse", {"a": "f64[n, 2]", "b": "f64[n, 2]"}, {"a": RNG.uniform(size=(N, 2)), "b": RNG.uniform(size=(N, 2))}, FLOATS,
     lambda a, b: of_pairs(a, b, 0.5, 0.5))
case("sigmoid_cross_entropy", {"a": "f64[n]", "b": "f64[n]"}, {"a": RNG.normal(size=N), "b": RNG.integers(0, 2, N).astype(float)},
     FLOATS, lambda a, b: of_pairs(a, b, 0, 0.5))
# Nothing is predicted; nothing is labelled; neither; one class of a softmax.
for said, true in ((np.zeros(N), RNG.uniform(size=N)), (RNG.uniform(size=N), np.zeros(N)), (np.zeros(N), np.zeros(N))):
    case("mse", {"a": "f64[n]", "b": "f64[n]"}, {"a": said, "b": true}, HITS, lambda a, b: of_pairs(a, b, 0.5, 0.5))
case("softmax_cross_entropy", {"a": "f64[n, 1]", "b": "f64[n, 1]"}, {"a": RNG.normal(size=(N, 1)), "b": np.ones((N, 1))}, HITS,
     lambda z, t: {m: 1.0 for m in HITS})
case("hinge", {"a": "f64[n]", "b": "f64[n]"}, {"a": RNG.normal(size=N), "b": RNG.choice([-1.0, 1.0], N)}, FLOATS,
     lambda a, b: of_pairs(a, b, 0, 0))


def batches(values):
    return [{k: v[i:i + BATCH] for k, v in values.items()} for i in range(0, N, BATCH)]


def check(name, folder, failures):
    graph, values, function = CASES[name]
    path = folder / f"{name}.json"
    path.write_text(json.dumps(graph))
    library = compiled(path)
    model, metrics = symc.Model(library), graph["train"]["metrics"]
    means = dict.fromkeys(metrics, 0.0)
    for batch in batches(values):
        wanted, got = function(*batch.values()), named(model.evaluate(**batch))
        for metric in metrics:
            means[metric] += wanted[metric] * len(batch["a"]) / N
            if got[metric].shape != () or not np.isclose(got[metric], wanted[metric], rtol=1e-12):
                failures.append(f"{name}: {metric} is {got[metric]}, not {wanted[metric]}")
    wanted = {**means, **{m: v for m, v in function(*values.values()).items() if m in OVER_ALL}}
    np.savez(folder / "data.npz", **values)
    np.savez(folder / "still.npz", **values)
    said = subprocess.run([os.environ["SYMC"], "eval", library, "--data", str(folder / "data.npz"), "--batch-size", str(BATCH)],
                          check=True, capture_output=True, text=True).stdout
    compare(f"{name}: eval", json.loads(said), wanted, metrics, failures)
    # Where nothing is learnt the metrics of an epoch are those of the data, in any order of the examples.
    graph["train"]["optimizer"] = {"sgd": {"learning_rate": 0}}
    path.write_text(json.dumps(graph))
    said = subprocess.run([os.environ["SYMC"], "train", str(path), "--data", str(folder / "data.npz"), "--batch-size", str(BATCH),
                           "--validation", str(folder / "still.npz")], check=True, capture_output=True, text=True).stdout
    row = json.loads(said)
    compare(f"{name}: validation", {m: row["val_" + m] for m in metrics}, wanted, metrics, failures)
    over_all = [m for m in metrics if m in OVER_ALL]
    compare(f"{name}: training", row, wanted, over_all, failures)


def compare(where, got, wanted, metrics, failures):
    failures += [f"{where}: {m} is {got[m]}, not {wanted[m]}" for m in metrics if not np.isclose(got[m], wanted[m], rtol=1e-9)]


def check_ignored(folder, failures):
    """A batch whose labels are all ignored has no part in a mean, wherever that stands; NaN of anything else stays."""
    path = folder / "ignored.json"
    graph = {"symc": 1, "name": "ignored", "inputs": {"x": "f32[n, 6]", "l": "i64[n]"}, "parameters": {"c": "f32[]"},
             "nodes": [{"name": "z", "expr": "x + c"}, node("l2", "sparse_softmax_cross_entropy", ["z", "l"], ignore_index=-1),
                       {"name": "J", "expr": "l2 * 2.0 + c**2"}],
             "outputs": ["z"], "train": {"loss": "J", "optimizer": {"sgd": {"learning_rate": 0}},
                                         "metrics": ["accuracy", "top_5_accuracy", "perplexity"]}}
    path.write_text(json.dumps(graph))
    x = RNG.normal(size=(6, 6)).astype(np.float32)
    labels = np.array([3, -1, -1, -1, 5, 0])

    def scores(data):
        np.savez(folder / "ignored.npz", **data)
        file = str(folder / "ignored.npz")
        said = [subprocess.run([os.environ["SYMC"], *command, "--batch-size", "2"], check=True, capture_output=True, text=True).stdout
                for command in (["eval", str(path), "--data", file],
                                ["train", str(path), "--data", file, "--validation", file])]
        row = json.loads(said[1])
        return [json.loads(said[0]), row, {name[4:]: value for name, value in row.items() if name.startswith("val_")}]

    parts = [of_classes(x[i:i + 2], labels[i:i + 2], ignored=-1) for i in (0, 4)]
    logs, kept = log_softmax(x, -1), [i for i in range(6) if labels[i] >= 0]
    losses = {i: -logs[i, labels[i]] for i in kept}
    wanted = {m: np.mean([part[m] for part in parts]) for m in ("accuracy", "top_5_accuracy")}
    wanted["loss"] = 2 * np.mean([losses[0], (losses[4] + losses[5]) / 2])
    wanted["perplexity"] = np.exp(np.mean(list(losses.values())))
    for where, got in zip(("eval", "train", "validation"), scores({"x": x, "l": labels})):
        for metric, value in wanted.items():
            # Training takes the examples in an order of its own.
            if got[metric] is None or (where != "train" and not np.isclose(got[metric], value, rtol=1e-5)):
                failures.append(f"ignored, {where}: {metric} is {got[metric]}, not {value}")
    for where, got in zip(("eval", "train", "validation"), scores({"x": x, "l": np.full(6, -1)})):
        if got["loss"] is not None or got["accuracy"] is not None:
            failures.append(f"nothing counts, {where}: {got}")
    x[4, 2] = np.nan
    for where, got in zip(("eval", "train", "validation"), scores({"x": x, "l": labels})):
        if got["loss"] is not None:
            failures.append(f"NaN, {where}: {got}")


if __name__ == "__main__":
    run(__doc__, {**{name: lambda *to, name=name: check(name, *to) for name in CASES}, "ignored": check_ignored})
