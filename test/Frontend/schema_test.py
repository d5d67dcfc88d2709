"""schema_test.py SOURCE: every graph file of the project satisfies the JSON Schema, those of the documentation too, and the
schema refuses what breaks the structure of a graph file: a misspelt attribute of each op, optimizer, schedule and initialiser."""
import json
import pathlib
import re
import sys

import jsonschema

root = pathlib.Path(sys.argv[1])
schema = json.loads((root / "share/symc/graph.schema.json").read_text())
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
checked = 0


def check(text, place):
    global checked  # pylint: disable=global-statement
    try:
        graph = json.loads(text)
    except json.JSONDecodeError:
        return
    if isinstance(graph, dict) and "symc" in graph:
        mistakes = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(graph)]
        assert not mistakes, f"{place}: {mistakes}"
        checked += 1


for folder in ("examples", "bench", "test"):
    for path in sorted((root / folder).rglob("*.json")):
        check(path.read_text(errors="replace"), path)
for path in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
    for block in re.findall(r"^```json\n(.*?)^```$", path.read_text(), re.M | re.S):
        check(block, path)
assert checked > 200, checked

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
    {"train": {"loss": "y", "optimizer": "sgd", "metrics": ["mse", {"val_a": "y"}]}},
    {"train": {"loss": "y", "optimizer": "sgd", "metrics": ["mse", ["mae"]]}},
    {"train": {"loss": "y", "optimizer": "sgd", "learning_rate_schedule": "cosine"}},
    {"entry_points": {"f": {}}}, {"functions": {"f": {"nodes": []}}},
]
assert validator.is_valid(GOOD)
# null says what leaving it out says.
assert validator.is_valid({**GOOD, "train": {"loss": "y", "optimizer": "sgd", "learning_rate_schedule": None,
                                             "clip_global_norm": None, "weight_decay": None}})
assert validator.is_valid({**GOOD, "$schema": "https://example.org/graph.schema.json"})
assert validator.is_valid({**GOOD, "train": {"loss": "y", "optimizer": "sgd", "metrics": ["mse", {"mine": "y"}, "f1"]}})
for change in WRONG:
    assert not validator.is_valid({**GOOD, **change}), change


def places_of(mistakes):
    for mistake in mistakes:
        yield "/".join(map(str, mistake.absolute_path))
        yield from places_of(mistake.context or [])


def refuses(change, path):
    """That it is refused, and for what stands at the path."""
    places = set(places_of(validator.iter_errors({**GOOD, **change})))
    assert any(p.startswith(path) for p in places), f"{change}: {places or 'is accepted'}"


definitions, names = schema["definitions"], 0
for rule in definitions["node"]["allOf"]:
    attributes = rule["then"]["properties"]["attrs"]
    for op in rule["if"]["properties"]["op"]["enum"]:
        names += 1
        node = {"name": "y", "op": op, "attrs": {"no_such_attribute": 1}}
        refuses({"nodes": [node]}, "nodes/0/attrs")
        for name, of in attributes.get("properties", {}).items():
            assert of["description"] and re.fullmatch(r"[a-z][a-z0-9_]*", name), f"{op}: {name}"
            refuses({"nodes": [{**node, "attrs": {name: {}}}]}, f"nodes/0/attrs/{name}")
assert names == len(definitions["opName"]["enum"]) == len(definitions["opName"]["enumDescriptions"])
for op, attrs in (("conv2d", {"filters": 0}), ("dropout", {"rate": 1}), ("conv2d", {"activation": "rleu"}),
                  ("cast", {"dtype": "float"}), ("sum", {"axis": "0"}), ("pad", {"pad_width": [1, 1]}),
                  ("resize", {"size": 2, "method": "linear"})):
    refuses({"nodes": [{"name": "y", "op": op, "inputs": ["x"], "attrs": attrs}]}, f"nodes/0/attrs/{list(attrs)[-1]}")
refuses({"nodes": [{"name": "y", "op": "reshape", "inputs": ["x"]}]}, "nodes/0")
refuses({"nodes": [{"name": "y", "op": "tanh", "inputs": ["x", "x"]}]}, "nodes/0/inputs")
refuses({"nodes": [{"name": "y", "op": "dense", "inputs": {"input": "x"}}]}, "nodes/0/inputs")
for what, key in (("optimizer", "optimizer"), ("schedule", "learning_rate_schedule")):
    for method in definitions[what]["anyOf"][1]["properties"]:
        train = {"loss": "y", "optimizer": "sgd"} | {key: {method: {"no_such_option": 1}}}
        refuses({"train": train}, f"train/{key}/{method}")
for method in definitions["initializer"]["anyOf"][1]["properties"]:
    parameter = {"type": "f32[8, 4]", "init": {method: {"no_such_option": 1}}}
    refuses({"parameters": {"W": parameter}}, f"parameters/W/init/{method}")
print(f"{checked} graph files, {names} ops")
