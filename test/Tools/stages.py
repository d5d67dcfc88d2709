# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""stages.py SYMC GRAPH: --emit has the stages that its help names, each prints something of its own, and those of other
targets are refused as such."""
import subprocess
import sys

symc, graph = sys.argv[1:]


def run(*arguments):
    return subprocess.run([symc, *arguments], capture_output=True, check=False)


help_text = run("help", "compile").stderr.decode()
table = help_text.split("\nstages:\n")[1].split("\n\n")[0].splitlines()
names = [line.split()[0] for line in table]
option = next(line for line in help_text.splitlines() if line.startswith("  --emit "))
if option.split(": ")[1].split() != names or len(names) != len(set(names)):
    sys.exit(f"help names stages twice: {option} and {names}")
printed = {}
for line, name in zip(table, names):
    done = run("compile", graph, "--emit", name)
    if "not in this version" in line:
        if done.returncode != 2 or b"is of targets that this version does not have" not in done.stderr:
            sys.exit(f"{name}: exit {done.returncode}, {done.stderr.decode()}")
        continue
    if done.returncode or done.stderr or not done.stdout:
        sys.exit(f"{name}: exit {done.returncode}, {done.stderr.decode()}")
    printed[name] = done.stdout
if len(set(printed.values())) != len(printed) or len(printed) < 8:
    sys.exit(f"stages that print the same: {sorted(printed)}")
wrong = run("compile", graph, "--emit", names[0] + "x")
if wrong.returncode != 2 or f"--emit is one of: {' '.join(names)}; not" not in wrong.stderr.decode():
    sys.exit(f"a stage that is none: exit {wrong.returncode}, {wrong.stderr.decode()}")
