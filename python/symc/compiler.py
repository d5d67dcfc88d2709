# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Runs the `symc` program."""
import difflib
import inspect
import json
import linecache
import os
import pathlib
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Mapping

from . import values
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
    given = os.environ.get("SYMC")
    if given:
        program = shutil.which(given)
        if not program:
            raise CompileError(f"the variable SYMC is no program: {given}")
        return program
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


def _place(diagnostic):
    return ":".join(str(diagnostic[key]) for key in ("file", "line", "column") if diagnostic.get(key)) or "symc"


def _is_python(diagnostic):
    """Whether its place is a line of Python, which has no column."""
    return bool(diagnostic.get("line")) and "column" not in diagnostic


def _said(diagnostic, quotes=True):
    """All but the place. A line of Python is quoted, unless whoever shows the text does that."""
    lines = [f"{diagnostic.get('severity', 'error')}[{diagnostic.get('code', '')}]: {diagnostic.get('message', '')}"]
    source = linecache.getline(diagnostic["file"], diagnostic["line"]).strip() if _is_python(diagnostic) else ""
    if quotes and source:
        lines.append(source)
    if diagnostic.get("hint"):
        lines.append(f"hint: {diagnostic['hint']}")
    lines += [f"{_place(note)}: note: {note.get('message', '')}" for note in diagnostic.get("notes", ())]
    return "\n  ".join(lines)


def _text(diagnostic):
    return f"{_place(diagnostic)}: {_said(diagnostic)}"


def _warn(diagnostic):
    if _is_python(diagnostic):
        warnings.warn_explicit(_said(diagnostic, quotes=False), UserWarning, diagnostic["file"], diagnostic["line"])
    else:
        warnings.warn(_text(diagnostic), stacklevel=4)


def operator_hint(op):
    """What the compiler says to the name of an op that there is not: the one that was meant, or how it is written."""
    graph = {"symc": 1, "name": "g", "inputs": {"x": "f32[n]"}, "nodes": [{"name": "y", "op": op, "inputs": ["x"]}],
             "outputs": ["y"]}
    with tempfile.TemporaryDirectory(prefix="symc-") as folder:
        path = os.path.join(folder, "g.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(graph, file)
        try:
            _run(["check", "--", path])
        except (OSError, CompileError) as error:
            return next((d["hint"] for d in getattr(error, "diagnostics", ()) if d.get("code") == "S0501" and "hint" in d), "")
    return ""


def _run(arguments, source=None, places=None):
    """Runs the program. Diagnostics of the file `source` have the places in Python that `places` knows."""
    result = subprocess.run([find_compiler(), arguments[0], "--diagnostics", "json", *arguments[1:]], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    diagnostics, other = [], []
    for line in result.stderr.splitlines():
        try:
            diagnostic = json.loads(line)
        except ValueError:
            other.append(line)
            continue
        diagnostics.append(places.located(diagnostic) if places and diagnostic.get("file") == source else diagnostic)
    if result.returncode:
        message = "\n".join([_text(d) for d in diagnostics] + other) or f"symc ended with exit code {result.returncode}"
        raise CompileError(message, diagnostics, result.returncode)
    for diagnostic in diagnostics:
        if diagnostic.get("severity") == "warning":
            _warn(diagnostic)


def compile(graph, output=None, *, target=None, cpu=None, dims=None, functions=None, params=None, embed_params=False,
            opt_level=None, fast_math=False, freeze=None, learning_rate=None, threads=None, seed=None, **loading):
    """Compiles a graph file or a `symc.Graph` and loads the library; with `output` the library is kept there. `freeze` (a
    pattern of parameters or a list of them) and `learning_rate` stand in place of those of the graph. `loading` is what else
    `symc.load` takes: `show`, which gets what the graph prints."""
    for name in loading:
        if name != "show":
            near = difflib.get_close_matches(name, inspect.signature(compile).parameters)
            raise TypeError(f"symc.compile has no argument {name!r}" + (f": did you mean {near[0]!r}?" if near else ""))
    if dims is not None and not isinstance(dims, Mapping):
        raise TypeError(f'dims are a dict of dimensions and sizes, dims={{"batch": 32}}, not {dims!r}')
    options = []
    if target:
        options += ["--target", target]
    if cpu:
        options += ["--cpu", cpu if isinstance(cpu, str) else ",".join(cpu)]
    for name, value in (dims or {}).items():
        options += ["--dim", f"{name}={values.whole_number(value, name, -2**63, 2**63 - 1)}"]
    if functions:
        options += ["--functions", functions if isinstance(functions, str) else ",".join(functions)]
    if embed_params:
        options += ["--params", os.fspath(params), "--embed-params"]
    if opt_level is not None:
        options.append(f"-O{int(opt_level)}")
    if fast_math:
        options.append("--fast-math")
    for pattern in [freeze] if isinstance(freeze, str) else freeze or ():
        options += ["--freeze", pattern]
    if learning_rate is not None:
        options += ["--learning-rate", repr(float(learning_rate))]
    with tempfile.TemporaryDirectory(prefix="symc-") as folder:
        if isinstance(graph, Graph):
            source = os.path.join(folder, graph.name + ".json")
            text, places = graph._written()
            with open(source, "w", encoding="utf-8") as file:
                file.write(text)
        else:
            source, places = os.fspath(graph), None
        library = os.fspath(output) if output is not None else os.path.join(folder, "libmodel.so")
        _run(["compile", "-o", library, *options, "--", source], source, places)
        model = load(library, threads, seed, **loading)
    if params is not None and not embed_params:
        model.load_parameters(params)
    return model
