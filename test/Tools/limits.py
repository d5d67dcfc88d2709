# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""limits.py SYMC GRAPH: numbers at the ends of their ranges, files that a command would write over, and what both forms of
diagnostics must say."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

symc, graph = sys.argv[1:]
TRAIN = ["train", "m.so", "--data", "d.npz"]


def run(*arguments):
    return subprocess.run([symc, *arguments], capture_output=True, text=True, timeout=120, check=False)


def fail(*what):
    sys.exit(" ".join(map(str, what)))


def expect(exit, words, *arguments):
    done = run(*arguments)
    if done.returncode != exit or words not in done.stderr:
        fail(arguments, "exit", done.returncode, done.stderr)
    return done


shutil.copy(graph, "p.json")
expect(0, "", "compile", "p.json", "-o", "m.so")

# A batch larger than the data set is one step of all examples.
for more in ([], ["--validation-split", "0.5"], ["--validation", "d.npz"]):
    wanted = expect(0, "", *TRAIN, *more, "--save", "all", "--batch-size", "500")
    wanted = json.loads(wanted.stdout)
    for size in (501, 2**31, 2**32, 2**62, 2**63 - 500, 2**63 - 100, 2**63 - 1):
        got = json.loads(expect(0, "", *TRAIN, *more, "--save", "w", "--batch-size", str(size)).stdout)
        if got["steps"] != 1 or any(got[k] != wanted[k] for k in wanted if k != "seconds"):
            fail("a batch of", size, more, got, wanted)
        if pathlib.Path("w").read_bytes() != pathlib.Path("all").read_bytes():
            fail("a batch of", size, more, "trains otherwise")
for size in (500, 501, 2**63 - 500, 2**63 - 1):
    one = run("eval", "m.so", "--data", "d.npz", "--params", "all", "--batch-size", str(size))
    if json.loads(one.stdout)["examples"] != 500:
        fail("eval", size, one.stdout, one.stderr)
    expect(0, "", "run", "m.so", "--in", "x=d/x.npy", "--params", "all", "--batch-size", str(size), "--out", "yhat=y.npy")

# Files that are read or written by two options.
os.symlink("d.npz", "link.npz")
os.symlink("p.json", "p.so")
os.symlink("not-there", "dangling")
os.makedirs("sub", exist_ok=True)
os.mkdir("ck")
before = {f: pathlib.Path(f).read_bytes() for f in ("d.npz", "p.json", "m.so", "all", "d/x.npy")}
for arguments in (TRAIN + ["--save", "n", "--history", "n"], TRAIN + ["--save", "n", "--history", "./sub/../n"],
                  TRAIN + ["--save", "dangling", "--history", "not-there"], TRAIN + ["--save", "d.npz"], TRAIN + ["--history", "./d.npz"],
                  TRAIN + ["--save", "link.npz"], TRAIN + ["--save", "m.so"], TRAIN + ["--save", "ck/checkpoint", "--checkpoint", "ck"],
                  ["train", "p.json", "--in", "x=d/x.npy", "--in", "y=d/y.npy", "--save", os.path.abspath("d/x.npy")],
                  TRAIN + ["--validation", "all", "--save", "all"],
                  ["compile", "p.json", "-o", "p.so"], ["compile", "p.json", "--emit", "sym", "-o", "p.json"],
                  ["compile", "p.json", "--emit", "sym", "-o", "sub/../p.json"],
                  ["compile", "p.json", "--params", "all", "--embed-params", "--emit", "sym", "-o", "all"],
                  ["run", "m.so", "--in", "x=d/x.npy", "--out", "yhat=d/x.npy"], ["run", "m.so", "--in", "x=d/x.npy", "--params", "all", "--out", "yhat=all"]):
    expect(2, "error[S1007]", *arguments)
    for file, data in before.items():
        if pathlib.Path(file).read_bytes() != data:
            fail(arguments, "changed", file)
    if os.path.exists("n") or os.path.exists("not-there") or os.listdir("ck"):
        fail(arguments, "wrote")
expect(0, "", *TRAIN, "--params", "all", "--save", "all")
expect(0, "", *TRAIN, "--checkpoint", "ck2")
done = expect(0, "warning[S1007]: --params all has no effect", *TRAIN, "--checkpoint", "ck2", "--resume", "--params", "all", "--epochs", "2")

# A factor that the type of the input cannot hold.
for factor in ("1e-60", "1/1e-60", "1e39", "1e-46", "1e30/1e-30", "-1e-60"):
    expect(2, "is not representable in the input's type, f32[batch, 2]", "eval", "m.so", "--data", "d", "--params", "all", "--scale", f"x={factor}")
expect(0, "", "eval", "m.so", "--data", "d", "--params", "all", "--scale", "x=1e-30")

# Two columns of one name.
pathlib.Path("two.csv").write_text("a,b,a,side\n1,2,3,1\n")
expect(2, "columns 0 and 2 of two.csv are both called 'a'", "eval", "m.so", "--data", "two.csv", "--csv-inputs", "x=a:side,y=side:4", "--params", "all")
expect(0, "", "eval", "m.so", "--data", "two.csv", "--csv-inputs", "x=0:2,y=side:4", "--params", "all")

# Diagnostics name the file that was given, and standard error holds nothing else.
for command in (["run", "p.json", "--in", "x=d/x.npy", "--out", "yhat=y.npy"], ["eval", "p.json", "--data", "d"]):
    expect(0, "p.json: warning[S1113]", *command)
for command in (["compile", "p.json", "-o", "m2.so"], ["run", "p.json", "--in", "x=d/x.npy", "--out", "yhat=y.npy"], ["compile", "p.json", "--emit", "sym"]):
    done = expect(0, "--time-passes", *command, "--diagnostics", "json", "--time-passes")
    for line in done.stderr.splitlines():
        json.loads(line)
for more, words in ((["--save", "w"], "nothing is kept"), (["--checkpoint", "ck3"], "--resume goes on from")):
    process = subprocess.Popen([symc, *TRAIN, *more, "--epochs", "100000000", "--diagnostics", "json", "--history", "h.csv"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while not os.path.exists("h.csv"):
        pass
    process.send_signal(signal.SIGINT)
    said = [json.loads(line) for line in process.communicate(timeout=120)[1].splitlines()]
    if process.returncode != 130 or not any("interrupted after" in d["message"] and words in d["message"] for d in said):
        fail("an interrupt:", process.returncode, said)
    os.unlink("h.csv")

# Words that say nothing, or twice the same.
expect(2, "error[S1007]", "help", "train", "x")
expect(2, "error[S1006]: --functions gives 'predict' twice", "compile", "p.json", "-o", "m3.so", "--functions", "predict,predict")
