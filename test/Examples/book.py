# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""book.py ROOT: examples/ reads as one book. Every example has a graph of its name, run.sh, plot.py or what else draws, a
test, and a README with the same headings, whose pictures and files are there; examples/README.md lists it."""
import json
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
folder, mistakes = root / "examples", []
PARTS = ["## The graph", "## Run it", "## What comes out", "## Try next"]
contents = (folder / "README.md").read_text()
names = sorted(path.parent.name for path in folder.glob("*/run.sh"))
assert len(names) >= 8, names


def need(fine, name, what):
    if not fine:
        mistakes.append(f"{name}: {what}")


for name in names:
    here = folder / name
    text = (here / "README.md").read_text()
    need(re.match(r"# \S", text), name, "begins with a title")
    need(re.findall(r"^## .*", text, re.M) == PARTS, name, f"has the parts {PARTS}")
    need(f"examples/{name}/run.sh" in text, name, "says what to run")
    need(max(map(len, text.splitlines())) <= 128, name, "lines of at most 128 columns")
    pictures = re.findall(r"!\[.+?\]\(([^)]+)\)", text)
    need(pictures, name, "shows a picture")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        need("://" in link or (here / link).exists(), name, f"links to {link}")
    graph = json.loads((here / f"{name}.json").read_text())
    need(graph["name"] == name, name, "a model of its name")
    need(any("[batch" in str(type_) for type_ in graph["inputs"].values()), name, "the dimension batch")
    need((here / "run.sh").stat().st_mode & 0o111, name, "run.sh can be run")
    need((root / "test/Examples" / f"{name}.test").exists(), name, "a test")
    need(f"]({name}/README.md)" in contents or f"]({name})" in contents, name, "stands in examples/README.md")
sys.exit("\n".join(mistakes) or 0)
