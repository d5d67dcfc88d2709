#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""op_pages.py RECORDS.json SYMC OUT_DIR: docs/operators in Markdown: a page a family of operators, one each of optimizers,
schedules, initialisers and metrics, and a table of all ops.

RECORDS.json is `llvm-tblgen --dump-json` of the dialect. A page says only what a definition says: signature, formula, shapes,
types, derivative, attributes, description, and an example. Which sizes may be symbolic is asked of SYMC.
"""
import json
import pathlib
import sys

import method_records
import op_records
from op_sizes import in_words, symbolic_sizes

ORDER = {"any order": "to any order", "none": "none"}
KERNEL = {"elementwise": "with its neighbours", "reduction": "with its neighbours", "contraction": "with what follows",
          "opaque": "a function of the library", "its parts": "its parts are", "its body": "in its body",
          "no kernel": "moves nothing"}


WORDS = f"Floats are {' '.join(op_records.FLOATS)}, integers {' '.join(op_records.INTEGERS)}."


def element_types(types):
    """The list, with words for its usual parts."""
    groups = (("floats", op_records.FLOATS), ("integers", op_records.INTEGERS), ("bool", ("bool",)))
    words = [word for word, group in groups if set(group) <= set(types)]
    known = [t for word, group in groups if word in words for t in group]
    return ", ".join(words + [t for t in types if t not in known])


def example(op):
    """The whole graph, and the node as an expression."""
    graph = op.example_graph()
    lines = [f"  {json.dumps(key)}: " + (json.dumps(value, ensure_ascii=False) if key != "nodes" else
                                        "[\n" + ",\n".join("    " + json.dumps(n, ensure_ascii=False) for n in value) + "\n  ]")
             for key, value in graph.items()]
    text = "```json\n{\n" + ",\n".join(lines) + "\n}\n```"
    expression = op.example_expression()
    return text + (f"\n\nAs an expression: `{expression}`." if expression else "")


def cell(text):
    return text.replace("|", "\\|")


def attribute_rows(attributes):
    """`attributes` as (name, what it may be, default, what it is)."""
    lines = ["", "| attribute | value | default | |", "|---|---|---|---|"]
    return lines + [f"| `{name}` | {cell(wanted)} | {default} | {cell(meaning)} |"
                    for name, wanted, default, meaning in attributes]


def derivative(text):
    if text.startswith("d"):
        return f"`{text}`, where g is that by the result."
    return (text or "none") + "."


def page(op):
    r = op.record
    lines = [f"## {op.name}", "", f"`{op.signature()}`", "", r["summary"].rstrip(".") + "."]
    if r["formula"]:
        lines += ["", "    " + r["formula"]]
    if op.description:
        lines += ["", op.description]
    lines += ["", "Shapes: " + r["shapes"] + "."]
    if op.operands:
        lines += ["", "| operand | element types |", "|---|---|"]
        lines += [f"| `{o['name']}` | {element_types(o['types'])}{', ' + o['note'] if o['note'] else ''} |"
                  for o in op.operands]
    if op.attributes:
        lines += attribute_rows((a["name"], op_records.wanted(a), f"`{a['default']}`" if a["default"] else
                                 "required" if a["required"] else "absent", a["meaning"]) for a in op.attributes)
    lines += ["", "Derivative: " + derivative(r["gradient"])]
    layer = op.layer_expression()
    lines += ["", f"As a layer that makes its parameters: `{layer}`."] if layer else []
    return "\n".join(lines + ["", "Example:", "", example(op), ""])


def method(m):
    """The section of an optimizer, schedule, initialiser or metric."""
    lines = [f"## {m.name}", ""] + ([f"`{m.signature()}`", ""] if m.options else []) + [m.summary.rstrip(".") + "."]
    if m.formula:
        lines += [""] + ["    " + line for line in m.formula.splitlines()]
    if m.record.get("start"):
        lines += ["", f"Begins with `{m.record['start']}`."]
    if m.description:
        lines += ["", m.description]
    if m.kind == "metric":
        lines += ["", f"Of: {m.record['of']}. Over a data set: {m.record['overData']}."]
    if m.options:
        lines += attribute_rows((o.name, o.wanted(), f"`{o.value}`" if o.value else "required", o.summary) for o in m.options)
    return "\n".join(lines + ["", f"Example: `{m.example()}`", ""])


def table(ops, sizes, places):
    """One row an op."""
    lines = ["# All operators", "", GENERATED, "",
             "The types that operands take, and the interfaces that say how an op is",
             "differentiated and fused. Symbolic sizes are those of the op's example: every axis whose size is not 1, or the",
             "ones shown.", "", WORDS, "",
             "| op | element types | derivative | symbolic sizes | fused |", "|---|---|---|---|---|"]
    for op in ops.values():
        types = element_types(op.types()) or ("those of the function" if op.isFunctionForm else "one")
        symbolic = in_words(op, sizes.get(op.name))
        lines.append(f"| [`{op.name}`]({places[op.name]}.md#{op.name}) | {types} | {ORDER[op.derivative()]} | {symbolic} | "
                     f"{KERNEL[op.fusion()]} |")
    return "\n".join(lines) + "\n"


def write(path, title, head, sections):
    path.write_text(f"# {title}\n\n{GENERATED}\n\n{head}\n\n" + "\n".join(sections))


GENERATED = "<!-- Generated by `ninja -C build/release docs` from dialects/sym/*.td: edit those. -->"


def index(families, methods):
    link = lambda page, name: f"[`{name}`]({page}.md#{name})"
    lines = ["# Operators", "", GENERATED, "",
             "What a graph file may name. `symc help NAME` prints the same on a terminal, `symc help ops` lists all.", "",
             "| family | operators |", "|---|---|"]
    lines += [f"| [{op_records.title(name)}]({name.lower()}.md) | {' '.join(link(name.lower(), op.name) for op in family)} |"
              for name, family in sorted(families.items())]
    lines += ["", "[All operators in one table](table.md): element types, derivatives, symbolic sizes, kernels.", "",
              "| training | |", "|---|---|"]
    lines += [f"| [{plural}]({plural}.md) | {' '.join(link(plural, m.name) for m in ms)} |" for plural, ms in methods.items()]
    return "\n".join(lines) + "\n"


def main(records, symc, out):
    ops, methods = op_records.read(records), method_records.read(records)
    families = op_records.families(ops)
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for page_of_old in out.glob("*.md"):
        page_of_old.unlink()
    for name, family in families.items():
        write(out / f"{name.lower()}.md", op_records.title(name), WORDS, map(page, family))
    for plural, ms in methods.items():
        write(out / f"{plural}.md", plural.capitalize(), method_records.HEADS[plural].strip(), map(method, ms))
    places = {op.name: name.lower() for name, family in families.items() for op in family}
    (out / "table.md").write_text(table(ops, symbolic_sizes(ops, symc), places))
    (out / "README.md").write_text(index(families, methods))


if __name__ == "__main__":
    main(*sys.argv[1:4])
