"""mutations.py SEED COUNT GRAPH...: graph files with random mistakes, and random calls of every op.

None may crash symc-import, say something that is not one line of JSON, end in an internal error, or show a type of MLIR.
"""
import json
import random
import re
import subprocess
import sys
import tempfile

VALUES = ['"x"', '"W"', "1", "-1", "0", "9223372036854775807", "1e308", "null", "true", "[]", "{}", '"f32[]"', '"f32[0]"',
          '"relu"', '"matmul"', '"mean(x)"', "[0]", '"batch"', '"a/b"', "[[1, 2]]"]
NUMBERS = ["0", "-1", "1", "2", "3", "1000", "4294967296", "9223372036854775807", "-9223372036854775808", "0.5"]
PIECES = ["(", ")", "[", "0", "-", ":", " ", ".T", "**2", "+x", "@", "x", "1.5", ",", "="]
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[\[\]{}:,]|\w+|\s+')
INPUTS = {"x": "f32[batch, 8]", "m": "f32[4, 8]", "s": "f32[]", "v": "f32[8]", "i": "f32[batch, 9, 9, 3]", "n": "i64[batch]",
          "c": "bool[batch]", "e": "f32[0, 3]", "q": "f64[3, 3]", "t": "f32[batch, len, 4]", "u": "u8[2]"}
ATTRIBUTES = """axis axes keepdims shape dtype units filters kernel_size strides padding dilations groups layout pool_size
rate depth k sections sizes start stop step pad_width mode reps shift reduction equation ord ddof min max scale causal
block_size size method input_dim output_dim epsilon momentum activation use_bias lower transpose_a return_sequences
depth_multiplier delta p low high mean stddev descending on_value off_value reverse exclusive""".split()
ANY = [0, 1, -1, 2, 3, 5, -9, 2**31, 2**63 - 1, -2**63, 0.5, True, None, "same", "f32", "relu", "ij,jk->ik", [], [0], [1, 1],
       [0, 0], [-1], [2, 2], [2**62, 2**62], ["batch", -1], [[1, 1]], [[0, 1], [2, 3]], [None, 1], "mean", "i64", [3, 3, 3]]


def mutated(text, rng):
    tokens = TOKEN.findall(text)
    for _ in range(rng.randint(1, 4)):
        i, kind = rng.randrange(len(tokens)), rng.random()
        token = tokens[i]
        if kind < .35:
            tokens[i] = rng.choice(VALUES)
        elif kind < .5:
            tokens[i] = rng.choice(tokens)
        elif kind < .6:
            tokens[i] = ""
        elif kind < .75 and len(token) > 3 and token[0] == '"':
            at = rng.randrange(1, len(token) - 1)
            tokens[i] = token[:at] + rng.choice(PIECES) + token[at + rng.randint(0, 1):]
        elif re.match(r"-?\d", token):
            tokens[i] = rng.choice(NUMBERS)
    return "".join(tokens)


def random_calls(ops, rng):
    nodes = [{"name": f"y{i}", "op": rng.choice(ops), "inputs": rng.choices(list(INPUTS), k=rng.choice([1, 1, 2, 2, 3])),
              "attrs": {a: rng.choice(ANY) for a in rng.sample(ATTRIBUTES, rng.randint(0, 3))}} for i in range(40)]
    return json.dumps({"symc": 1, "name": "m", "inputs": INPUTS, "nodes": nodes, "outputs": ["y0"]})


INTEGERS = [0, 1, -1, 2, 3, 5, -9, 2**31, 2**63 - 1, -2**63]
KINDS = {"I64": INTEGERS, "F64": [0, 1, -1, 0.5, 1e300], "Order": [0, 1, -2, 0.5, "inf", "-inf"],
         "Number": [0, 1, 255, -2**63, 2**63 - 1, 2**63, 0.5, -1e300, True, False], "Bool": [True, False],
         "Str": ["ij,jk->ik", "ii", "", "...i->i", "ij->"], "Function": ["one", "two", "pair", "less", "typed", "loop", "none"],
         "DType": ["f32", "f64", "i32", "i64", "u8", "bool"], "ActivationName": ["relu", "gelu"],
         "Padding": ["same", "valid", [[1, 1]], [[0, 2**62], [1, 1]], [[-1, 0], [0, 0]]],
         "Enum": ["mean", "sum", "none", "NHWC", "NCHW", "reflect", "edge", "constant"]}


FUNCTIONS = {"one": {"inputs": ["a"], "outputs": ["a * 2"]}, "two": {"inputs": ["a", "b"], "outputs": ["a + sum(b)"]},
             "pair": {"inputs": ["a", "b"], "outputs": ["a", "b"]}, "less": {"inputs": ["a"], "outputs": ["sum(a) < 3"]},
             "typed": {"inputs": {"a": "f32[batch, 8]"}, "outputs": ["dense(a, units=8)"]},
             "loop": {"inputs": ["a"], "outputs": ["scan(a, a, body='pair', carries=0)"]}}


def fitting_value(kind, rng):
    integers = [rng.choice(INTEGERS[:6] * 4 + INTEGERS) for _ in range(rng.randint(0, 4))]
    if kind in ("Shape", "Sizes"):
        return [rng.choice([i, "batch", -1]) for i in integers]
    if kind == "OpenInts":
        return [rng.choice([i, None]) for i in integers]
    if kind == "OpenBounds":
        return [rng.choice([i, None, "batch"]) for i in integers]
    if kind == "PadWidth":
        return [[i, rng.choice(INTEGERS[:5])] for i in integers]
    if kind in ("Axes", "Ints"):
        return rng.choice([integers, rng.choice(INTEGERS)])
    return rng.choice(KINDS[kind])


def fitting_calls(ops, listed, rng):
    """Calls with as many operands as the op has and attributes of the right kinds."""
    nodes = []
    for i in range(40):
        op = rng.choice(ops)
        attributes = listed[op]["attributes"]
        chosen = rng.sample(list(attributes), rng.randint(0, len(attributes)))
        operands = max(0, listed[op]["operands"] - rng.choice([0, 0, 0, 1, 2]))
        same = [rng.choice(list(INPUTS))] * operands
        nodes.append({"name": f"y{i}", "op": op, "inputs": rng.choice([same, rng.choices(list(INPUTS), k=operands)]),
                      "attrs": {a: fitting_value(attributes[a], rng) for a in chosen}})
    return json.dumps({"symc": 1, "name": "m", "inputs": INPUTS, "functions": FUNCTIONS, "nodes": nodes, "outputs": ["y0"]})


def main():
    rng, count = random.Random(int(sys.argv[1])), int(sys.argv[2])
    graphs = [open(path, encoding="utf-8").read() for path in sys.argv[3:]]
    listed = json.loads(subprocess.run(["symc-import", "--ops"], capture_output=True, text=True, check=True).stdout)
    ops = sorted(listed)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i in range(count):
            paths.append(f"{folder}/{i}.json")
            text = [mutated(rng.choice(graphs), rng), random_calls(ops, rng), fitting_calls(ops, listed, rng)][i % 3]
            with open(paths[-1], "w", encoding="utf-8") as out:
                out.write(text)
        for first in range(0, count, 50):
            batch = paths[first:first + 50]
            r = subprocess.run(["symc-import", "--json", "--quiet", *batch], capture_output=True, text=True, timeout=600)
            if r.returncode not in (0, 1):
                for path in batch:
                    one = subprocess.run(["symc-import", "--json", "--quiet", path], capture_output=True, text=True)
                    if one.returncode not in (0, 1):
                        print("crash:", one.returncode, open(path, encoding="utf-8").read(), one.stderr[-500:])
                wrong += 1
            for line in r.stderr.splitlines():
                row = json.loads(line)
                if row["code"] == "S0001" or "tensor<" in line or "does not take these operands" in line or "sym." in line:
                    print("said:", line)
                    wrong += 1
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
