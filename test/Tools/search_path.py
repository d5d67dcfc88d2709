"""No program looks for libraries in the current folder: search_path.py FILE...

Runs each in a folder with an empty file by the name of every library that it, or the compiler's library, takes.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

GRAPH = '{"symc": 1, "name": "m", "inputs": {"x": "f32[n]"}, "nodes": [], "outputs": ["x"]}'


def libraries(file):
    listing = subprocess.run(["ldd", file], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"^\s*(\S+) => /", listing, re.MULTILINE))


def main():
    symc, opt, compiler = sys.argv[1:]
    names = libraries(symc) | libraries(opt) | libraries(compiler)
    assert any(name.startswith("libLLVM") for name in names), names
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            (pathlib.Path(folder) / name).touch()
        (pathlib.Path(folder) / "m.json").write_text(GRAPH)
        for command in ([symc, "check", "m.json"], [opt, "--version"]):
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            if done.returncode:
                print(f"{command}: {done.stderr}")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
