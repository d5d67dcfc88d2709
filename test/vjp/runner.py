# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Graphs of many samples, compiled, run, and compared."""
import json
import os
import pathlib
import subprocess
import sys
import traceback

import numpy as np

from .sample import array

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "python"))
SYMC = os.environ.get("SYMC", str(ROOT / "build" / "release" / "bin" / "symc"))
# Codes of diagnostics that say that this version does not have something.
ABSENT = ("S0501", "S0902", "S0906")


def write_graph(samples, path):
    """One node a line, so that a diagnostic's line tells its sample. Returns line → sample."""
    lines, owner = [], {}

    def section(key, opening, closing, entries):
        lines.append(f'"{key}": {opening}')
        for i, (sample, text) in enumerate(entries):
            lines.append(text + ("," if i + 1 < len(entries) else ""))
            owner[len(lines)] = sample
        lines.append(closing + ",")
    pairs = lambda s, d: [(s, f"{json.dumps(k)}: {json.dumps(v)}") for k, v in d.items()]
    lines.append('{ "symc": 1, "name": "reference",')
    section("inputs", "{", "}", [(None, '"scale": "f64[]"')])
    section("parameters", "{", "}", [(None, '"anchor": "f64[]"')] +
            [p for s in samples for p in pairs(s, {k: v[0] for k, v in s.parameters.items()})])
    section("constants", "{", "}", [p for s in samples for p in pairs(s, s.constants)])
    nodes = [(s, json.dumps(n)) for s in samples for n in s.nodes]
    # `anchor` is there for samples without elements, whose loss depends on nothing.
    total = " + ".join(["anchor", *(t for s in samples for t in s.terms)])
    nodes.append((None, json.dumps({"name": "J", "expr": f"scale * ({total})"})))
    section("nodes", "[", "]", nodes)
    section("outputs", "{", "}", [p for s in samples for p in pairs(s, s.outputs)] + [(None, '"scaled": "scale * 1"')])
    lines.append('"train": { "loss": "J", "optimizer": { "sgd": { "learning_rate": 0.0 } } } }')
    path.write_text("\n".join(lines) + "\n")
    return owner


def close(got, want):
    """To 1e-6, relative to the largest element: the references have nine digits."""
    got, want = np.asarray(got, np.float64), np.asarray(want, np.float64)
    if got.shape != want.shape:
        return f"shape {got.shape}, not {want.shape}"
    if not want.size:
        return None
    finite = np.isfinite(want)
    if not np.array_equal(got[~finite], want[~finite], equal_nan=True) or not np.isfinite(got[finite]).all():
        return "NaN or infinity at other places"
    scale = max(1.0, np.abs(want[finite]).max(initial=0))
    worst = np.abs(got[finite] - want[finite]).max(initial=0)
    return None if worst <= 1e-6 * scale else f"off by {worst:.3g} where the largest is {scale:.3g}"


def compare(sample, outputs, gradients):
    record = sample.record
    recorded = [array(t) for t in (*record["out"], *record["grads"]) if t is not None]
    if any(t.size for t in recorded) and not any(np.isfinite(t).any() for t in recorded):
        return "nothing finite is recorded"
    for k, want in enumerate([] if sample.training_only else filter(None, record["out"])):
        why = close(outputs[f"o{sample.number}_{k}"], array(want))
        if why:
            return f"output {k}: {why}"
    if len(sample.wrt) != len(record["grads"]):
        return f"{len(sample.wrt)} differentiated operands, {len(record['grads'])} recorded"
    for k, (name, want) in enumerate(zip(sample.wrt, record["grads"])):
        if name is None:
            continue
        shape = sample.parameters[name][1].shape
        why = close(gradients[name], array(want) if want is not None else np.zeros(shape))
        if why:
            return f"gradient {k}: {why}"
    return None


LACKING = 3  # symc's exit code for an environment that lacks something: no sample's fault


class Lacking(Exception):
    """The compiler cannot run at all."""


def diagnostics(path):
    r = subprocess.run([SYMC, "check", "--diagnostics", "json", str(path)], capture_output=True, text=True, timeout=300)
    if r.returncode == LACKING:
        raise Lacking(r.stderr.strip())
    found = []
    for line in r.stderr.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            if r.returncode not in (0, 1):
                found.append({"severity": "error", "code": "crash", "line": 0, "message": line})
    return r.returncode, [d for d in found if d["severity"] == "error"]


def run(samples, folder, label):
    """Results of the samples by number: None passed, ("skip" or "fail", why)."""
    import symc
    results = {}
    path = folder / f"{label}.json"
    while samples:
        owner = write_graph(samples, path)
        code, errors = diagnostics(path)
        bad = {}
        for d in errors:
            sample = owner.get(d["line"])
            if sample:
                bad.setdefault(sample.number, ("skip" if d["code"] in ABSENT else "fail", f"{d['code']}: {d['message']}"))
        if code == 0 and not errors:
            break
        if not bad:
            return halves(samples, folder, label, results, errors[0]["message"] if errors else f"check exits {code}")
        results.update(bad)
        samples = [s for s in samples if s.number not in bad]
    if not samples:
        return results
    library = folder / f"lib{label}.so"
    r = subprocess.run([SYMC, "compile", str(path), "-o", str(library), "--functions", "predict,gradients"],
                       capture_output=True, text=True, timeout=900)
    if r.returncode == LACKING:
        raise Lacking(r.stderr.strip())
    if r.returncode:
        return halves(samples, folder, label, results, f"compile exits {r.returncode}: {r.stderr.strip()[-300:]}")
    try:
        model = symc.Model(str(library), threads=1)
        for s in samples:
            for name, (_, data) in s.parameters.items():
                model.parameters[name] = data
        outputs = named(model.predict(scale=np.float64(1)))
        gradients = named(model.gradients(scale=np.float64(1)))
    except Exception as e:
        return halves(samples, folder, label, results, f"{type(e).__name__}: {e}")
    for s in samples:
        why = compare(s, outputs, gradients)
        results[s.number] = ("fail", why) if why else None
    return results


def named(result):
    return result if isinstance(result, dict) else result._asdict()


def halves(samples, folder, label, results, why):
    """Narrows a failure that names no sample down to the one."""
    if len(samples) == 1:
        results[samples[0].number] = ("fail", why)
        return results
    middle = len(samples) // 2
    for part, tag in ((samples[:middle], "a"), (samples[middle:], "b")):
        results.update(isolated(part, folder, label + tag))
    return results


def start(samples, folder, label):
    """`run` in a process of its own, which a wrong model may end. This process has one thread: a fork beside others
    would copy their locks as they are."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            (folder / f"{label}.results").write_text(json.dumps(run(samples, folder, label)))
            code = 0
        except Lacking as e:
            print(e, file=sys.stderr)
            code = LACKING
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(code)
    return pid


def collect(status, samples, folder, label):
    """The results of a process that `start` made."""
    if status == 0:
        return {int(k): v for k, v in json.loads((folder / f"{label}.results").read_text()).items()}
    if os.waitstatus_to_exitcode(status) == LACKING:
        raise Lacking("the compiler cannot run")
    return halves(samples, folder, label, {}, f"the process ended with status {status}")


def isolated(samples, folder, label):
    return collect(os.waitpid(start(samples, folder, label), 0)[1], samples, folder, label)


def isolated_all(batches, folder, jobs):
    """All batches, `jobs` at a time."""
    results, running, waiting = {}, {}, list(enumerate(batches))
    while running or waiting:
        while waiting and len(running) < jobs:
            number, batch = waiting.pop(0)
            running[start(batch, folder, f"b{number}")] = (batch, folder, f"b{number}")
        pid, status = os.wait()
        results.update(collect(status, *running.pop(pid)))
    return results
