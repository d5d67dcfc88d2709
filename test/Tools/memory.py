# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""memory.py SYMC: where addresses are limited, as by `ulimit -v`, the compiler compiles or says that there is not enough
memory, with exit 3; and what it does with few it does with more."""
import json
import resource
import subprocess
import sys

symc = sys.argv[1]
COUNT, MB = 300, 1 << 20
NODES = [{"name": f"n{i}", "expr": f"tanh(x*{i})"} for i in range(COUNT)]
NODES.append({"name": "y", "expr": "+".join(f"n{i}" for i in range(COUNT))})
with open("wide.json", "w", encoding="utf-8") as file:
    json.dump({"symc": 1, "name": "wide", "inputs": {"x": "f32[batch, 2]"}, "nodes": NODES, "outputs": ["y"]}, file)
with open("small.json", "w", encoding="utf-8") as file:
    json.dump({"symc": 1, "name": "small", "inputs": {"x": "f32[2]"}, "outputs": {"y": "tanh(x)"}}, file)


def run(limit, *arguments):
    """Whether there is enough memory; what is said otherwise."""
    done = subprocess.run([symc, *arguments], capture_output=True, text=True, check=False,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit * MB, limit * MB)))
    if done.returncode != 0 and (done.returncode != 3 or "error[S1602]: " not in done.stderr):
        sys.exit(f"{arguments} in {limit} MB: exit {done.returncode}, said: {done.stderr}")
    return done.returncode == 0, done.stderr


enough = {limit: run(limit, "check", "small.json")[0] for limit in range(200, 2100, 100)}
least = min(limit for limit in enough if enough[limit])
if not all(enough[limit] for limit in enough if limit >= least) or least == 200:
    sys.exit(f"what it does with few it does not with more: {enough}")
while run(least - 10, "check", "small.json")[0]:
    least -= 10
said = [run(limit, "compile", "wide.json", "-o", "wide.so")[1] for limit in range(least, least + 50, 5)]
if not any("wide.json: error[S1602]: there is not enough memory to compile it" in text for text in said):
    sys.exit(f"nothing was short of memory from {least} MB on: {said}")
print(f"compiles from {least} MB on")
