#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""commands.py ROOT BUILD FOLDER [PAGE ...]: runs the commands of pages as their reader would, with shorter training.

The `sh` blocks of a page are one script, which runs in FOLDER/tree: what the repository has, the build as build/release, and
nothing of what others made before. A `text` block behind commands must be among what they print, but for its numbers. Without
pages, all that have commands. What a line is replaced by, and what is left to other tests, stands below; test/Examples has
a test of every run.sh.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

SHORTER = [
    (r"--epochs \d+", "--epochs 1"),
    (r"--repeat \d+", "--repeat 2"),
    (r" --all ", " "),  # of elementary.cpp: all inputs of a function
]
ELSEWHERE = {  # a page, or a line of one
    "scripts/quickstart.sh": "it builds; .ci/run calls it",
    "scripts/test.sh": "it calls this test",
    "docs/training.md": "test/Docs/training-docs.test has the data",
    "docs/tensorboard.md": "test/Tools/tensorboard.test reads what it writes",
}
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"^```sh\n(?:(?!^```).)*^```\n\s*```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def script(text):
    lines = ["set -euo pipefail"]
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            command = line.split("#")[0].strip()
            if command in ELSEWHERE or re.fullmatch(r"examples/\w+/run\.sh", command):
                continue
            for pattern, replacement in SHORTER:
                line = re.sub(pattern, replacement, line)
            lines.append(line)
    return "\n".join(lines) + "\n"


def unprinted(text, printed):
    """What the page shows and the commands did not print."""
    def plain(lines):
        return re.sub(r"-?[\d.]+(e[-+]?\d+)?", "0", "\n".join(line.rstrip() for line in lines.splitlines()))
    return [shown for shown in SHOWN.findall(text) if plain(shown) not in plain(printed)]


def tree(root, build, folder):
    """A copy of what commands may write to, links to the rest."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for entry in root.iterdir():
        if entry.name in ("docs", "examples"):
            shutil.copytree(entry, folder / entry.name)
        elif entry.name not in ("build", ".git"):
            (folder / entry.name).symlink_to(entry)
    (folder / "build").mkdir()
    (folder / "build/release").symlink_to(build)
    (folder / "build/bin").mkdir()
    (folder / "build/bin/python3").symlink_to(sys.executable)  # that of the tests, which has NumPy


def main():
    root, build, folder = (pathlib.Path(path).resolve() for path in sys.argv[1:4])
    pages = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("examples/**/*.md"), *root.glob("bench/*.md")]
    texts = {str(page.relative_to(root)): page.read_text(encoding="utf-8") for page in sorted(pages)}
    found, failed = [name for name, text in texts.items() if BLOCK.search(text) and name not in ELSEWHERE], 0
    wanted = sys.argv[4:] or found
    environment = {key: value for key, value in os.environ.items() if key not in ("SYMC", "PYTHONPATH")}
    environment["PATH"] = f"{folder}/tree/build/bin:{environment['PATH']}"
    for page in wanted:
        tree(root, build, folder / "tree")
        done = subprocess.run(["bash", "-c", script(texts[page])], cwd=folder / "tree", env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        missing = unprinted(texts[page], done.stdout)
        failed += bool(done.returncode or missing)
        if done.returncode:
            print(f"{page}: exit status {done.returncode}\n{done.stdout[-4000:]}")
        for shown in missing:
            print(f"{page}: its commands do not print\n{shown}")
    print(f"{len(wanted)} pages, {failed} failed")
    sys.exit(failed > 0 or not wanted)


main()
