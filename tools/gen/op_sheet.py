# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""A graph file of many examples, one node a line, so that a diagnostic's line tells whose it is."""
import json
import re


class Sheet:
    """Entries are numbered; what entry 3 has is called n3_x, and its nodes n3/out."""

    def __init__(self):
        self.names, self.values = [], []  # of each entry the op, and its operands by name
        self.inputs, self.functions, self.nodes, self.outputs = {}, {}, [], {}

    @property
    def count(self):
        return len(self.names)

    def node(self, name, owner=None, **node):
        self.nodes.append((owner, {"name": name, **{k: v for k, v in node.items() if v}}))
        return name

    def add(self, op, types=None, element=None, given=None):
        """The results of an op's example. `types`: those of its inputs, if other ones; `given`: inputs have this element
        type and are converted."""
        number, example = self.count, op.example(element)
        self.names.append(op.name)
        prefix, values = f"n{number}_", {}
        for name, text in (types or example["inputs"]).items():
            stands = given + text[text.index("["):] if given and name in example["varying"] else text
            self.inputs[prefix + name] = stands
            values[name] = prefix + name if stands == text else self.node(f"n{number}/{name}", op="cast", inputs=[prefix + name],
                                                                          attrs={"dtype": element})
        self.values.append(values)
        names = {n: prefix + n for n in example["functions"]}
        self.functions |= {names[n]: f for n, f in example["functions"].items()}
        attributes = {n: names.get(v, v) if isinstance(v, str) else v for n, v in example["attributes"].items()}
        if types:
            symbol = next((m.group() for t in types.values() for m in [re.search(r"\w*batch", t)] if m), "batch")
            attributes = json.loads(json.dumps(attributes).replace('"batch"', f'"{symbol}"'))
        operands = []
        for k, operand in enumerate(example["operands"]):
            if operand.startswith("="):
                text = re.sub(r"\b(" + "|".join(values) + r")\b(?!\()", lambda m: f"`{values[m.group()]}`", operand[1:])
                operands.append(self.node(f"n{number}/y{k}", number, expr=text))
            else:
                operands.append(values[operand])
        results = [f"n{number}/out{i}" for i in range(op.example_results())]
        self.node(results if len(results) > 1 else results[0], number, op=op.name, inputs=operands, attrs=attributes)
        return results

    def output(self, name, value):
        self.outputs[name] = value

    def write(self, path):
        """Writes the file; the entry of each line that has one."""
        lines = ['{ "symc": 1, "name": "sheet",', f'"inputs": {json.dumps(self.inputs)},',
                 f'"functions": {json.dumps(self.functions)},', '"nodes": [']
        owners = {len(lines) + 1 + i: owner for i, (owner, _) in enumerate(self.nodes) if owner is not None}
        lines += [json.dumps(n) + ("," if i + 1 < len(self.nodes) else "") for i, (_, n) in enumerate(self.nodes)]
        lines += ['],', f'"outputs": {json.dumps(self.outputs)} }}']
        path.write_text("\n".join(lines))
        return owners
