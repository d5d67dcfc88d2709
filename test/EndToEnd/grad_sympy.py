# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""The formulas of `symc grad` against the derivatives that SymPy takes: grad_sympy.py [--only NAME].

Both sides are read with arrays of SymPy's expressions, so that a formula is compared as a formula: of rational functions the
difference cancels to 0, others have the same forty digits at a rational point. Every command of the documentation is run on
its graph, of which the layers are made narrower, and so is the graph that docs/training.md shows.
"""
import ast
import json
import os
import pathlib
import re
import subprocess

import mpmath
import numpy as np
import sympy

from cases import run
from formula_scope import crop, place

ROOT = pathlib.Path(__file__).resolve().parents[2]
SYMC = os.environ["SYMC"]
BATCH = 3


def elementwise(function):
    return np.vectorize(lambda *x: function(*map(sympy.sympify, x)), otypes=[object])


def total(x, axis=None, keepdims=False):
    return np.sum(np.asarray(x, object), axis=axis, keepdims=keepdims)


def mean(x, axis=None, keepdims=False):
    x = np.asarray(x, object)
    count = x.size if axis is None else np.prod([x.shape[a] for a in np.atleast_1d(axis)])
    return total(x, axis, keepdims) / sympy.Integer(int(count))


SCOPE = {name: elementwise(getattr(sympy, name)) for name in
         "exp log sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc".split()}
SCOPE |= {"sigmoid": elementwise(lambda x: 1 / (1 + sympy.exp(-x))),
          "softplus": elementwise(lambda x: sympy.log(1 + sympy.exp(x))),
          "expm1": elementwise(lambda x: sympy.exp(x) - 1), "log1p": elementwise(lambda x: sympy.log(1 + x)),
          "atan2": elementwise(lambda y, x: sympy.atan(y / x)),  # of points with positive x
          "where": lambda c, x, y: np.where(np.asarray(c, bool), x, y), "pow": elementwise(lambda x, y: x**y),
          "square": lambda x: x * x, "sum": total, "mean": mean, "prod": lambda x: np.prod(x), "pi": sympy.pi,
          "inv": lambda a: np.array(sympy.Matrix(a).inv(), object), "det": lambda a: sympy.Matrix(a).det(),
          "broadcast_to": np.broadcast_to, "reshape": np.reshape,
          "place": lambda x, *sizes, **attrs: place(np.asarray(x, object), *sizes, **attrs), "crop": crop,
          "ones": lambda s: np.full(s, sympy.Integer(1)), "zeros": lambda s: np.full(s, sympy.Integer(0))}


class Exact(ast.NodeTransformer):
    """Numbers as rationals: 0.5 is 1/2, and 2/batch no float. Truths are 0 and 1."""

    def visit_Constant(self, node):  # pylint: disable=C0103
        if not isinstance(node.value, float):
            return node
        return ast.Call(ast.Name("Rational", ast.Load()), [ast.Constant(repr(node.value))], [])

    def visit_Compare(self, node):  # pylint: disable=C0103
        self.generic_visit(node)
        return ast.Call(ast.Name("truth", ast.Load()), [node], [])

    def visit_BinOp(self, node):  # pylint: disable=C0103
        self.generic_visit(node)
        if isinstance(node.op, ast.Div):
            node.left = ast.Call(ast.Name("exact", ast.Load()), [node.left], [])
        return node


TRUTH = np.vectorize(lambda c: sympy.Integer(bool(c)), otypes=[object])


def evaluate(text, names):
    tree = ast.fix_missing_locations(Exact().visit(ast.parse(text.strip(), mode="eval")))
    exact = lambda x: sympy.Integer(x) if isinstance(x, int) else x
    scope = {**SCOPE, "Rational": sympy.Rational, "exact": exact, "truth": TRUTH}
    return eval(compile(tree, "formula", "eval"), {**scope, **names})  # pylint: disable=W0123


def symbols(name, type_text):
    """An array of positive symbols of the shape of the type."""
    sizes = [s.strip() for s in type_text[type_text.index("[") + 1:-1].split(",") if s.strip()]
    shape = [int(s) if s.isdigit() else BATCH for s in sizes]
    array = np.empty(shape, object)
    for index in np.ndindex(*shape):
        array[index] = sympy.Symbol("_".join([name, *map(str, index)]), positive=True)
    return array if shape else array[()]


def derivative(scalar, by):
    scalar = np.asarray(scalar, object).item()
    return elementwise(lambda x: sympy.diff(scalar, x))(by)


def formulas(path, *flags):
    """What `symc grad` prints, by name; with one name the bare formula."""
    text = subprocess.run([SYMC, "grad", str(path), *flags], capture_output=True, text=True, check=True).stdout.strip()
    rows = [re.match(r"(\w+): (.*)", line) for line in text.splitlines()]
    return {m.group(1): m.group(2) for m in rows} if all(rows) else text


def graph_values(graph):
    """Inputs and parameters as symbols, and the nodes that these are enough for, by name."""
    types = {**graph.get("inputs", {}), **graph.get("parameters", {})}
    names = {n: symbols(n, t if isinstance(t, str) else t["type"]) for n, t in types.items()}
    variables = dict(names)
    for t in types.values():
        text = t if isinstance(t, str) else t["type"]
        names |= {d: sympy.Integer(BATCH) for d in re.findall(r"[A-Za-z]\w*", text[text.index("["):])}
    for node in graph["nodes"]:
        try:
            names[node["name"]] = evaluate(node["expr"], names)
        except (NameError, TypeError):  # an op of another kind, which no derivative here depends on
            continue
    return variables, names


def compare(label, got, wanted, variables, failures, bound=1e-40):
    """At a point of rational numbers between 0 and 1, with fifty digits."""
    flat = [s for array in variables.values() for s in np.ravel(np.asarray(array, object))]
    point = [sympy.Rational(2 * k % 17 + 1, 19 + k % 7) for k in range(len(flat))]
    both = [list(np.ravel(np.broadcast_to(np.asarray(side, object), np.shape(wanted)))) for side in (got, wanted)]
    with mpmath.workdps(50):
        values = sympy.lambdify(flat, both, "mpmath", cse=True)(*(mpmath.mpf(p.p) / p.q for p in point))
        worst = max(abs(a - b) for a, b in zip(*values))
        if not worst < bound:
            failures.append(f"{label}: off by {mpmath.nstr(worst, 3)}")


# ---- functions of a vector -----------------------------------------------------------------------------------------

RATIONAL = ["x**3 - 2*x", "x / (1 + x**2)", "1 / (x + 0.5)", "(x - y)**2 / (x + y)", "x**-2 * (y + 0.25)", "square(x) / y"]
OTHERS = ["sin(x) * exp(x)", "log(1 + exp(x))", "sqrt(x**2 + 1)", "tanh(3*x)", "sigmoid(x)", "exp(-x**2 / 2)", "cos(x)**2",
          "atan(x)", "asinh(x)", "erf(x)", "log(x) / x", "x * tanh(log1p(x))", "cosh(x) - sinh(x)", "tan(x)", "x**0.5",
          "softplus(x)", "atan2(x, y)", "x**y", "asin(x / 2)", "expm1(x * y)"]


def check_functions(folder, failures):
    """First and second derivatives of sums of elementwise functions."""
    for text in RATIONAL + OTHERS:
        graph = {"symc": 1, "name": "f", "inputs": {"x": "f64[2]", **({"y": "f64[2]"} if "y" in text else {})},
                 "nodes": [{"name": "J", "expr": f"sum({text})"}], "outputs": ["J"]}
        path = folder / "f.json"
        path.write_text(json.dumps(graph))
        variables, names = graph_values(graph)
        for by in variables:
            wanted = derivative(names["J"], variables[by])
            for order in (1, 2):
                got = np.broadcast_to(evaluate(formulas(path, "--of", "J", "--wrt", ",".join([by] * order)), names), (2,))
                label = f"{text} by {by}, derivative {order}"
                if text in RATIONAL:
                    left = [sympy.cancel(a - b) for a, b in zip(got, wanted)]
                    failures += [f"{label}: left is {e}" for e in left if e != 0]
                else:
                    compare(label, got, wanted, variables, failures, 1e-15 if "erf" in text else 1e-40)  # prints 2/sqrt(pi)
                wanted = derivative(total(wanted), variables[by])


# ---- the documentation ---------------------------------------------------------------------------------------------

def commands():
    """(document, graph file, flags) of each command of the documentation that prints a derivative. Of a file that the page
    itself writes, test/Docs/commands.py runs it."""
    for document in [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("examples/*/README.md"))]:
        for line in re.findall(r"symc grad ([^`\n]*\.json[^`\n]*)", document.read_text()):
            file, *flags = line.replace("$here", str(document.parent.relative_to(ROOT))).split()
            if "latex" not in flags and f"cat > {file} <<" not in document.read_text():
                yield document, ROOT / file, flags


def narrow(types):
    """Sizes of more than 3 become 3, of which formulas say nothing."""
    text = lambda t: re.sub(r"\b([4-9]|\d\d+)\b(?=[\],])", "3", t)
    return {n: text(t) if isinstance(t, str) else {**t, "type": text(t["type"])} for n, t in types.items()}


def check_documentation(folder, failures):
    found = list(commands())
    if len({file for _, file, _ in found}) < 2:
        failures.append(f"documentation: only {found}")
    for document, file, flags in found:
        graph = json.loads(file.read_text())
        graph |= {section: narrow(graph[section]) for section in ("inputs", "parameters")}
        path = folder / file.name
        path.write_text(json.dumps(graph))
        variables, names = graph_values(graph)
        printed = formulas(path, *flags)
        of = flags[flags.index("--of") + 1]
        printed = printed if isinstance(printed, dict) else {flags[flags.index("--wrt") + 1]: printed}
        for by, text in printed.items():
            compare(f"{document.name}: {by}", evaluate(text, names), derivative(names[of], variables[by]), variables, failures)


def check_training(folder, failures):
    """The graph of docs/training.md: what its `grad` nodes are, and `hv` of them, is what SymPy says."""
    text = (ROOT / "docs" / "training.md").read_text()
    graph = json.loads(text[text.index("## Derivatives in the graph"):].split("```json\n")[1].split("```")[0])
    path = folder / "second.json"
    path.write_text(json.dumps(graph))
    variables = {n: symbols(n, t) for n, t in graph["inputs"].items()}
    f = evaluate(graph["nodes"][0]["expr"], variables)
    gradient = derivative(f, variables["x"])
    product = derivative(total(gradient * variables["v"]), variables["x"])
    got = evaluate(formulas(path, "--of", "f", "--wrt", "x"), variables)
    compare("docs/training.md: g", got, gradient, variables, failures)
    got = evaluate(formulas(path, "--of", "f", "--wrt", "x,x"), variables)
    rows = derivative(total(gradient), variables["x"])
    compare("docs/training.md: the sum of the Hessian's rows", got, rows, variables, failures)
    (x0, x1), (v0, v1) = variables["x"], variables["v"]
    if [sympy.expand(e) for e in product] != [2 * x1 * v0 + 2 * x0 * v1, 2 * x0 * v0]:
        failures.append(f"docs/training.md: hv is {product}")


def check_matrices(folder, failures):
    """Products, determinants and inverses, whose derivatives are written in matrices."""
    cases = {"sum((A @ x - b)**2)": ("A", "x"), "det(A)": ("A",), "sum(inv(A) @ b)": ("A",), "log(det(A.T @ A + 1))": ("A",),
             "mean(tanh(A @ x))": ("A", "x")}
    for text, wrt in cases.items():
        graph = {"symc": 1, "name": "m", "inputs": {"A": "f64[2, 2]", "x": "f64[2, 1]", "b": "f64[2, 1]"},
                 "nodes": [{"name": "J", "expr": text}], "outputs": ["J"]}
        path = folder / "m.json"
        path.write_text(json.dumps(graph))
        variables, names = graph_values(graph)
        for by in wrt:
            got = evaluate(formulas(path, "--of", "J", "--wrt", by), names)
            compare(f"{text} by {by}", got, derivative(names["J"], variables[by]), variables, failures)


if __name__ == "__main__":
    run(__doc__, {"functions": check_functions, "documentation": check_documentation, "training": check_training,
                  "matrices": check_matrices})
