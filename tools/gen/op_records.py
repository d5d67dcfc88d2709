# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""What the definitions of the dialect say about the ops that graph files may name.

Read from `llvm-tblgen --dump-json` of the dialect: operands, attributes, interfaces, texts, and the example of each op, from
which graphs are made.
"""
import ast
import json
import pathlib
import re

FLOATS = ("f16", "bf16", "f32", "f64")
INTEGERS = ("i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64")
TYPES = {"Sym_Tensor": FLOATS + INTEGERS + ("bool",), "Sym_NumberTensor": FLOATS + INTEGERS, "Sym_FloatTensor": FLOATS,
         "Sym_IntTensor": INTEGERS, "Sym_BoolTensor": ("bool",)}
RANGES = {"NotNegative": ">= 0", "FiniteNotNegative": ">= 0", "FiniteNotZero": "not 0"}
NOTE = re.compile(r"(\w+)(?: (>= \S+|in [\[(][^\])]*[\])]))?: (.+)")
# What lib/Frontend/AttributeReader.cpp reads; any other attribute has the cases of an enum.
KINDS = {"Sym_" + k for k in "I64 F64 Order Number Bool Str Axes Ints OpenInts OpenBounds PadWidth DType ActivationName "
                             "Function Shape Sizes PaddingAttr".split()}
# An op is what the first of these that it has makes of it in a kernel.
FUSION = (("ScalarBodyOpInterface", "elementwise"), ("ReductionOpInterface", "reduction"),
          ("ContractionOpInterface", "contraction"), ("OpaqueKernelOpInterface", "opaque"),
          ("DecomposableOpInterface", "its parts"), ("ElementOpInterface", "elementwise"))


def json_default(text):
    """The default as a graph file writes it, from the C++ of the definition."""
    text = text.strip()
    if "::" in text and not text.startswith('"'):
        return '"' + re.sub(r"\W+$", "", text.split("::")[-1]).rstrip("_") + '"'
    text = text.strip("{}") if re.fullmatch(r"\{-?\d+\}", text) else text.replace("{", "[").replace("}", "]")
    return re.sub(r"(\d)\.0$", r"\1", text)


def split_outside(text, separator):
    """The parts between separators that stand in no bracket and no quotes, stripped; none of an empty text."""
    parts, depth, start, quoted = [], 0, 0, False
    for i, c in enumerate(text):
        quoted ^= c == "'"
        depth += (c in "([") - (c in ")]")
        if c == separator and depth == 0 and not quoted:
            parts.append(text[start:i].strip())
            start = i + 1
    return [p for p in (*parts, text[start:].strip()) if p]


def read_notes(record):
    """Of each attribute what it may be and what it is."""
    return {m.group(1): (m.group(2) or "", m.group(3)) for m in map(NOTE.fullmatch, record["notes"])}


class Op:
    def __init__(self, records, record):
        self.records, self.record, self.name = records, record, record["opName"]
        self.operands, self.attributes = [], []
        self.notes = read_notes(records["Sym_CommonNotes"]) | read_notes(record)
        for reference, name in record["arguments"]["args"]:
            argument = records[reference["def"]]
            if "TypeConstraint" in argument["!superclasses"]:
                self.operands.append(self.operand(argument, name))
            elif not argument.get("fromNode"):
                self.attributes.append(self.attribute(argument, name))
        # What is called has the interfaces of what the importer makes of it.
        whole = [r for r in records.values() if isinstance(r, dict) and r.get("opName") == self.name and "traits" in r]
        traits = [records[t["def"]] for r in whole for t in r["traits"]]
        self.interfaces = {name for t in traits for name in (t.get("cppInterfaceName"), t.get("trait"), t["!name"]) if name}

    @property
    def isFunctionForm(self):
        return "Sym_FunctionForm" in self.record["!superclasses"]

    @property
    def isLayer(self):
        return "LayerOpInterface" in self.interfaces

    @property
    def description(self):
        """In one line a paragraph."""
        paragraphs = re.split(r"\n\s*\n", (self.record["description"] or "").strip())
        return "\n\n".join(" ".join(p.split()) for p in paragraphs)

    def operand(self, record, name):
        note = ""
        for kind in ("Optional", "Variadic"):
            if kind in record["!superclasses"]:
                note, record = kind.lower(), self.records[record["baseType"]["def"]]
        return {"name": name, "types": TYPES[record["!name"]], "note": note}

    def attribute(self, record, name):
        default, required, kind, limits = None, True, record, ""
        while kind.get("baseAttr") and kind["!name"] not in KINDS:
            default, required = self.optional(kind, default, required)
            limits = RANGES.get(kind.get("range"), limits)
            kind = self.records[kind["baseAttr"]["def"]]
        cases = []
        if kind.get("enum"):
            cases = [self.records[c["def"]]["str"] for c in self.records[kind["enum"]["def"]]["enumerants"]]
        if name not in self.notes:
            raise SystemExit(f"op_records.py: {self.name} says nothing of its attribute '{name}'")
        noted, meaning = self.notes[name]
        summary = "one of " + ", ".join(f'"{c}"' for c in cases) if cases else kind["summary"]
        return {"name": name, "default": default, "required": required, "summary": summary, "kind": kind["!name"],
                "cases": cases, "range": noted or limits, "meaning": meaning}

    @staticmethod
    def optional(kind, default, required):
        if kind.get("defaultValue"):
            default, required = json_default(kind["defaultValue"]), False
        if kind.get("isOptional"):
            default, required = kind.get("shownDefault", default), False
        return default, required

    def signature(self):
        operands = ", ".join("…" if o["note"] == "variadic" else o["name"] for o in self.operands)
        attributes = ", ".join(a["name"] + (f"={a['default']}" if a["default"] else "") for a in self.attributes)
        return f"{self.name}({operands}{'; ' + attributes if attributes else ''})"

    # ---- facts -------------------------------------------------------------------------------------------------------

    def fusion(self):
        """What the op is in a kernel: a kind of region, `its parts`, or nothing that computes."""
        if "RenamesMemory" in self.interfaces:
            return "no kernel"
        if self.isFunctionForm or self.name == "grad":
            return "its body" if self.isFunctionForm else "its parts"
        return next(kind for interface, kind in FUSION if interface in self.interfaces)

    def derivative(self):
        """`any order`, or `none`: each op that tells a derivative has one, or decomposes into ops that have."""
        return "any order" if self.record["gradient"] else "none"

    def types(self):
        """The element types that stand for T in the example; none where nothing does."""
        example = self.example_text()
        if not re.search(r"\bT\b", example):
            return ()
        given = self.example_operands()
        varying = [set(o["types"]) for o, text in zip(self.each_operand(len(given)), given) if text.startswith("T[")]
        if varying:
            return tuple(t for t in TYPES["Sym_Tensor"] if all(t in types for types in varying))
        return TYPES[self.records[self.record["results"]["args"][0][0]["def"]]["!name"]]  # by the attribute `dtype`

    # ---- the example -------------------------------------------------------------------------------------------------

    def example_text(self):
        if self.record["example"]:
            return self.record["example"]
        return ", ".join(["T[batch, 3]"] * len(self.operands)) if self.record["broadcasts"] else ""

    def each_operand(self, count):
        """The definitions of the operands, one for each of `count`: a list stands where it is needed."""
        single = [o for o in self.operands if o["note"] != "variadic"]
        at = [o["note"] for o in self.operands].index("variadic") if len(single) < len(self.operands) else None
        if at is None:
            return self.operands[:count]
        rest = [self.operands[at]] * (count - len(single))
        return self.operands[:at] + rest + self.operands[at + 1:]

    def example_operands(self):
        return split_outside(self.example_text().partition(";")[0], ",")

    def example_attributes(self, element):
        return self.read_attributes(self.example_text().partition(";")[2], element)

    def layer_attributes(self):
        """Those with which it makes its parameters."""
        return self.read_attributes(self.record["layer"])

    @staticmethod
    def read_attributes(text, element=None):
        """`axis=1, dtype='T'` by name."""
        words = {"true": "True", "false": "False", "null": "None"}
        pairs = [part.partition("=")[::2] for part in split_outside(text, ",")]
        python = {n.strip(): re.sub(r"\b(true|false|null)\b", lambda m: words[m.group()], v) for n, v in pairs}
        return {n: element if v.strip() == "'T'" else ast.literal_eval(v.strip()) for n, v in python.items()}

    def default_element(self):
        types = self.types()
        return next((t for t in ("f32", "i32", "bool") if t in types), None)

    def example(self, element=None):
        """The inputs by name, which of them are of `element`, the operands as a node names them (an input, or `=` and an
        expression), attributes and functions."""
        element = element or self.default_element()
        texts, inputs, varying, operands = self.example_operands(), {}, [], []
        definitions = self.each_operand(len(texts))
        letters = iter("abcdefgh")
        for definition, text in zip(definitions, texts):
            if text.startswith("="):
                operands.append(text)
                continue
            name = next(letters) if definition["note"] == "variadic" else definition["name"]
            inputs[name] = re.sub(r"^T\[", f"{element}[", text)
            varying += [name] if text.startswith("T[") else []
            operands.append(name)
        functions = {}
        for definition in split_outside(self.record.get("functions", ""), ";"):
            head, _, body = definition.partition(" = ")
            name, _, arguments = head.partition("(")
            functions[name] = {"inputs": split_outside(arguments.rstrip(")"), ","), "outputs": split_outside(body, ",")}
        return {"inputs": inputs, "varying": varying, "operands": operands, "functions": functions,
                "attributes": self.example_attributes(element)}

    def example_results(self):
        """How many results the example has."""
        attributes = self.example_attributes("f32")
        if self.name == "scan":
            (step,) = self.example("f32")["functions"].values()
            return len(step["outputs"])
        if self.name == "split":
            return attributes["sections"]
        results = self.record["results"]["args"]
        return 1 if self.record["firstAlone"] else len(results)

    def example_graph(self):
        """The example as a graph file."""
        example, results = self.example(), self.example_results()
        names = ["out"] if results == 1 else [f"out{i}" for i in range(results)]
        nodes, inputs = [], []
        for operand, text in zip(self.each_operand(len(example["operands"])), example["operands"]):
            if text.startswith("="):
                nodes.append({"name": operand["name"], "expr": text[1:]})
            inputs.append(operand["name"] if text.startswith("=") else text)
        node = {"name": names if results > 1 else names[0], "op": self.name}
        node |= {"inputs": inputs} if inputs else {}
        node |= {"attrs": example["attributes"]} if example["attributes"] else {}
        graph = {"symc": 1, "name": "example", "inputs": example["inputs"], "functions": example["functions"],
                 "nodes": nodes + [node], "outputs": names}
        return {key: value for key, value in graph.items() if value or key == "nodes"}

    def example_expression(self):
        """The same node as an expression; none where it has several results."""
        if self.example_results() > 1:
            return None
        example = self.example()
        python = lambda v: repr(v) if not isinstance(v, bool) else str(v).lower()
        words = [o[1:] if o.startswith("=") else o for o in example["operands"]]
        words += [f"{n}={python(v)}" for n, v in example["attributes"].items()]
        return f"{self.name}({', '.join(words)})"


    def layer_expression(self):
        """The example as a layer that makes its parameters; none where it does not."""
        if not self.isLayer:
            return None
        return f"{self.name}({', '.join(filter(None, (self.operands[0]['name'], self.record['layer'])))})"


def family(record):
    """The name of the file of the definition."""
    for place in record.get("!locs", []):
        match = re.search(r"(\w+)\.td", str(place))
        if match:
            return match.group(1)
    return "Operators"


def families(ops):
    """The ops by family, in the order of their names."""
    result = {}
    for op in ops.values():
        result.setdefault(family(op.record), []).append(op)
    return dict(sorted(result.items()))


def title(name):
    """`ControlFlow`: Control flow."""
    return re.sub(r"(?<!^)([A-Z])", lambda m: " " + m.group(1).lower(), name)


def wanted(attribute):
    """What an attribute may be: `an integer >= 1`."""
    separator = ", each " if " or " in attribute["summary"] or "list" in attribute["summary"] else " "
    return attribute["summary"] + (separator + attribute["range"] if attribute["range"] else "")


def read_parts(path):
    """(name, summary, description) of the ops that graph files do not name: what ops and their derivatives are made of."""
    records = json.loads(pathlib.Path(path).read_text())

    def is_value(record):
        return record["results"]["args"] and not record["regions"]["args"] and any(
            "TypeConstraint" in records[reference["def"]]["!superclasses"] for reference, _ in record["arguments"]["args"])

    ops = [r for r in records.values() if isinstance(r, dict) and "opName" in r]
    named = {r["opName"] for r in ops if r.get("importable") == 1}
    return sorted((r["opName"], r["summary"].rstrip("."), " ".join((r["description"] or "").split()))
                  for r in ops if "traits" in r and r.get("summary") and r["opName"] not in named and is_value(r))


def read(path):
    """The ops that graph files may name, by name."""
    records = json.loads(pathlib.Path(path).read_text())
    ops = [Op(records, r) for r in records.values() if isinstance(r, dict) and r.get("importable") == 1 and "opName" in r]
    return {op.name: op for op in sorted(ops, key=lambda op: op.name)}
