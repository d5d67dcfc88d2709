# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""results.py SYMC GRAPH LIBRARY: where results go when standard output is full or closed, into pipes and devices, and
when a command is interrupted. The graph and the library have the input x; data is in the folder d."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

symc, graph, library = sys.argv[1:]
RUN = ["run", library, "--in", "x=d/x.npy"]


def need(condition, what):
    if not condition:
        sys.exit(what)


# A full or closed standard output is exit 3 in both forms, whoever prints: this program or the compiler.
printing = [RUN, ["eval", library, "--data", "d"], ["inspect", library], ["grad", graph, "--of", "J"],
            *(["compile", graph, f"--emit={stage}"] for stage in ("sym", "llvm", "obj"))]
for arguments in printing:
    for redirection in ("> /dev/full", ">&-"):
        for form in ("text", "json"):
            shell = ["sh", "-c", f'"$@" {redirection}', "sh", symc, *arguments, "--diagnostics", form]
            result = subprocess.run(shell, stderr=subprocess.PIPE, text=True, check=False)
            need(result.returncode == 3 and "standard output cannot be written" in result.stderr,
                 f"{arguments} {redirection}: exit {result.returncode}, {result.stderr}")
            if form == "json":
                errors = [d for d in map(json.loads, result.stderr.splitlines()) if d["severity"] == "error"]
                need([d["code"] for d in errors] == ["S1603"], f"{arguments}: {result.stderr}")

# A reader that goes away ends a command without an error, as it ends any other.
for arguments in printing:
    read, write = os.pipe()
    os.close(read)
    result = subprocess.run([symc, *arguments], stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    need(result.returncode in (-signal.SIGPIPE, 128 + signal.SIGPIPE) and "error[" not in result.stderr,
         f"{arguments} into a closed pipe: exit {result.returncode}, {result.stderr}")

# A pipe stays one.
subprocess.run([symc, *RUN, "--out", "yhat=file.npy"], check=True)
subprocess.run([symc, "compile", graph, "--emit=sym", "-o", "file.mlir"], check=True)
subprocess.run([symc, "train", library, "--data", "d", "--save", "file.safetensors"], check=True, capture_output=True)
for arguments, whole in ((RUN + ["--out", "yhat=pipe"], "file.npy"), (["compile", graph, "--emit=sym", "-o", "pipe"], "file.mlir"),
                         (["train", library, "--data", "d", "--save", "pipe"], "file.safetensors")):
    os.mkfifo("pipe")
    with subprocess.Popen([symc, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        got = pathlib.Path("pipe").read_bytes()
    need(process.returncode == 0 and got == pathlib.Path(whole).read_bytes(), f"{arguments}: exit {process.returncode}")
    need(pathlib.Path("pipe").is_fifo(), f"{arguments} replaced the pipe")
    os.unlink("pipe")

# Interrupted at any moment, a command leaves nothing, neither beside its result nor among the temporary files.
os.mkdir("tmp")
os.mkdir("out")
environment = {**os.environ, "TMPDIR": os.path.abspath("tmp")}
start = time.time()
subprocess.run([symc, "compile", graph, "-o", "out/libm.so"], check=True)
whole = time.time() - start
for name in os.listdir("out"):
    os.unlink(f"out/{name}")
for arguments in (["compile", graph, "-o", "out/libm.so"], ["train", graph, "--data", "d"], ["eval", graph, "--data", "d"]):
    for i in range(8):
        for wanted in (signal.SIGINT, signal.SIGTERM):
            with subprocess.Popen([symc, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                  env=environment) as process:
                time.sleep(whole * i / 8)
                process.send_signal(wanted)
                said = process.communicate()[1]
            need(process.returncode in (0, -wanted, 128 + wanted), f"{arguments}: exit {process.returncode}, {said}")
            left = [n for n in os.listdir("out") if n not in ("libm.so", f"{pathlib.Path(graph).stem}.h")] + os.listdir("tmp")
            need(not left, f"{arguments} left {left}")
