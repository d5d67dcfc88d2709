# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""files.py SYMC LIBRARY GRAPH: every file that a command writes takes over mode and links of the one that was there, and
leaves its neighbours alone; what is no file is an error, never a wait."""
import os
import pathlib
import socket
import stat
import subprocess
import sys

symc, library, graph = sys.argv[1:]
TRAIN = ["train", library, "--data", "d", "--epochs", "1"]
WRITERS = {"w.safetensors": TRAIN + ["--save", "OUT"], "h.csv": TRAIN + ["--save", "kept", "--history", "OUT"],
           "y.npy": ["run", library, "--in", "x=d/x.npy", "--out", "yhat=OUT"], "m.so": ["compile", graph, "-o", "OUT"],
           "m.o": ["compile", graph, "-o", "OUT"], "m.a": ["compile", graph, "-o", "OUT"],
           "m.ll": ["compile", graph, "--emit", "llvm", "-o", "OUT"], "m.mlir": ["compile", graph, "--emit=sym", "-o", "OUT"]}


def run(arguments, **options):
    return subprocess.run([symc, *arguments], capture_output=True, text=True, errors="replace", timeout=120, check=False, **options)


def fail(*what):
    sys.exit(" ".join(map(str, what)))


pathlib.Path("out/real").mkdir(parents=True)
for name, command in WRITERS.items():
    real, link = pathlib.Path("out/real", name), pathlib.Path("out", name)
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(f"real/{name}")
    pathlib.Path(f"{link}.tmp").write_text("mine")
    pathlib.Path(f"{real}.tmp").write_text("mine")
    pathlib.Path("out/perceptron.h").unlink(missing_ok=True)
    done = run([a.replace("OUT", str(link)) for a in command])
    if done.returncode:
        fail(command, done.returncode, done.stderr)
    if stat.S_IMODE(real.stat().st_mode) != 0o640 or not link.is_symlink() or real.read_bytes() == b"old":
        fail(command, oct(real.stat().st_mode), link.is_symlink())
    for other in (link, real):
        if pathlib.Path(f"{other}.tmp").read_text() != "mine":
            fail(command, "changed", other)
    fresh = pathlib.Path("out/fresh-" + name)
    os.umask(0o027)
    done = run([a.replace("OUT", str(fresh)) for a in command])
    os.umask(0o022)
    if done.returncode or stat.S_IMODE(fresh.stat().st_mode) & ~0o110 != 0o640:
        fail(command, done.returncode, oct(fresh.stat().st_mode))
    fresh.unlink()
    nobody = socket.socket(socket.AF_UNIX)  # a pipe would be waited for: see results.py
    nobody.bind(str(fresh))
    folder = pathlib.Path("folder-" + name)
    folder.mkdir()
    for odd in (fresh, folder, "no/such/" + name):
        done = run([a.replace("OUT", str(odd)) for a in command])
        if done.returncode != 1 or "cannot " not in done.stderr:
            fail(command, odd, done.returncode, done.stderr)
    if not stat.S_ISSOCK(fresh.stat().st_mode):
        fail(command, "replaced the socket")
    nobody.close()
    folder.rmdir()
    fresh.unlink()
    wanted = {name, f"{name}.tmp"}
    for folder in ("out", "out/real"):
        left = set(os.listdir(folder)) - {"real", "perceptron.h"} - {f"{n}{e}" for n in WRITERS for e in ("", ".tmp")}
        if left:
            fail(command, "left", left)

pathlib.Path("checkpoints").mkdir()
if run(TRAIN + ["--checkpoint", "checkpoints"]).returncode or os.listdir("checkpoints") != ["checkpoint"]:
    fail("checkpoints:", os.listdir("checkpoints"))
os.chmod("checkpoints/checkpoint", 0o600)
state = pathlib.Path("checkpoints/checkpoint").read_bytes()
if run(TRAIN[:-1] + ["2", "--checkpoint", "checkpoints", "--resume"]).returncode:
    fail("the run was not resumed")
if stat.S_IMODE(os.stat("checkpoints/checkpoint").st_mode) != 0o600 or os.listdir("checkpoints") != ["checkpoint"]:
    fail("checkpoints:", os.listdir("checkpoints"), oct(os.stat("checkpoints/checkpoint").st_mode))
damaged = bytearray(state)
damaged[-5] ^= 4
pathlib.Path("checkpoints/checkpoint").write_bytes(damaged)
done = run(TRAIN + ["--checkpoint", "checkpoints", "--resume"])
if done.returncode != 1 or "does not match its checksum" not in done.stderr:
    fail("a damaged checkpoint:", done.returncode, done.stderr)

# What is no file is an error where one is read, too.
os.mkfifo("fifo")
os.mkfifo("fifo.so")
for command in (["run", library, "--params", "fifo", "--in", "x=d/x.npy"], ["run", library, "--in", "x=fifo"],
                ["eval", library, "--data", "fifo"], ["train", library, "--data", "fifo"], ["check", "fifo"], ["inspect", "fifo.so"],
                ["compile", graph, "--params", "fifo", "--embed-params", "-o", "embedded.so"]):
    done = run(command)
    if done.returncode != 1 or "regular file" not in done.stderr:
        fail(command, done.returncode, done.stderr)

# A pipe with a reader is written to, and standard output by its name.
done = run(["run", library, "--in", "x=d/x.npy", "--out", "yhat=/dev/stdout"])
if done.returncode or "NUMPY" not in done.stdout:
    fail("/dev/stdout:", done.returncode, done.stderr)
with open("stdout.npy", "wb") as out:
    subprocess.run([symc, "run", library, "--in", "x=d/x.npy", "--out", "yhat=/dev/stdout"], stdout=out, check=True)
if pathlib.Path("stdout.npy").read_bytes()[1:6] != b"NUMPY":
    fail("/dev/stdout, a file")
