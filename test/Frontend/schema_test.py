"""Every example satisfies the JSON Schema, and the schema refuses what breaks the structure of a graph file."""
import json
import pathlib
import sys

import jsonschema

root = pathlib.Path(sys.argv[1])
schema = json.loads((root / "share/symc/graph.schema.json").read_text())
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)

for path in sorted(root.glob("examples/*/*.json")):
    graph = json.loads(path.read_text())
    if not isinstance(graph, dict) or "symc" not in graph:
        continue
    mistakes = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(graph)]
    assert not mistakes, f"{path}: {mistakes}"

GOOD = {"symc": 1, "name": "m", "inputs": {"x": "f32[batch, 8]"}, "parameters": {"W": "f32[8, 4]"},
        "nodes": [{"name": "y", "expr": "x @ W"}], "outputs": ["y"]}
WRONG = [
    {"symc": 2}, {"symc": "1"}, {"name": "2m"}, {"name": "a" * 65}, {"outputs": []}, {"outputs": "y"}, {"node": []},
    {"inputs": {"x": "f33[2]"}}, {"inputs": {"x": "f32"}}, {"inputs": {"x": "f32[-1]"}}, {"inputs": {"a/x": "f32[]"}},
    {"inputs": {"x": {"doc": ""}}}, {"dims": {"batch": {"min": -1}}}, {"dims": {"batch": {"minimum": 1}}},
    {"nodes": {}}, {"nodes": [{"expr": "x"}]}, {"nodes": [{"name": "y"}]}, {"nodes": [{"name": "y", "expr": "x", "op": "a"}]},
    {"nodes": [{"name": "y", "expr": "x", "inputs": []}]}, {"nodes": [{"name": "a//b", "expr": "x"}]},
    {"nodes": [{"name": "y", "op": "relu", "inputs": [1]}]}, {"nodes": [{"name": "y", "expr": "x", "device": "gpu:0"}]},
    {"parameters": {"W": {"type": "f32[2]", "init": "glorot"}}}, {"parameters": {"W": {"type": "f32[2]", "trainable": 1}}},
    {"constants": {"k": {"type": "f32[2]"}}}, {"constants": {"k": {"type": "f32[2]", "file": "/a", "key": "b"}}},
    {"train": {"loss": "y"}}, {"train": {"loss": "y", "optimizer": "addam"}},
    {"train": {"loss": "y", "optimizer": {"sgd": {"momentum": 1}}}}, {"train": {"loss": "y", "optimizer": "sgd", "lr": 1}},
    {"train": {"loss": "y", "optimizer": "sgd", "metrics": {"val_a": "y"}}},
    {"train": {"loss": "y", "optimizer": "sgd", "learning_rate_schedule": "cosine"}},
    {"entry_points": {"f": {}}}, {"functions": {"f": {"nodes": []}}},
]
assert validator.is_valid(GOOD)
control = json.loads((root / "test/Frontend/Inputs/control.json").read_text())
assert validator.is_valid(control), next(validator.iter_errors(control)).message
for change in WRONG:
    assert not validator.is_valid({**GOOD, **change}), change
print(f"{len(WRONG)} wrong graphs are refused")
