# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""op_facts.py RECORDS.json PAGES [CHECK...]: what the generated pages say of each op holds.

Examples are run as the pages print them. Each element type that an op claims is compiled and run, against the same in f64 or
i64, and so is the gradient in it; each that it does not claim is refused. The sizes that may be symbolic are, with the results of numbers in their
place. Each derivative is taken three times. What an op is in a kernel is looked up in the program.
"""
import argparse
import collections
import copy
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import symc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "gen"))
import method_records  # noqa: E402 pylint: disable=C0413
import op_records  # noqa: E402 pylint: disable=C0413
from op_sheet import Sheet  # noqa: E402 pylint: disable=C0413
from op_sizes import errors_of, renamed, symbolic_sizes  # noqa: E402 pylint: disable=C0413

SYMC = os.environ["SYMC"]
BATCH = 3
EPSILON = {"f16": 2.0**-11, "bf16": 2.0**-8, "f32": 2.0**-24, "f64": 2.0**-53}
NUMPY = {"f64": np.float64, "f32": np.float32, "f16": np.float16, "bool": np.bool_,
         **{f"{c}{n}": getattr(np, f"{'u' * (c == 'u')}int{n}") for c in "iu" for n in (8, 16, 32, 64)}}
# Random numbers are other ones in each node and type, and of what is not a function of elements nothing is compared.
DRAWS = ("dropout", "random_")
# Of numbers between -1 and 1; beyond them hinge is flat.
WITHIN_ONE = ("acos", "asin", "atanh", "hinge")


def value(type_text, sizes, seed):
    """Small numbers that every element type holds; stacks of matrices with an inverse or a Cholesky factor; valid indices."""
    element, _, rest = type_text.partition("[")
    shape = [sizes(s.strip()) for s in rest.rstrip("]").split(",") if s.strip()]
    rng = np.random.default_rng(seed)
    if element == "bool":
        return np.ones(shape, np.bool_)
    if element == "i64":
        return np.zeros(shape, np.int64)
    data = rng.integers(1, 3, size=shape).astype(float)
    if len(shape) == 3:
        data += 4 * np.eye(*shape[1:])
        data = (data + np.swapaxes(data, 1, 2)) / 2 if shape[1] == shape[2] else data
    return data.astype(NUMPY[element])


def arguments(sheet, sizes):
    """By name: those of an entry are the same in every sheet."""
    result = {}
    for k, (name, text) in enumerate(sheet.inputs.items()):
        op = sheet.names[int(re.match(r"n(\d+)_", name).group(1))]
        data = value(text, sizes, k)
        result[name] = data / 4 if op in WITHIN_ONE else data
    return result


def run(sheet, folder, name, sizes=lambda s: BATCH if not s.isdigit() else int(s)):
    path = folder / f"{name}.json"
    sheet.write(path)
    compiled = subprocess.run([SYMC, "compile", "-O1", "--functions", "predict", str(path), "-o", str(folder / f"lib{name}.so")],
                              capture_output=True, text=True, check=False)
    if compiled.returncode:
        raise SystemExit(f"{name}: {compiled.stderr[-2000:]}")
    predict, given = symc.Model(str(folder / f"lib{name}.so"), threads=1).predict, arguments(sheet, sizes)
    results = predict(**{a.name: given[a.name] for a in predict.inputs})  # what a derivative does not need is no input
    return {n: np.array(v) for n, v in (results if isinstance(results, dict) else results._asdict()).items()}


def draws(op):
    return op.name.startswith(DRAWS)


# ---- checks --------------------------------------------------------------------------------------------------------

def pages_of_ops(pages):
    return [path for path in sorted(pages.glob("*.md")) if path.stem not in method_records.HEADS]


def sections_of(pages):
    """The text of each op's page."""
    return {m.group(1): m.group(2) for path in pages_of_ops(pages)
            for m in re.finditer(r"^## (\w+)\n(.*?)(?=^## |\Z)", path.read_text(), re.M | re.S)}


def names_of(node):
    return [node["name"]] if isinstance(node["name"], str) else node["name"]


def add_printed(sheet, name, text):
    """The graph that a page prints, and its expression; whether there is one."""
    graph = json.loads(text.split("```json\n")[1].split("```")[0])
    expression = re.search(r"As an expression: `(.*)`\.", text)
    number = sheet.count
    sheet.names.append(name)
    take = lambda n: f"n{number}_{n}"
    inputs, functions = graph.get("inputs", {}), graph.get("functions", {})
    known = {n: take(n) for n in (*inputs, *functions, *(n for node in graph["nodes"] for n in names_of(node)))}
    rename = lambda text: re.sub(r"(?<![\w.'])(" + "|".join(known) + r")(?![\w(]|=[^=])", lambda m: known[m.group()], text)
    sheet.inputs |= {take(n): t for n, t in inputs.items()}
    sheet.functions |= {take(n): f for n, f in functions.items()}
    for node in graph["nodes"]:
        names = [known[n] for n in names_of(node)]
        attributes = {k: known[v] if isinstance(v, str) and v in functions else v for k, v in node.get("attrs", {}).items()}
        sheet.node(names if len(names) > 1 else names[0], number, op=node.get("op"), attrs=attributes,
                   inputs=[known[n] for n in node.get("inputs", [])], expr=rename(node.get("expr", "")))
    sheet.output(f"o{number}", take(graph["outputs"][0]))
    if expression:
        text = expression.group(1)
        for function in functions:
            text = text.replace(f"'{function}'", f"'{take(function)}'")
        sheet.output(f"e{number}", sheet.node(take("e"), number, expr=rename(text)))
    return bool(expression)


def examples(ops, pages, folder):
    """Each page has a formula, shapes and the derivative, and an example that runs, in both spellings."""
    sections, sheet = sections_of(pages), Sheet()
    for name in ops.keys() - sections.keys():
        yield f"{name}: has no page"
    for name, text in sections.items():
        for wanted in ("Shapes: .", "Derivative: .", r"\n    \S"):
            if not re.search(wanted, text):
                yield f"{name}: the page says no '{wanted}'"
    spelled = [(name, add_printed(sheet, name, text)) for name, text in sections.items()]
    results = run(sheet, folder, "examples")
    for number, (name, both) in enumerate(spelled):
        out = results[f"o{number}"]
        if not np.isfinite(out.astype(float)).all():
            yield f"{name}: the example is not finite: {out.tolist()}"
        if both and not draws(ops[name]) and not np.array_equal(out, results[f"e{number}"]):
            yield f"{name}: {results[f'e{number}'].tolist()} as an expression, {out.tolist()} as a node"


def typed(ops, element, given, folder, differentiate=False):
    """The first result of each op that has this element type, of inputs given in another one, converted to that. Or the
    derivative of the sum of its sines by an operand of the type."""
    sheet, seen = Sheet(), []
    for op in ops:
        result, number = sheet.add(op, element=element, given=given)[0], sheet.count - 1
        if differentiate:
            total = sheet.node(f"n{number}/total", number, expr=f"sum(sin(cast(`{result}`, '{given}')))")
            by = [sheet.values[number][n] for n in op.example(element)["varying"]]
            results = [f"n{number}/d{i}" for i in range(len(by))]
            sheet.node(results if len(by) > 1 else results[0], number, op="grad", inputs=[total, *by])
        else:
            results = [result]
        for i, name in enumerate(results):
            cast = sheet.node(f"n{number}/seen{i}", op="cast", inputs=[name], attrs={"dtype": given})
            sheet.output(f"o{number}_{i}", cast)
            seen.append((op.name, f"o{number}_{i}"))
    results = run(sheet, folder, f"{'gradients' if differentiate else 'types'}_{element}")
    return [(name, results[output]) for name, output in seen]


def gradients(ops, _, folder):
    """Of each op with a derivative, in each floating type that it claims."""
    chosen = [op for op in ops.values() if op.derivative() != "none" and "f64" in op.types() and not draws(op)]
    reference = typed(chosen, "f64", "f64", folder, True)
    moved = {name for name, want in reference if np.any(want)}
    for op in chosen:
        if op.name not in moved and op.name not in FLAT:
            yield f"{op.name}: all derivatives are 0"
    for element in ("f32", "bf16", "f16"):
        for (name, want), (_, got) in zip(reference, typed(chosen, element, "f64", folder, True), strict=True):
            if not same(got, want, element):
                yield f"the derivative of {name} in {element} is {got.tolist()}, not {want.tolist()}"


# Their derivative is 0 wherever there is one.
FLAT = {"ceil", "floor", "round", "trunc", "sign", "floor_div", "stop_gradient"}


def types(ops, _, folder):
    """Each element type of a group, against the widest. A sheet numbers its ops: all see the same numbers."""
    for group, wide in ((op_records.FLOATS, "f64"), (op_records.INTEGERS, "i64")):
        chosen = [op for op in ops.values() if set(group) <= set(op.types())]
        given = "f64"
        reference = typed(chosen, wide, given, folder)
        for element in group:
            if element == wide:
                continue
            for (name, want), (_, got) in zip(reference, typed(chosen, element, given, folder), strict=True):
                if got.shape != want.shape or (not draws(ops[name]) and not same(got, want, element)):
                    yield f"{name} of {element} is {got.tolist()}, not {want.tolist()}"
    chosen = [op for op in ops.values() if "bool" in op.types()]
    for name, got in typed(chosen, "bool", "f64", folder):
        if not np.isin(got, (0, 1)).all():
            yield f"{name} of bool is {got.tolist()}"
    yield from refusals(ops)


def same(got, want, element):
    """Integers to the last bit, in which they wrap around; floats within some roundings of the largest number."""
    if element not in EPSILON:
        return np.array_equal(got, want.astype(np.int64).astype(NUMPY[element]).astype(float))
    return np.allclose(got, want, rtol=200 * EPSILON[element], atol=200 * EPSILON[element] * max(1, np.abs(want).max(initial=0)))


def refusals(ops):
    """What an op does not claim is an error. A diagnostic names what is asked for, 100 at once."""
    asked = [(op, t) for op in ops.values() if op.types() for t in op_records.TYPES["Sym_Tensor"] if t not in op.types()]
    for start in range(0, len(asked), 80):
        sheet = Sheet()
        for op, element in asked[start:start + 80]:
            sheet.output(f"o{sheet.count}", sheet.add(op, element=element)[0])
        bad = errors_of(sheet, SYMC)
        for number, (op, element) in enumerate(asked[start:start + 80]):
            if number not in bad:
                yield f"{op.name} takes {element}, which it does not claim"


def sizes(ops, _, folder):
    fixed, symbolic, names = Sheet(), Sheet(), {}
    for name, values in symbolic_sizes(ops, SYMC).items():
        op = ops[name]
        if not draws(op):
            names[f"o{fixed.count}"] = name
            symbolic.output(f"o{fixed.count}", symbolic.add(op, renamed(op, values))[0])
            fixed.output(f"o{fixed.count}", fixed.add(op, renamed(op, ()))[0])
    number = lambda s: int(s) if s.isdigit() else BATCH if s.endswith("batch") else int(s.rpartition("_")[2])
    wanted, got = run(fixed, folder, "fixed", number), run(symbolic, folder, "symbolic", number)
    for output, name in names.items():
        if not np.allclose(got[output], wanted[output], rtol=1e-5, atol=1e-6):
            yield f"{name}: {got[output].tolist()} with symbolic sizes, {wanted[output].tolist()} with numbers"


def derivatives(ops, _, folder):
    """Of the sum of sines of an op, of its derivative, and of that one's."""
    for element in ("f32", "f64"):
        sheet = Sheet()
        for op in ops.values():
            if op.derivative() == "none" or (op.types() and element not in op.types()):
                continue
            results, number = sheet.add(op, element=element), sheet.count
            example = op.example(element)
            by = [f"n{number - 1}_{n}" for n, t in example["inputs"].items() if t[0] == "f" or t[0] == "b" and t[1] == "f"]
            values = [v for v in results if op.name != "top_k" or v == results[0]]
            for order in range(3):
                total = sheet.node(f"n{number}/s{order}", expr=" + ".join(
                    f"sum(sin(cast(`{v}`, '{element}')))" for v in values))
                values = [f"n{number}/g{order}_{i}" for i in range(len(by))]
                sheet.node(values if len(values) > 1 else values[0], number - 1, op="grad", inputs=[total, *by])
            sheet.output(f"o{number}", values[0])
        path = folder / f"derivatives_{element}.json"
        sheet.write(path)
        compiled = subprocess.run([SYMC, "compile", "--emit=autodiff", str(path)], capture_output=True, text=True, check=False)
        if compiled.returncode:
            yield f"third derivatives: {compiled.stderr[-2000:]}"
        left = set(re.findall(r"sym\.(grad)\b", compiled.stdout))
        if left or "@predict" not in compiled.stdout:
            yield f"third derivatives: no function, or {left} left"


def kernels(ops, _, folder):
    """The regions that hold the op, or that there is none when its parts make the kernels."""
    sheet, by_mnemonic = Sheet(), collections.defaultdict(set)
    for op in ops.values():
        if not op.isFunctionForm:
            sheet.output(f"o{sheet.count}", sheet.add(op)[0])
    path = folder / "kernels.json"
    sheet.write(path)
    text = subprocess.run([SYMC, "compile", "--emit=fused", "--debug-fusion", "off", str(path)], capture_output=True, text=True,
                          check=True).stdout
    kind = None
    for line in text.splitlines():
        region = re.search(r'sym\.fused "(\w+)"', line)
        kind = region.group(1) if region else None if line.strip().startswith("}") else kind
        for mnemonic in re.findall(r"\bsym\.(\w+)", line):
            by_mnemonic[mnemonic].add(kind)
    for op in ops.values():
        said, seen = op.fusion(), by_mnemonic.get(op.name, set())
        if said in ("elementwise", "reduction", "contraction", "opaque") and not seen <= {said}:
            yield f"{op.name}: is said to be {said}, and is in {seen}"
        if said == "its parts" and seen and op.name not in TWOFOLD:
            yield f"{op.name}: is said to be made of parts, and is in {seen}"
        if said in ("elementwise", "reduction", "contraction", "opaque") and not seen and op.name not in FOLDED:
            yield f"{op.name}: is said to be {said}, and is nowhere"


# Composite with vectors and stacks, else primitive; and what a kernel does with them.
TWOFOLD = {"assert"}
# Others stand for them from the first simplification on.
FOLDED = {"select", "cast"}


def layers(ops, pages, folder):
    """A layer's second example makes its parameters, which the op has as operands."""
    sheet, sections = Sheet(), sections_of(pages)
    for op in ops.values():
        printed = re.search(r"As a layer that makes its parameters: `(.*)`", sections[op.name])
        if bool(printed) != op.isLayer:
            yield f"{op.name}: the page shows {'a' if printed else 'no'} layer"
        if not printed:
            continue
        number, (first, text) = sheet.count, next(iter(op.example()["inputs"].items()))
        sheet.names.append(op.name)
        sheet.inputs[f"n{number}_{first}"] = text
        expression = printed.group(1).replace(f"({first}", f"(n{number}_{first}")
        sheet.output(f"o{number}", sheet.node(f"n{number}", number, expr=expression))
    path = folder / "layers.json"
    sheet.write(path)
    text = subprocess.run([SYMC, "compile", "--emit=sym", str(path)], capture_output=True, text=True, check=False)
    if text.returncode:
        yield text.stderr
    for number, name in enumerate(sheet.names):
        made = set(re.findall(rf'@"n{number}/(\w+)"', text.stdout))
        if not made or not made <= {o["name"] for o in ops[name].operands}:
            yield f"{name} makes {made}"


def beyond(attribute):
    """A value that the range of an attribute leaves out."""
    integer = attribute["kind"] not in ("Sym_F64", "Sym_Order")
    if attribute["range"] == "not 0":
        return 0
    if match := re.fullmatch(r">= (\S+)", attribute["range"]):
        value = int(match.group(1)) - 1
        return [[value, 0]] if attribute["kind"] == "Sym_PadWidth" else value if integer else -0.5
    high, end = re.fullmatch(r"in \[\S+, (\S+)([\])])", attribute["range"]).groups()
    return int(high) + 1 if integer else float(high) + (0.5 if end == "]" else 0)


def ranges(ops, _, __):
    """What a page says an attribute must be, is an error when it is not. Layers are asked when they make their parameters."""
    sheet, asked = Sheet(), []
    for op in ops.values():
        for attribute in op.attributes:
            if not attribute["range"]:
                continue
            value, example = beyond(attribute), op.example()
            if attribute["kind"] == "Sym_PadWidth":
                value *= len(example["attributes"]["pad_width"])
            attributes = dict(op.layer_attributes() if op.isLayer else example["attributes"])
            if (op.name, attribute["name"]) == ("split", "sizes"):
                attributes.pop("sections")
            attributes[attribute["name"]] = value
            changed, operands = copy.copy(op), example["operands"][:1 if op.isLayer else None]
            changed.example = lambda element=None, example={**example, "operands": operands, "attributes": attributes}: example
            asked.append((op.name, attribute["name"], value))
            sheet.output(f"o{sheet.count}", sheet.add(changed)[0])
    bad = errors_of(sheet, SYMC)
    for number, (op, name, value) in enumerate(asked):
        if number not in bad:
            yield f"{op}: {name} = {value} is no error"


def contract(ops, pages, _):
    """Every name of the contract has its operands and attributes, and its page a row for each."""
    listed = (pathlib.Path(__file__).parent / "Inputs" / "operators.txt").read_text().splitlines()
    text = "".join(p.read_text() for p in pages_of_ops(pages))
    for line in listed:
        if line.startswith("#"):
            continue
        name, operands, attributes = re.fullmatch(r"(\w+)\(([^;]*)(?:; (.*))?\)", line).groups()
        if name not in ops:
            yield f"{name}: is no op"
            continue
        have = ["…" if o["note"] == "variadic" and o["name"] != "start" else o["name"] for o in ops[name].operands]
        if [o for o in operands.split(", ") if o] != have:
            yield f"{name}: operands {have}, not {operands}"
        section = text.partition(f"## {name}\n")[2].partition("\n## ")[0]
        for word in (attributes or "").split(", "):
            if word and not re.search(rf"^\| `{word}` \| .+ \| .+ \| .+ \|$", section, re.M):
                yield f"{name}: the page has no row for {word}"
    for name in ops.keys() - {line.partition("(")[0] for line in listed}:
        yield f"{name}: is not in the list of the contract"


CHECKS = {f.__name__: f for f in (examples, layers, ranges, types, gradients, sizes, derivatives, kernels, contract)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("records")
    parser.add_argument("pages", type=pathlib.Path)
    parser.add_argument("checks", nargs="*", metavar="CHECK", help="all of them: " + ", ".join(CHECKS))
    options = parser.parse_args()
    if set(options.checks) - CHECKS.keys():
        parser.error(f"the checks are {', '.join(CHECKS)}")
    ops, failures = op_records.read(options.records), []
    for name, check in CHECKS.items():
        if name in (options.checks or CHECKS):
            with tempfile.TemporaryDirectory() as folder:
                failures += [f"{name}: {text}" for text in check(ops, options.pages, pathlib.Path(folder))]
    print(*failures, f"{len(ops)} ops, {len(failures)} failed", sep="\n")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
