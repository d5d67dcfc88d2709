# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Exit codes: 0 done, 1 wrong input, 2 wrong usage."""
import subprocess
import sys

CASES = [([], 0), (["--help"], 0), (["help", "run"], 0), (["--version"], 0),
         (["nothing"], 2), (["export", "m.json"], 2), (["--wrong"], 2), (["help", "nothing"], 2), (["run"], 2),
         (["run", "m.so", "--seed", "x"], 2), (["inspect", "nothing.so"], 1), (["run", "nothing.so"], 1),
         (["run", "/dev/null"], 1), (["inspect", sys.executable], 1),
         # `bisect` finds something with 1, so that a wrong input is 2 as well.
         (["bisect", "nothing.json"], 2), (["bisect", "/dev/null"], 2), (["bisect", sys.executable], 2)]
if len(sys.argv) > 2:  # with a graph
    graph = sys.argv[2]
    CASES = [(["check", graph], 0), (["grad", graph, "--of", "J", "--wrt", "nothing"], 2), (["grad", graph, "--of", "nothing"], 2),
             (["compile", graph, "-o", "m.so", "--dim", "nothing=3"], 2), (["compile", graph, "-o", "m.so", "--dim", "batch=0"], 2),
             (["compile", graph, "-o", "m.so", "--functions", "nothing"], 2), (["compile", graph, "-o", "nowhere/m.so"], 1),
             (["bench", graph, "--function", "nothing", "--dim", "batch=3"], 2), (["compile", graph, "-o", "m.so", "--cpu", "x"], 2)]
for arguments, expected in CASES:
    got = subprocess.run([sys.argv[1], *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    if got != expected:
        sys.exit(f"symc {' '.join(arguments)} exits {got}, not {expected}")
