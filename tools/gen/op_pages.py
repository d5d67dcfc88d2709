#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""op_pages.py RECORDS.json SYMC OUT_DIR: the operator pages, one a family, and a table of all ops, in Markdown.

RECORDS.json is `llvm-tblgen --dump-json` of the dialect. A page says about each op only what its definition says: signature,
formula, shapes, types, derivative, attributes, description, and an example. Which sizes may be symbolic is asked of SYMC.
"""
import json
import pathlib
import re
import sys

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


def page(op):
    r = op.record
    lines = [f"## {op.name}", "", f"`{op.signature()}`", "", r["summary"].rstrip(".") + "."]
    if r["formula"]:
        lines += ["", "    " + r["formula"]]
    if (r["description"] or "").strip():
        lines += ["", " ".join(line.strip() for line in r["description"].strip().splitlines())]
    lines += ["", "Shapes: " + r["shapes"] + "."]
    if op.operands:
        lines += ["", "| operand | element types |", "|---|---|"]
        lines += [f"| `{o['name']}` | {element_types(o['types'])}{', ' + o['note'] if o['note'] else ''} |" for o in op.operands]
    if op.attributes:
        lines += ["", "| attribute | value | default |", "|---|---|---|"]
        lines += [f"| `{a['name']}` | {a['summary']} | "
                  + (f"`{a['default']}`" if a["default"] else "required" if a["required"] else "absent") + " |"
                  for a in op.attributes]
    lines += ["", "Derivative: " + (f"`{r['gradient']}`, where g is that by the result." if r["gradient"] else "none.")]
    return "\n".join(lines + ["", "Example:", "", example(op), ""])


def table(ops, sizes, places):
    """One row an op."""
    lines = ["# All operators", "",
             "Generated from the definitions: the types that operands take, and the interfaces that say how an op is",
             "differentiated and fused. Symbolic sizes are those of the op's example: every axis whose size is not 1, or the",
             "ones shown.", "", WORDS, "",
             "| op | element types | derivative | symbolic sizes | fused |", "|---|---|---|---|---|"]
    for op in ops.values():
        types = element_types(op.types()) or ("those of the function" if op.isFunctionForm else "one")
        symbolic = in_words(op, sizes.get(op.name))
        lines.append(f"| [`{op.name}`]({places[op.name]}.md#{op.name}) | {types} | {ORDER[op.derivative()]} | {symbolic} | "
                     f"{KERNEL[op.fusion()]} |")
    return "\n".join(lines) + "\n"


def main(records, symc, out):
    ops = op_records.read(records)
    families = {}
    for op in ops.values():
        families.setdefault(op_records.family(op.record), []).append(op)
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    index = ["# Operators", "", "Generated from the definitions of the dialect. [All operators in one table](table.md).", ""]
    places = {op.name: name.lower() for name, family in families.items() for op in family}
    for name, family in sorted(families.items()):
        title = re.sub(r"(?<!^)([A-Z])", lambda m: " " + m.group(1).lower(), name)
        (out / f"{name.lower()}.md").write_text(f"# {title}\n\n{WORDS}\n\n" + "\n".join(page(op) for op in family))
        index.append(f"- [{title}]({name.lower()}.md): " +
                     " ".join(f"[`{op.name}`]({name.lower()}.md#{op.name})" for op in family))
    (out / "table.md").write_text(table(ops, symbolic_sizes(ops, symc), places))
    (out / "index.md").write_text("\n".join(index) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:4])
