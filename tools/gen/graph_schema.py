#!/usr/bin/env python3
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""graph_schema.py RECORDS.json SKELETON.json OUT.json: the JSON Schema of graph files, share/symc/graph.schema.json.

The skeleton, tools/gen/graph.schema.in.json, says what stands where; the definitions of the dialect say what ops, optimizers,
schedules, initialisers and metrics there are, with what attributes. RECORDS.json is `llvm-tblgen --dump-json` of the dialect.
"""
import json
import pathlib
import re
import sys

import method_records
import op_records

WIDTH = 128
NUMBER, INTEGER, STRING = {"type": "number"}, {"type": "integer"}, {"type": "string"}


def one_or_list(item):
    return {"anyOf": [item, {"type": "array", "items": item}]}


def pairs(item):
    return {"type": "array", "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": item}}


def union(*types):
    return {"type": list(types)}


# What JSON each kind of attribute is; `integer` has the limits of the attribute.
KINDS = {
    "Sym_I64": lambda integer, number: integer,
    "Sym_F64": lambda integer, number: number,
    "Sym_Order": lambda integer, number: {"anyOf": [number, {"enum": ["inf", "-inf"]}]},
    "Sym_Number": lambda integer, number: union("number", "boolean"),
    "Sym_Bool": lambda integer, number: {"type": "boolean"},
    "Sym_Str": lambda integer, number: STRING,
    "Sym_Function": lambda integer, number: {"$ref": "#/definitions/name"},
    "Sym_Axes": lambda integer, number: one_or_list(INTEGER),
    "Sym_Ints": lambda integer, number: one_or_list(integer),
    "Sym_OpenInts": lambda integer, number: {"anyOf": [INTEGER, {"type": "array", "items": union("integer", "null")}]},
    "Sym_OpenBounds": lambda integer, number: {"anyOf": [INTEGER, {"type": "array",
                                                                   "items": union("integer", "string", "null")}]},
    "Sym_PadWidth": lambda integer, number: pairs(integer),
    "Sym_DType": lambda integer, number: {"$ref": "#/definitions/elementType"},
    "Sym_ActivationName": lambda integer, number: {"$ref": "#/definitions/activation"},
    "Sym_Shape": lambda integer, number: {"anyOf": [INTEGER, {"type": "array", "items": union("integer", "string")}]},
    "Sym_Sizes": lambda integer, number: {"anyOf": [INTEGER, {"type": "array", "items": union("integer", "string")}]},
    "Sym_PaddingAttr": lambda integer, number: {"anyOf": [{"enum": ["valid", "same"]},
                                                          pairs({"type": "integer", "minimum": 0})]},
}


def limits(text):
    """`>= 1`, `in [0, 1)`, `> 0`, `not 0` in the words of the schema."""
    if not text:
        return {}
    if text == "not 0":
        return {"not": {"const": 0}}
    if match := re.fullmatch(r"(>=?) (\S+)", text):
        return {"minimum" if match.group(1) == ">=" else "exclusiveMinimum": json.loads(match.group(2))}
    low, high = re.fullmatch(r"in \[(\S+), (\S+)[\])]", text).groups()
    return {"minimum": json.loads(low), "maximum" if text.endswith("]") else "exclusiveMaximum": json.loads(high)}


def attribute(a):
    value = {"enum": a["cases"]} if a["cases"] else KINDS[a["kind"]](*({**t, **limits(a["range"])} for t in (INTEGER, NUMBER)))
    if not a["required"]:  # null says what leaving it out says
        value = {"anyOf": [*value.get("anyOf", [value]), {"type": "null"}]} if "type" not in value else \
            {**value, "type": [*([value["type"]] if isinstance(value["type"], str) else value["type"]), "null"]}
    default = {"default": json.loads(a["default"])} if a["default"] else {}
    return {"description": a["meaning"], **value, **default}


def options(items, value):
    """An object with these keys, some of which are required."""
    needed = [name for name, required in items if required]
    return {"type": "object", "additionalProperties": False, **({"required": needed} if needed else {}), "properties": value}


def attributes(op):
    return options([(a["name"], a["required"]) for a in op.attributes], {a["name"]: attribute(a) for a in op.attributes})


def operands(op):
    """Of `inputs`, both ways to give them."""
    needed = [o["name"] for o in op.operands if not o["note"]][:1 if op.isLayer else None]
    variadic = any(o["note"] == "variadic" for o in op.operands)
    by_order = {"type": "array", "items": STRING, "minItems": len(needed)}
    by_name = options([(name, True) for name in needed], {o["name"]: STRING for o in op.operands if o["note"] != "variadic"})
    by_name["additionalProperties"] = variadic
    if not variadic:
        by_order["maxItems"] = len(op.operands)
    return {"anyOf": [by_order, by_name]}


def rules(ops):
    """What a node with an op must have: one rule for all that must have the same."""
    result = {}
    for op in ops.values():
        fields = {"inputs": operands(op)}
        fields["attrs"] = attributes(op) if op.attributes else {"type": "object", "maxProperties": 0}
        needed = ["inputs"] * any(not o["note"] for o in op.operands) + ["attrs"] * any(a["required"] for a in op.attributes)
        then = {"properties": fields, **({"required": needed} if needed else {})}
        result.setdefault(json.dumps(then), []).append(op.name)
    return [{"if": {"required": ["op"], "properties": {"op": {"enum": names}}}, "then": json.loads(then)}
            for then, names in result.items()]


def option(o):
    simple = {"type": "boolean"} if o.kind == "Boolean" else NUMBER if o.kind.startswith("Number") else INTEGER
    text = ">= 1" if o.range == "Positive" and o.kind == "Integer" else method_records.RANGES[o.range]
    value = {**simple, **limits(text)}
    if o.kind in ("Numbers", "Integers"):
        value = {"type": "array", "items": value}
    return {"description": o.summary, **value, **({"default": json.loads(o.value)} if o.value else {})}


def choice(methods):
    """A name alone where nothing is required, or an object with one key."""
    alone = [m for m in methods if not any(o.required for o in m.options)]
    bodies = {m.name: {"description": m.summary,
                       **options([(o.name, o.required) for o in m.options], {o.name: option(o) for o in m.options})}
              for m in methods}
    one = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False, "properties": bodies}
    return {"anyOf": [enumeration(alone), one]}


def enumeration(methods):
    return {"enum": [m.name for m in methods], "enumDescriptions": [m.summary for m in methods]}


def build(records, skeleton):
    ops, methods = op_records.read(records), method_records.read(records)
    schema = json.loads(pathlib.Path(skeleton).read_text(encoding="utf-8"))
    definitions = schema["definitions"]
    definitions["elementType"] = {"enum": list(op_records.TYPES["Sym_Tensor"])}
    definitions["activation"] = {"enum": [op.name for op in ops.values() if op.record["activation"]]}
    definitions["opName"] = {"enum": list(ops), "enumDescriptions": [op.record["summary"].rstrip(".") for op in ops.values()]}
    definitions["node"]["allOf"] = rules(ops)
    for name, plural in (("optimizer", "optimizers"), ("schedule", "schedules"), ("initializer", "initialisers")):
        definitions[name] = choice(methods[plural])
    definitions["metric"] = enumeration(methods["metrics"])
    return schema


def text_of(value, indent=0, used=0):
    """JSON in lines: what fits stands in one."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value or indent + used + len(flat) < WIDTH:
        return flat
    pad, brackets = " " * (indent + 2), "{}" if isinstance(value, dict) else "[]"
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return filled(value, indent)
    if isinstance(value, dict):
        items = [f"{json.dumps(k)}: {text_of(v, indent + 2, len(k) + 4)}" for k, v in value.items()]
    else:
        items = [text_of(v, indent + 2) for v in value]
    return brackets[0] + "\n" + ",\n".join(pad + item for item in items) + "\n" + " " * indent + brackets[1]


def filled(words, indent):
    """A list of strings, as many in a line as fit."""
    lines, pad = [""], " " * (indent + 2)
    for word in map(lambda w: json.dumps(w, ensure_ascii=False), words):
        if lines[-1] and len(pad) + len(lines[-1]) + len(word) + 3 > WIDTH:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word + ","
    return "[\n" + "\n".join(pad + line for line in lines)[:-1] + "\n" + " " * indent + "]"


def main(records, skeleton, out):
    pathlib.Path(out).write_text(text_of(build(records, skeleton)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:4])
