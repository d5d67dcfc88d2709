# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""resume.py SYMC LIBRARY: kills and interrupts training at random moments."""
import pathlib
import sys

import torn

symc, library = sys.argv[1:]


def command(name):
    return [symc, "train", library, "--data", "d", "--epochs", "12", "--batch-size", "25", "--seed", "1", "--checkpoint",
            name, "--checkpoint-every", "3", "--save", f"{name}.safetensors", "--history", f"{name}.csv",
            "--validation-split", "0.1"]


codes = torn.until_done(command("torn"), torn.timed(command("whole")), seed=5, attempts=60)
if pathlib.Path("whole.safetensors").read_bytes() != pathlib.Path("torn.safetensors").read_bytes():
    sys.exit(f"after {codes} the weights differ")
rows = [[line.rsplit(",", 1)[0] for line in open(f"{name}.csv", encoding="utf-8")] for name in ("whole", "torn")]
if rows[0] != rows[1]:
    sys.exit("the histories differ")
