"""large.py OUT.json KIND N: graph files of N nodes."""
import json
import sys

out, kind, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
functions, output = {}, f"n{n - 1}"
if kind == "chain":  # in reverse order, so that every node depends on one that stands later
    nodes = [{"name": f"n{i}", "op": "tanh", "inputs": [f"n{i - 1}" if i else "x"]} for i in reversed(range(n))]
elif kind == "wide":
    nodes = [{"name": f"n{i}", "expr": "x * 2 + x"} for i in range(n)]
elif kind == "sum":
    nodes = [{"name": "n0", "expr": "x" + " + x" * n}]
    output = "n0"
elif kind == "cycle":
    nodes = [{"name": f"n{i}", "op": "tanh", "inputs": [f"n{(i + 1) % n}"]} for i in range(n)]
elif kind == "unknown":
    nodes = [{"name": f"n{i}", "op": "tanh", "inputs": [f"u{i}"]} for i in range(n)]
elif kind == "untyped":  # each function calls the one before it, with the types that its own call gives it
    functions = {f"f{i}": {"inputs": ["a"], "outputs": [f"f{i - 1}(a)" if i else "tanh(a)"]} for i in range(n)}
    nodes, output = [{"name": "n0", "expr": f"f{n - 1}(x)"}], "n0"
elif kind in ("loops", "branches"):  # one inside of another
    node = {"loops": "scan({0}, {0}, body='f{1}', carries=1)",
            "branches": "cond(any({0} > 0.0), {0}, true_fn='f{1}', false_fn='f{1}')"}[kind]
    inputs = {"a": "f32[batch]", "r": "f32[]"} if kind == "loops" else {"a": "f32[batch]"}
    functions = {f"f{i}": {"inputs": inputs, "outputs": [node.format("a", i - 1) if i else "tanh(a)"]} for i in range(n)}
    nodes, output = [{"name": "n0", "expr": node.format("x", n - 1)}], "n0"
else:  # calls, same: each function calls the one before it twice; the first has an operation, or none
    functions["f0"] = {"inputs": {"a": "f32[batch]"}, "nodes": [{"name": "r", "expr": "tanh(a)"}], "outputs": ["r"]}
    if kind == "same":
        functions["f0"] = {"inputs": {"a": "f32[batch]"}, "outputs": ["a"]}
    for i in range(1, n):
        functions[f"f{i}"] = {"inputs": {"a": "f32[batch]"}, "outputs": ["r"],
                              "nodes": [{"name": "r", "expr": f"f{i - 1}(f{i - 1}(a))"}]}
    nodes = [{"name": "n0", "expr": f"f{n - 1}(x)"}]
    output = "n0"
with open(out, "w") as f:
    json.dump({"symc": 1, "name": "m", "inputs": {"x": "f32[batch]"}, "functions": functions, "nodes": nodes,
               "outputs": [output]}, f)
