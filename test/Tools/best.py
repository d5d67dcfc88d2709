# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""best.py SYMC LIBRARY: --patience and --save-best, held against the history that --history tells; whatever kills or
interrupts a run, the one that goes on ends at the same epoch with the same files. The data is in the folder d."""
import csv
import pathlib
import subprocess
import sys

import torn

symc, library = sys.argv[1:]
BASE = [symc, "train", library, "--data", "d", "--validation", "v", "--batch-size", "25", "--seed", "1"]


def need(condition, what):
    if not condition:
        sys.exit(what)


def command(name, *more, epochs=60):
    return [*BASE, "--epochs", str(epochs), "--save", f"{name}.last", "--save-best", f"{name}.best", "--history", f"{name}.csv",
            *more]


def rows(name):
    with open(f"{name}.csv", encoding="utf-8") as file:
        return [{key: float(value) for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


def data(name):
    return pathlib.Path(name).read_bytes()


def run(arguments):
    return subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True).stderr


# Which epoch is the best, when the run stops, and that the file is of that epoch.
for monitor, better in (("val_loss", min), ("val_accuracy", max), ("accuracy:min", min), ("loss", min), ("val_loss:max", max)):
    column = monitor.split(":")[0]
    said = run(command("stop", "--patience", "4", "--monitor", monitor))
    values = [row[column] for row in rows("stop")]
    best = values.index(better(values))
    need(len(values) == best + 5 or len(values) == 60, f"{monitor}: {len(values)} epochs, the best is {best + 1}")
    stopped = f"remark[S1510]: stopped after epoch {len(values)}: the best {column} is"
    need((stopped in said and f", of epoch {best + 1}\n" in said) == (len(values) < 60), f"{monitor}: {said}")
    run(command("short", epochs=best + 1))
    need(data("short.last") == data("stop.best"), f"{monitor}: the best parameters are not those of epoch {best + 1}")
    # Without --patience the same file, and all epochs.
    run(command("long", "--monitor", monitor, epochs=len(values)))
    need(data("long.best") == data("stop.best") and data("long.last") == data("stop.last"), f"{monitor}: --patience changes more")
    if monitor == "val_loss":
        need(4 < len(values) < 60, f"the data do not make a run stop: {len(values)} epochs")


def lose_best(attempt):
    """The checkpoint has it, too."""
    if attempt % 3 == 0:
        pathlib.Path("torn.best").unlink(missing_ok=True)


# Whatever ends a run, the next one goes on to the same end.
for every in ([], ["--checkpoint-every", "7"]):
    whole = torn.timed(command("whole", "--patience", "4", "--checkpoint", f"whole{len(every)}", *every))
    restless = command("torn", "--patience", "4", "--checkpoint", f"torn{len(every)}", *every)
    codes = torn.until_done(restless, whole, seed=7 + len(every), attempts=80, between=lose_best)
    for ending in ("last", "best"):
        need(data(f"whole.{ending}") == data(f"torn.{ending}"), f"after {codes} {ending} differs")
    need(rows("whole") == rows("torn"), "the histories differ")
    kept = sorted(path.name for path in pathlib.Path(f"torn{len(every)}").iterdir())
    need(len(kept) == 2 and kept[0] == "checkpoint" and kept[1].startswith("checkpoint.best-"), f"the checkpoint holds {kept}")
    for path in ("torn.best", "torn.last"):
        pathlib.Path(path).unlink()
    # Resumed after its end it saves again; with more patience it goes on.
    said = run([*restless, "--resume"])
    need("was finished after" in said and data("whole.best") == data("torn.best"), f"saved again: {said}")

# A damaged copy is refused, and the file that is good stays as it is.
COPY = next(pathlib.Path("torn0").glob("checkpoint.best-*"))
GOOD = COPY.read_bytes()
pathlib.Path("torn.best").write_bytes(GOOD)
for damaged in (b"", GOOD[:-1], GOOD + b"\0", GOOD[:-3] + bytes([GOOD[-3] ^ 4]) + GOOD[-2:], b"junk" * 20, data("short.last")):
    COPY.write_bytes(damaged)
    done = subprocess.run([*command("torn", "--patience", "4", "--checkpoint", "torn0"), "--resume"], capture_output=True, text=True)
    need(done.returncode == 1 and f"{COPY}: error[S1511]: is not what the run wrote" in done.stderr, f"{damaged[:20]}: {done.stderr}")
    need(data("torn.best") == GOOD, f"{damaged[:20]} replaced the good file")
