"""`ignore_index` of the losses of class numbers, against NumPy: ignored_labels.py."""
import json
import pathlib
import sys
import tempfile

import numpy as np
import symc


def named(result):
    return result if isinstance(result, dict) else result._asdict()


def call(function, **values):
    """The inputs that the function has no use for are left out."""
    return {n: np.array(v) for n, v in named(function(**{i.name: values[i.name] for i in function.inputs})).items()}


def graph(op, labels, ignored, reduction, axis=None):
    attrs = {"ignore_index": ignored, "reduction": reduction, **({"axis": axis} if axis is not None else {})}
    return {"symc": 1, "name": "ignored", "inputs": {"labels": labels, "shift": "f64[4, 3, 5]" if axis else "f64[4, 5]"},
            "parameters": {"z": "f64[4, 3, 5]" if axis else "f64[4, 5]"},
            "nodes": [{"name": "s", "expr": "z + shift"},
                      {"name": "l", "op": op, "inputs": ["s", "labels"], "attrs": attrs},
                      {"name": "J", "expr": "sum(l * 2.0)"}],
            "outputs": ["l"], "train": {"loss": "J", "optimizer": "sgd"}}


def reference(op, z, labels, ignored, reduction, axis):
    """The loss and the gradient of twice its sum."""
    z, losses, gradients = np.moveaxis(z, axis, -1), np.zeros(labels.shape), np.zeros(np.moveaxis(z, axis, -1).shape)
    for i in np.ndindex(*labels.shape):
        if labels[i] == ignored:
            continue
        p = np.exp(z[i] - np.log(np.sum(np.exp(z[i])))) if op != "nll" else np.zeros(z.shape[-1])
        losses[i] = -np.log(p[labels[i]]) if op != "nll" else -z[i][labels[i]]
        gradients[i] = 2 * (p - np.eye(z.shape[-1])[labels[i]])
    kept = np.sum(labels != ignored)
    if reduction == "mean":
        with np.errstate(invalid="ignore"):
            return np.sum(losses) / kept, np.moveaxis(gradients, -1, axis) / max(kept, 1)
    return (losses if reduction == "none" else np.sum(losses)), np.moveaxis(gradients, -1, axis)


def main():
    rng, failures, ran = np.random.default_rng(0), [], 0
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name) / "ignored.json"
        for op, axis, kind, ignored in (("nll", None, "i64", -100), ("sparse_softmax_cross_entropy", None, "u8", 255),
                                        ("sparse_softmax_cross_entropy", 1, "i32", 2)):
            for reduction in ("mean", "sum", "none"):
                shape = (4, 5) if axis else (4,)
                path.write_text(json.dumps(graph(op, f"{kind}[{', '.join(map(str, shape))}]", ignored, reduction, axis)))
                model, classes = symc.compile(path), 3 if axis else 5
                z = rng.normal(size=(4, 3, 5) if axis else (4, 5))
                model.parameters["z"][...] = z
                for share in (0, 0.4, 1):
                    labels = np.where(rng.random(shape) < share, ignored, rng.integers(0, classes, shape))
                    labels = labels.astype({"i64": np.int64, "u8": np.uint8, "i32": np.int32}[kind])
                    # What is ignored may be anything.
                    shift = np.where(np.expand_dims(labels == ignored, axis or -1), np.nan, np.zeros(z.shape))
                    loss, gradient = (call(f, labels=labels, shift=shift) for f in (model.predict, model.gradients))
                    wanted = reference(op, z, labels, ignored, reduction, 1 if axis else -1)
                    ran += 1
                    for what, a, b in zip(("loss", "gradient"), (loss["l"], gradient["z"]), wanted):
                        if not np.allclose(a, b, rtol=1e-12, atol=1e-14, equal_nan=True):
                            failures.append(f"{op} {reduction} {share}: {what} is {a.tolist()}, not {np.asarray(b).tolist()}")
                bad = np.full(shape, 7, labels.dtype)
                try:
                    model.predict(labels=bad, shift=np.zeros(z.shape))
                    failures.append(f"{op} {reduction}: a label out of range is no status")
                except symc.Error as error:
                    if "label 7 is out of range" not in str(error):
                        failures.append(f"{op}: {error}")
    print(*failures, f"{ran} samples, {len(failures)} failed", sep="\n")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
