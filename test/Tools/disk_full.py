# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""disk_full.py SYMC LIBRARY GRAPH: nothing can be written; every command says so with exit 3 and leaves no file behind."""
import os
import pathlib
import resource
import struct
import subprocess
import sys

symc, library, graph = sys.argv[1:]
os.makedirs("full", exist_ok=True)
TRAIN = ["train", library, "--data", "d"]
for arguments in (TRAIN + ["--checkpoint", "full"], TRAIN + ["--save", "full/w.safetensors"],
                  TRAIN + ["--history", "full/h.csv"], ["run", library, "--in", "x=d/x.npy", "--out", "yhat=full/y.npy"]):
    run = subprocess.run([symc, *arguments], capture_output=True, text=True,
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)))
    if run.returncode != 3 or "File too large" not in run.stderr or os.listdir("full"):
        sys.exit(f"{arguments}: exit {run.returncode}, {os.listdir('full')} left, said: {run.stderr}")
with open("/dev/full", "w") as full:
    run = subprocess.run([symc, "inspect", library], stdout=full, stderr=subprocess.PIPE, text=True)
if run.returncode != 3 or "standard output cannot be written" not in run.stderr:
    sys.exit(f"a full standard output: exit {run.returncode}, said: {run.stderr}")

# A log ends with a whole record, wherever the room ends, and training goes on.
def whole_records(file):
    left = file.read_bytes()
    while left:
        size = struct.unpack_from("<Q", left)[0] + 16 if len(left) >= 8 else 8
        if len(left) < size:
            return False
        left = left[size:]
    return True


for limit in (1000, 1100, 1200, 3000):
    run = subprocess.run([symc, *TRAIN, "--epochs", "20", "--logdir", f"log{limit}"], capture_output=True, text=True,
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    logs = list(pathlib.Path(f"log{limit}").rglob("events.*"))
    if run.returncode or "the log ends here, training goes on" not in run.stderr or len(logs) != 1 or not whole_records(logs[0]) \
            or not limit - 1000 < logs[0].stat().st_size <= limit:
        sys.exit(f"a log of {limit} bytes: exit {run.returncode}, {[l.stat().st_size for l in logs]}, said: {run.stderr}")

# A library, at whichever byte the room ends: in the library itself or in its header.
for ending in ("so", "o", "a"):
    out = f"full/m.{ending}"
    made = subprocess.run([symc, "compile", graph, "-o", out], capture_output=True, text=True)
    size = os.path.getsize(out)
    for name in os.listdir("full"):
        os.unlink(f"full/{name}")
    for limit in (0, 1, 4096, size // 2, size - 1):
        run = subprocess.run([symc, "compile", graph, "-o", out], capture_output=True, text=True,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        if run.returncode != 3 or not run.stderr.startswith(f"{out}: error[S1603]: ") or "File too large" not in run.stderr or os.listdir("full"):
            sys.exit(f"{limit} bytes for {out}: exit {run.returncode}, {os.listdir('full')} left, said: {run.stderr}")
if made.returncode:
    sys.exit(made.stderr)


# The same on a disk of a few pages, which a mapped file would meet as a signal; where the system lets us have one.
DISK = "mount -t tmpfs -o size=32k none full || exit 77; \"$@\"; code=$?; test -z \"$(ls -A full)\" || exit 1; exit $code"
for ending in ("so", "o", "a"):
    run = subprocess.run(["unshare", "-m", "sh", "-c", DISK, "sh", symc, "compile", graph, "-o", f"full/m.{ending}"],
                         capture_output=True, text=True)
    if "unshare:" not in run.stderr and run.returncode != 77 and (run.returncode != 3 or f"full/m.{ending}: error[S1603]" not in run.stderr):
        sys.exit(f"a disk of 32 KiB, .{ending}: exit {run.returncode}, said: {run.stderr}")

# Where nothing can be executed, a graph cannot be compiled for one command.
NOEXEC = "mount -t tmpfs -o noexec none full || exit 77; TMPDIR=full; export TMPDIR; \"$@\"; code=$?; test -z \"$(ls -A full)\" || exit 1; exit $code"
run = subprocess.run(["unshare", "-m", "sh", "-c", NOEXEC, "sh", symc, "eval", graph, "--data", "d"], capture_output=True, text=True)
if "unshare:" not in run.stderr and run.returncode != 77 and (
        run.returncode != 3 or "error[S1303]: no library can be loaded" not in run.stderr or "hint: TMPDIR names" not in run.stderr):
    sys.exit(f"a TMPDIR that is mounted noexec: exit {run.returncode}, said: {run.stderr}")

# A process that may open few files: whatever it lacks them for, this is no mistake in a file.
COMMANDS = (["compile", graph, "-o", "full/m.so"], ["eval", library, "--data", "d"], ["eval", library, "--data", "d.npz"],
            TRAIN + ["--save", "full/w"], ["eval", library, "--data", "d", "--params", "w"])
subprocess.run([symc, *TRAIN, "--save", "w"], check=True, capture_output=True)
for command in COMMANDS:
    for limit in range(3, 16):
        run = subprocess.run([symc, *command], capture_output=True, text=True,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
        if "while loading shared libraries" in run.stderr:
            continue  # not even the program
        if run.returncode not in (0, 3) or (run.returncode == 3 and "Too many open files" not in run.stderr):
            sys.exit(f"{command}, {limit} open files: exit {run.returncode}, said: {run.stderr}")
