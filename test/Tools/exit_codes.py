# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Exit codes: 0 done, 1 wrong input, 2 wrong usage."""
import subprocess
import sys

CASES = [([], 0), (["--help"], 0), (["help", "run"], 0), (["--version"], 0),
         (["nothing"], 2), (["export", "m.json"], 2), (["--wrong"], 2), (["help", "nothing"], 2), (["run"], 2),
         (["run", "m.so", "--seed", "x"], 2), (["inspect", "nothing.so"], 1), (["run", "nothing.so"], 1),
         (["run", "/dev/null"], 1), (["inspect", sys.executable], 1)]
for arguments, expected in CASES:
    got = subprocess.run([sys.argv[1], *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    if got != expected:
        sys.exit(f"symc {' '.join(arguments)} exits {got}, not {expected}")
