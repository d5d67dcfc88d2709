# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""disk_full.py SYMC LIBRARY: nothing can be written; every command says so with exit 3 and leaves no file behind."""
import os
import resource
import subprocess
import sys

symc, library = sys.argv[1:]
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
