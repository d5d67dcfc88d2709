#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""help_topics.py RECORDS.json SKELETON.json OUT.inc: what `symc help NAME` prints of ops, optimizers, schedules,
initialisers, metrics and the graph file, as rows `TOPIC(name, text)` in C++.

RECORDS.json is `llvm-tblgen --dump-json` of the dialect, SKELETON.json that of the JSON Schema, which says what the keys are.
"""
import json
import sys
import textwrap

import method_records
import op_records

WIDTH = 96


def filled(text, indent="", first=None):
    """Paragraphs within the width."""
    first = indent if first is None else first
    return "\n\n".join(textwrap.fill(p, WIDTH, initial_indent=first, subsequent_indent=indent, break_long_words=False,
                                     break_on_hyphens=False) for p in text.split("\n\n"))


def columns(rows, indent=2, most=24):
    """Rows of a name and a text, the texts below each other."""
    width = max((len(name) for name, _ in rows if len(name) <= most), default=0) + 2
    lines = []
    for name, text in rows:
        hanging = " " * (indent + width)
        head = (" " * indent + name).ljust(indent + width)
        if len(name) > most:
            lines.append(head.rstrip())
            head = hanging
        lines.append(filled(text, hanging, head) if text else head.rstrip())
    return "\n".join(lines)


def attribute_table(attributes):
    """Rows of (name, default, what it may be, what it is); no default where there is none."""
    return columns([(f"{name} = {default}" if default else name, f"{wanted}: {meaning}")
                    for name, default, wanted, meaning in attributes])


def signature(text):
    return filled(text, " " * (text.index("(") + 3) if "(" in text else "    ", "  ")


def element_types(types):
    if len(types) == 1:
        return types[0]
    groups = (("floats", op_records.FLOATS), ("integers", op_records.INTEGERS), ("bool", ("bool",)))
    return ", ".join(word for word, group in groups if set(group) <= set(types))


def of_op(op):
    r = op.record
    parts = [filled(f"{op.name} ({'layer' if op.isLayer else 'op'}): {r['summary'].rstrip('.')}"), signature(op.signature())]
    if r["formula"]:
        parts.append(filled(r["formula"], " " * 6, " " * 4))
    if op.description:
        parts.append(filled(op.description))
    facts = [("shapes", r["shapes"]), ("derivative", r["gradient"] or "none")]
    parts.append(columns(facts, 0))
    if op.operands:
        parts.append("operands\n" + columns([(o["name"], element_types(o["types"]) + (", " + o["note"] if o["note"] else ""))
                                             for o in op.operands]))
    if op.attributes:
        parts.append("attributes\n" + attribute_table(
            (a["name"], a["default"], ("required, " if a["required"] else "") + op_records.wanted(a), a["meaning"])
            for a in op.attributes))
    example = op.example()
    graph = op.example_graph()
    lines = [f"{name}: {text}" for name, text in example["inputs"].items()]
    lines += [f"{name}({', '.join(f['inputs'])}) = {', '.join(f['outputs'])}" for name, f in example["functions"].items()]
    node = json.dumps(graph["nodes"][-1], ensure_ascii=False)
    calls = [node] + [e for e in (op.example_expression(), op.layer_expression()) if e]
    where = [filled("with " + "; ".join(lines), " " * 4, "  ")] if lines else []
    parts.append("\n".join(["example"] + [filled(call, " " * 4, "  ") for call in calls] + where))
    return "\n\n".join(parts)


def of_method(m):
    parts = [filled(f"{m.name} ({m.kind}): {m.summary.rstrip('.')}")]
    if m.options:
        parts.append(signature(m.signature()))
    if m.formula:
        parts.append(textwrap.indent(m.formula, "    "))
    if m.record.get("start"):
        parts.append(f"begins with {m.record['start']}")
    if m.description:
        parts.append(filled(m.description))
    if m.kind == "metric":
        parts.append(columns([("of", m.record["of"]), ("over a data set", m.record["overData"])], 0))
    if m.options:
        parts.append("attributes\n" + attribute_table(
            (o.name, o.value, ("required, " if o.required else "") + o.wanted(), o.summary) for o in m.options))
    return "\n\n".join(parts + ["example\n" + filled(m.example(), " " * 4, "  ")])


def of_format(schema):
    """The keys of a graph file and of its parts."""
    keys = lambda properties: columns([(name, p.get("description", "")) for name, p in properties.items() if name != "$schema"])
    train = next(form for form in schema["properties"]["train"]["anyOf"] if form.get("required"))
    node = schema["definitions"]["node"]
    parts = ["The graph file: one JSON object. docs/format.md explains it from the beginning.",
             "keys\n" + keys(schema["properties"]), "keys of a node\n" + keys(node["properties"]),
             "keys of train\n" + keys(train["properties"]),
             "`symc help ops` lists the operators; `symc help optimizers`, `schedules`, `initialisers` and `metrics` the rest."]
    return "\n\n".join(parts)


def listing(title, rows, note):
    return f"{title}\n\n{columns(rows)}\n\n{note}"


def topics(records, schema):
    """(name, text) of all; an op and a metric may have one name."""
    ops, methods = op_records.read(records), method_records.read(records)
    for op in ops.values():
        yield op.name, of_op(op)
    for ms in methods.values():
        for m in ms:
            yield m.name, of_method(m)
    parts = [f"{op_records.title(name)}\n" + columns([(op.name, op.record["summary"].rstrip(".")) for op in family])
             for name, family in op_records.families(ops).items()]
    yield "ops", "\n\n".join(["The operators by family", *parts, "`symc help NAME` explains one."])
    inner = op_records.read_parts(records)
    yield "formulas", listing("What formulas of `symc grad` call besides NumPy and the operators of graph files",
                              [(name, summary) for name, summary, _ in inner],
                              "`symc help NAME` explains one; docs/training.md has scan, while_loop and cond.")
    for name, summary, description in inner:
        said = filled(f"{name} (inner op): {summary}.")
        yield name, "\n\n".join([said] + ([filled(description)] if description else [])
                                + [filled("Graph files do not name it; formulas of `symc grad` call it, --emit prints it.")])
    for plural, ms in methods.items():
        yield plural, listing(plural.capitalize(), [(m.name, m.summary) for m in ms], "`symc help NAME` explains one.")
    yield "format", of_format(schema)


def literal(text):
    """A C++ literal, in lines: a string literal may be 64 KiB long."""
    escape = lambda line: line.replace("\\", "\\\\").replace('"', '\\"')
    return "\n".join(f'    "{escape(line)}\\n"' for line in text.split("\n"))


def main(records, schema, out):
    with open(schema, encoding="utf-8") as file:
        rows = sorted(topics(records, json.load(file)))
    with open(out, "w", encoding="utf-8") as file:
        print("// Generated by tools/gen/help_topics.py.", file=file)
        for name, text in rows:
            print(f'TOPIC("{name}",\n{literal(text)})', file=file)


if __name__ == "__main__":
    main(*sys.argv[1:4])
