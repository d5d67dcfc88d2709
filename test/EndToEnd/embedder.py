"""embedder.py SYMC EXAMPLES FOLDER: writes graphs of many ops, and compiles them and the examples. Prints library and model name."""
import json
import pathlib
import subprocess
import sys

symc, examples, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
GRAPHS = {
    "algebra": {
        "inputs": {"x": "f64[n, 6]", "y": "f64[n, 3]"},
        "parameters": {"a": {"type": "f64[6, 6]", "init": {"orthogonal": {}}}, "w": {"type": "f64[6, 3]", "init": "he_normal"},
                       "c": {"type": "f64[6, 3]", "init": "identity"}},
        "nodes": [{"name": "s", "expr": "a @ a.T + x.T @ x"}, {"name": "l", "expr": "cholesky(s)"},
                  {"name": "p", "expr": "solve(s, w + c)"},
                  {"name": "J", "expr": "mean((x @ p - y)**2) + log(abs(det(s))) * 0.01"}],
        "outputs": {"p": "x @ p", "l": "l", "i": "inv(s)"},
        "train": {"loss": "J", "optimizer": "adam", "metrics": {"mae": "mean(abs(x @ p - y))"}}},
    "classes": {
        "inputs": {"ids": "i64[batch, time]", "labels": "i32[batch]", "keep": "bool[batch, time]"},
        "parameters": {"table": {"type": "f32[5, 32]", "init": "normal"}, "w": {"type": "f32[32, 3]", "init": "glorot_uniform"}},
        "nodes": [{"name": "e", "expr": "gather(table, ids)"},
                  {"name": "m", "expr": "attention(e, e, e, reshape(keep, ['batch', 1, 'time']))"},
                  {"name": "h", "expr": "layer_norm(dropout(mean(m, axis=1), rate=0.3))"}, {"name": "z", "expr": "h @ w"},
                  {"name": "J", "expr": "sparse_softmax_cross_entropy(z, labels)"}],
        "outputs": {"z": "softmax(z)", "best": "argmax(z, axis=-1)", "sorted": "sort(h, axis=-1)", "e": "e",
                    "any": "any(keep, axis=1)"},
        "train": {"loss": "J", "optimizer": {"sgd": {"momentum": 0.9, "nesterov": True}},
                  "metrics": {"accuracy": "mean(cast(equal(argmax(z, axis=-1), cast(labels, 'i64')), 'f32'))"}}},
    "wide": {
        "inputs": {"x": "f32[n, 300]", "img": "f32[n, 17, 19, 16]"},
        "parameters": {"w": {"type": "f32[300, 270]", "init": "he_uniform"}},
        "nodes": [{"name": "h", "expr": "relu(x @ w)"}, {"name": "c", "op": "conv2d", "inputs": ["img"], "attrs": {"filters": 24, "kernel_size": 3}},
                  {"name": "q", "expr": "max_pool(batch_norm(c), [2, 2])"},
                  {"name": "J", "expr": "mean(h ** 2) + mean(q ** 2)"}],
        "outputs": {"h": "h", "q": "q", "t": "h.T @ h"},
        "train": {"loss": "J", "optimizer": "rmsprop"}},
    "loops": {
        "inputs": {"x": "f32[t, n, 5]", "h0": "f32[n, 16]"},
        "parameters": {"W": {"type": "f32[5, 16]", "init": "glorot_uniform"}, "U": {"type": "f32[16, 16]", "init": "orthogonal"},
                       "bias": "f32[16]", "v": {"type": "f32[16]", "init": "ones"}},
        "functions": {
            "cell": {"inputs": ["h", "c", "row"], "outputs": ["next", "kept", "next"], "nodes": [
                {"name": "next", "expr": "tanh(dropout(row, rate=0.2) @ W + h @ U + bias)"},
                {"name": "far", "expr": "mean(next) > 0.0"},
                {"name": "kept", "op": "cond", "inputs": ["far", "c", "next"], "attrs": {"true_fn": "join", "false_fn": "part"}}]},
            "join": {"inputs": ["a", "b"], "outputs": ["s"], "nodes": [{"name": "s", "expr": "a + b * v"}]},
            "part": {"inputs": ["a", "b"], "outputs": ["s"], "nodes": [{"name": "s", "expr": "a * 0.5 - sin(b)"}]},
            "large": {"inputs": ["y"], "outputs": ["c"], "nodes": [{"name": "c", "expr": "sum(y * y) > 0.01"}]},
            "halve": {"inputs": ["y"], "outputs": ["z"], "nodes": [{"name": "z", "expr": "y * 0.4 * v"}]}},
        "nodes": [{"name": ["last", "sum", "all"], "op": "scan", "inputs": ["h0", "h0", "x"], "attrs": {"body": "cell", "carries": 2}},
                  {"name": "small", "op": "while", "inputs": ["last"], "attrs": {"cond": "large", "body": "halve", "max_iterations": 9}},
                  {"name": "J", "expr": "mean(all ** 2) + mean(sum * small)"}],
        "outputs": {"last": "last", "sum": "sum", "all": "all", "small": "small"},
        "train": {"loss": "J", "optimizer": "adam"}},
    "types": {
        "inputs": {"a": "i32[n, 7]", "b": "u8[n, 7]", "c": "bool[n, 7]", "d": "i64[7, n]", "x": "f64[n]",
                   "e": "f16[n, 7]", "f": "bf16[n, 7]", "g": "i8[n, 7]", "u": "u16[n, 7]", "v": "u64[n, 7]"},
        "nodes": [],
        "outputs": {"s": "sum(a, axis=0)", "p": "cast(b, 'i32') + a", "c": "not c", "t": "d.T", "k": "cumsum(x)",
                    "r": "reverse(x, 0)", "m": "max(b, axis=1)", "o": "one_hot(a, 3, dtype='f32')", "n": "mean(x)",
                    "h": "sigmoid(e) + e", "w": "sum(f * f, axis=0)", "g2": "g * g", "u2": "max(u, axis=0)", "v2": "v // 3"}},
}
sources = sorted(examples.glob("*/*.json"))
for name, graph in GRAPHS.items():
    sources.append(folder / f"{name}.json")
    sources[-1].write_text(json.dumps({"symc": 1, "name": name, **graph}))
for source in sources:
    name = json.loads(source.read_text())["name"]
    subprocess.run([symc, "compile", str(source), "-o", str(folder / f"lib{name}.so")], check=True)
    print(f"{folder}/lib{name}.so", name)
