# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""resume.py SYMC LIBRARY: kills and interrupts training at random moments."""
import pathlib
import random
import signal
import subprocess
import sys
import time

symc, library = sys.argv[1:]


def command(name):
    return [symc, "train", library, "--data", "d", "--epochs", "12", "--batch-size", "25", "--seed", "1", "--checkpoint",
            name, "--checkpoint-every", "3", "--save", f"{name}.safetensors", "--history", f"{name}.csv",
            "--validation-split", "0.1"]


start = time.time()
subprocess.run(command("whole"), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
whole, rng, codes = time.time() - start, random.Random(5), []
for attempt in range(60):
    process = subprocess.Popen(command("torn") + (["--resume"] if attempt else []), stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    try:
        said = process.communicate(timeout=whole * rng.uniform(0.05, 0.5))[1]
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT if attempt % 2 else signal.SIGKILL)
        said = process.communicate()[1]
    codes.append(process.returncode)
    if process.returncode == 0:
        break
    # An interrupt before the loop begins ends the process like any other.
    if process.returncode not in (-signal.SIGKILL, -signal.SIGINT, 130):
        sys.exit(f"exit {process.returncode}: {said}")
if codes[-1] != 0:
    sys.exit(f"no run ended: {codes}")
if pathlib.Path("whole.safetensors").read_bytes() != pathlib.Path("torn.safetensors").read_bytes():
    sys.exit(f"after {codes} the weights differ")
rows = [[line.rsplit(",", 1)[0] for line in open(f"{name}.csv", encoding="utf-8")] for name in ("whole", "torn")]
if rows[0] != rows[1]:
    sys.exit("the histories differ")
