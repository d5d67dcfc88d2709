# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Runs the `symc` program."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import warnings

from .errors import Error
from .graph import Graph
from .model import load


class CompileError(Error):
    """The compiler refused a graph; `diagnostics` are its JSON objects."""

    def __init__(self, message, diagnostics=(), exit_code=None):
        super().__init__(message)
        self.diagnostics, self.exit_code = list(diagnostics), exit_code


def find_compiler():
    """$SYMC, then beside this package (a build tree or an installed prefix), then the path."""
    if os.environ.get("SYMC"):
        return os.environ["SYMC"]
    here = pathlib.Path(__file__).resolve().parent
    candidates = [here.parent.parent / "build" / "release" / "bin" / "symc"]
    candidates += [parent / "bin" / "symc" for parent in here.parents]
    for candidate in candidates:
        if os.access(candidate, os.X_OK) and candidate.is_file():
            return str(candidate)
    found = shutil.which("symc")
    if not found:
        raise CompileError("the program `symc` was not found: set the variable SYMC to its path")
    return found


def _text(diagnostic):
    place = diagnostic.get("file") or "symc"
    if diagnostic.get("line"):
        place += f":{diagnostic['line']}:{diagnostic['column']}"
    text = f"{place}: {diagnostic.get('severity', 'error')}[{diagnostic.get('code', '')}]: {diagnostic.get('message', '')}"
    return text + (f"\n  hint: {diagnostic['hint']}" if diagnostic.get("hint") else "")


def _run(arguments):
    result = subprocess.run([find_compiler(), arguments[0], "--diagnostics", "json", *arguments[1:]], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    diagnostics, other = [], []
    for line in result.stderr.splitlines():
        try:
            diagnostics.append(json.loads(line))
        except ValueError:
            other.append(line)
    if result.returncode:
        message = "\n".join([_text(d) for d in diagnostics] + other) or f"symc ended with exit code {result.returncode}"
        raise CompileError(message, diagnostics, result.returncode)
    for diagnostic in diagnostics:
        if diagnostic.get("severity") == "warning":
            warnings.warn(_text(diagnostic), stacklevel=3)


def compile(graph, output=None, *, target=None, cpu=None, dims=None, functions=None, params=None, embed_params=False,
            opt_level=None, fast_math=False, threads=None, seed=None, **loading):
    """Compiles a graph file or a `symc.Graph` and loads the library; with `output` the library is kept there. `loading` is
    what else `symc.load` takes: `show`, which gets what the graph prints."""
    options = []
    if target:
        options += ["--target", target]
    if cpu:
        options += ["--cpu", cpu if isinstance(cpu, str) else ",".join(cpu)]
    for name, value in (dims or {}).items():
        options += ["--dim", f"{name}={int(value)}"]
    if functions:
        options += ["--functions", functions if isinstance(functions, str) else ",".join(functions)]
    if embed_params:
        options += ["--params", os.fspath(params), "--embed-params"]
    if opt_level is not None:
        options.append(f"-O{int(opt_level)}")
    if fast_math:
        options.append("--fast-math")
    with tempfile.TemporaryDirectory(prefix="symc-") as folder:
        if isinstance(graph, Graph):
            source = os.path.join(folder, graph.name + ".json")
            graph.to_json(source)
        else:
            source = os.fspath(graph)
        library = os.fspath(output) if output is not None else os.path.join(folder, "libmodel.so")
        _run(["compile", "-o", library, *options, "--", source])
        model = load(library, threads, seed, **loading)
    if params is not None and not embed_params:
        model.load_parameters(params)
    return model
