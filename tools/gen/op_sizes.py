# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Which sizes of an op's example may be symbolic: `symc check` says so."""
import json
import pathlib
import re
import subprocess
import tempfile

from op_sheet import Sheet


def renamed(op, values):
    """The inputs of the example with these sizes as symbolic dimensions of the op's own, equal ones of one name."""
    def name(match):
        return f"{op.name}_{match.group()}" if int(match.group()) in values else match.group()
    element = lambda text: text[:text.index("[")]
    sizes = lambda text: re.sub(r"\b\d+\b", name, text[text.index("["):]).replace("batch", f"{op.name}_batch")
    return {n: element(t) + sizes(t) for n, t in op.example()["inputs"].items()}


def errors_of(sheet, symc):
    """The entries that are errors."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "sheet.json"
        owners = sheet.write(path)
        found = subprocess.run([symc, "check", "--diagnostics", "json", str(path)], capture_output=True, text=True, check=False)
    errors = [d for d in map(json.loads, found.stderr.splitlines()) if d["severity"] == "error"]
    numbers = {owners[d["line"]] for d in errors if d["line"] in owners}
    if errors and not numbers:
        raise SystemExit(f"op_sizes.py: {errors[0]['message']}")
    return numbers


def allowed(asked, symc):
    """Those of `asked` (op, sizes that are symbolic) that are no errors, of which some are told at once."""
    while asked:
        sheet = Sheet()
        for op, values in asked:
            sheet.output(f"o{sheet.count}", sheet.add(op, renamed(op, values))[0])
        bad = errors_of(sheet, symc)
        if not bad:
            break
        asked = [a for number, a in enumerate(asked) if number not in bad]
    return asked


def symbolic_sizes(ops, symc):
    """Of each op the sizes of its example that may be symbolic at once: all that are not 1, or those that may be alone."""
    sizes = {op: sorted({int(n) for t in op.example()["inputs"].values() for n in re.findall(r"\b\d+\b", t[t.index("["):])} - {1})
             for op in ops.values() if op.example()["inputs"]}
    every = dict(allowed([(op, tuple(values)) for op, values in sizes.items()], symc))
    rest = [op for op in sizes if op not in every]
    alone = allowed([(op, (value,)) for op in rest for value in sizes[op]], symc)
    some = dict(allowed([(op, tuple(v for o, vs in alone if o is op for v in vs)) for op in rest], symc))
    none = dict(allowed([(op, ()) for op in rest if op not in some], symc))
    return {op.name: values for op, values in {**every, **some, **none}.items()}


def in_words(op, values):
    """What the table says of them."""
    if values is None or not any(c.isalpha() for t in renamed(op, values).values() for c in t[t.index("["):]):
        return "none"
    texts = [t[t.index("["):].replace(f"{op.name}_batch", "batch").replace(f"{op.name}_", "n") for t in
             renamed(op, values).values()]
    left = {int(n) for t in texts for n in re.findall(r"\b\d+\b", t)} - {1}
    return "`" + ", ".join(texts) + "`" if left else "every axis"
