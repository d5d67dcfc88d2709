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
signal.signal(signal.SIGINT, signal.SIG_DFL)  # shells start what runs in the background without it
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



def launch(arguments):
    return subprocess.Popen([symc, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def read_pipe(process):
    """What comes through the pipe; nothing when the process ends without opening it. An open() here would hang then."""
    with open(os.open("pipe", os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as pipe:
        got = b""
        while True:
            ended = process.poll() is not None
            part = pipe.read(1 << 16)  # None: a writer is there; nothing: none yet, or none any more
            if not part and ended:
                return got
            got += part or b""
            if not part:
                time.sleep(0.01)


# A pipe stays one, and is waited for until somebody reads it.
subprocess.run([symc, *RUN, "--out", "yhat=file.npy"], check=True)
subprocess.run([symc, "compile", graph, "--emit=sym", "-o", "file.mlir"], check=True)
subprocess.run([symc, "train", library, "--data", "d", "--save", "file.safetensors"], check=True, capture_output=True)
for arguments, whole in ((RUN + ["--out", "yhat=pipe"], "file.npy"), (["compile", graph, "--emit=sym", "-o", "pipe"], "file.mlir"),
                         (["train", library, "--data", "d", "--save", "pipe"], "file.safetensors"),
                         (["train", library, "--data", "d", "--epochs", "2", "--save", "x.safetensors", "--history", "pipe"], None)):
    for reader_comes_late in (False, True):
        os.mkfifo("pipe")
        process = launch(arguments)
        if reader_comes_late:
            time.sleep(1)
            need(process.poll() is None, f"{arguments}: did not wait for a reader: {process.returncode}")
        got = read_pipe(process)
        said = process.communicate()[1]
        wanted = pathlib.Path(whole).read_bytes() if whole else got
        need(process.returncode == 0 and got == wanted and got, f"{arguments}: exit {process.returncode}, {said}")
        need(whole or got.count(b"\n") == 3, f"{arguments}: {got}")  # a head and two epochs
        need(pathlib.Path("pipe").is_fifo(), f"{arguments} replaced the pipe")
        os.unlink("pipe")

    # What waits for a reader can be interrupted, and leaves the pipe as it was.
    for wanted in (signal.SIGINT, signal.SIGTERM):
        os.mkfifo("pipe")
        process = launch(arguments)
        time.sleep(1)
        process.send_signal(wanted)
        said = process.communicate(timeout=60)[1]
        need(process.returncode in (-wanted, 128 + wanted), f"{arguments}: exit {process.returncode}, {said}")
        need(pathlib.Path("pipe").is_fifo() and not list(pathlib.Path().glob(".pipe*")), f"{arguments}: the pipe is gone")
        os.unlink("pipe")

# A pipe without a name gets no other reader: nothing is waited for.
shell = ["sh", "-c", '{ sleep 1; "$@" 2> said; echo $? > code; } | true', "sh", symc, *RUN, "--out", "yhat=/dev/stdout"]
subprocess.run(shell, timeout=60, check=False)
need(pathlib.Path("code").read_text() == "1\n" and "cannot be written" in pathlib.Path("said").read_text(),
     f"into a closed pipe by name: exit {pathlib.Path('code').read_text()}, {pathlib.Path('said').read_text()}")

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
