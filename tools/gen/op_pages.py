#!/usr/bin/env python3
"""op_pages.py RECORDS.json OUT_DIR: the operator pages, one a family, in Markdown.

RECORDS.json is `llvm-tblgen --dump-json` of the dialect. A page says about each op only what its definition says:
signature, formula, types, derivative, attributes, description, and an example made of these.
"""
import json
import pathlib
import re
import sys

FLOATS, INTEGERS = "f16 bf16 f32 f64", "i8 i16 i32 i64 u8 u16 u32 u64"
TYPES = {"Sym_Tensor": "any type", "Sym_NumberTensor": f"{FLOATS} {INTEGERS}", "Sym_FloatTensor": FLOATS,
         "Sym_IntTensor": INTEGERS, "Sym_BoolTensor": "bool"}
# A value for an attribute that has no default, by its kind.
SAMPLES = {"Sym_I64": "1", "Sym_F64": "0.5", "Sym_Order": "1", "Sym_Number": "1", "Sym_Bool": "true", "Sym_Str": '"text"',
           "Sym_Axes": "0", "Sym_Ints": "[2, 2]", "Sym_OpenInts": "[1, null]", "Sym_OpenBounds": "[1, null]",
           "Sym_PadWidth": "[[1, 1], [0, 0]]", "Sym_DType": '"f32"',
           "Sym_ActivationName": '"relu"', "Sym_Function": '"f"', "Sym_Shape": '["batch", -1]', "Sym_Sizes": '["batch", 3]',
           "Sym_PaddingAttr": '"same"'}


def json_default(text):
    """The default as a graph file writes it, from the C++ of the definition."""
    text = text.strip()
    if "::" in text and not text.startswith('"'):
        return '"' + re.sub(r"\W+$", "", text.split("::")[-1]).rstrip("_") + '"'
    text = text.strip("{}") if re.fullmatch(r"\{-?\d+\}", text) else text.replace("{", "[").replace("}", "]")
    return re.sub(r"(\d)\.0$", r"\1", text)


class Op:
    def __init__(self, records, record):
        self.records, self.record, self.name = records, record, record["opName"]
        self.operands, self.attributes = [], []
        for reference, name in record["arguments"]["args"]:
            argument = records[reference["def"]]
            if "TypeConstraint" in argument["!superclasses"]:
                self.operands.append(self.operand(argument, name))
            elif not argument.get("fromNode"):
                self.attributes.append(self.attribute(argument, name))

    def operand(self, record, name):
        note = ""
        for kind in ("Optional", "Variadic"):
            if kind in record["!superclasses"]:
                note, record = kind.lower(), self.records[record["baseType"]["def"]]
        return {"name": name, "types": TYPES.get(record["!name"], record["!name"]), "note": note}

    def attribute(self, record, name):
        default, required, kind = None, True, record
        while kind.get("baseAttr") and kind["!name"] not in SAMPLES:
            if kind.get("defaultValue"):
                default, required = json_default(kind["defaultValue"]), False
            if kind.get("isOptional"):
                default, required = kind.get("shownDefault", default), False
            kind = self.records[kind["baseAttr"]["def"]]
        cases = []
        if kind.get("enum"):
            cases = [self.records[c["def"]]["str"] for c in self.records[kind["enum"]["def"]]["enumerants"]]
        summary = "one of " + ", ".join(f'`"{c}"`' for c in cases) if cases else kind["summary"]
        sample = SAMPLES.get(kind["!name"], f'"{cases[0]}"' if cases else "1")
        return {"name": name, "default": default, "required": required, "summary": summary, "sample": sample}

    def signature(self):
        operands = ", ".join("…" if o["note"] == "variadic" else o["name"] for o in self.operands)
        attributes = ", ".join(a["name"] + (f"={a['default']}" if a["default"] else "") for a in self.attributes)
        return f"{self.name}({operands}{'; ' + attributes if attributes else ''})"

    def example(self):
        inputs = [n for o in self.operands for n in (["a", "b"] if o["note"] == "variadic" else [o["name"]])]
        attributes = [(a["name"], a["sample"]) for a in self.attributes if a["required"]]
        python = lambda text: text.replace("null", "None").replace('"', "'")
        call = ", ".join(inputs + [f"{n}={python(v)}" for n, v in attributes])
        node = f'{{ "name": "y", "op": "{self.name}"'
        if inputs:
            node += ', "inputs": [' + ", ".join(f'"{n}"' for n in inputs) + "]"
        if attributes:
            node += ', "attrs": { ' + ", ".join(f'"{n}": {v}' for n, v in attributes) + " }"
        return f'```json\n{node} }}\n{{ "name": "y", "expr": "{self.name}({call})" }}\n```'

    def page(self):
        r = self.record
        lines = [f"## {self.name}", "", f"`{self.signature()}`", "", r["summary"].rstrip(".") + "."]
        if r["formula"]:
            lines += ["", "    " + r["formula"]]
        if (r["description"] or "").strip():
            lines += ["", " ".join(line.strip() for line in r["description"].strip().splitlines())]
        if r["broadcasts"] and len(self.operands) > 1:
            lines += ["", "Operands are broadcast to a common shape."]
        if self.operands:
            lines += ["", "| operand | element types |", "|---|---|"]
            lines += [f"| `{o['name']}` | {o['types']}{', ' + o['note'] if o['note'] else ''} |" for o in self.operands]
        if self.attributes:
            lines += ["", "| attribute | value | default |", "|---|---|---|"]
            lines += [f"| `{a['name']}` | {a['summary']} | "
                      + (f"`{a['default']}`" if a["default"] else "required" if a["required"] else "absent") + " |"
                      for a in self.attributes]
        lines += ["", "Derivative: " + (f"`{r['gradient']}`, where g is that by the result." if r["gradient"] else "none.")]
        return "\n".join(lines + ["", self.example(), ""])


def family(record):
    """The name of the file of the definition."""
    for place in record.get("!locs", []):
        match = re.search(r"(\w+)\.td", str(place))
        if match:
            return match.group(1)
    return "Operators"


def main(source, out):
    records = json.loads(pathlib.Path(source).read_text())
    families = {}
    for record in records.values():
        if isinstance(record, dict) and record.get("importable") == 1 and "opName" in record:
            families.setdefault(family(record), []).append(Op(records, record))
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    index = ["# Operators", "", "Generated from the definitions of the dialect.", ""]
    for name, ops in sorted(families.items()):
        ops.sort(key=lambda op: op.name)
        title = re.sub(r"(?<!^)([A-Z])", lambda m: " " + m.group(1).lower(), name)
        (out / f"{name.lower()}.md").write_text(f"# {title}\n\n" + "\n".join(op.page() for op in ops))
        index.append(f"- [{title}]({name.lower()}.md): " +
                     " ".join(f"[`{op.name}`]({name.lower()}.md#{op.name})" for op in ops))
    (out / "index.md").write_text("\n".join(index) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
