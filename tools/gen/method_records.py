# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""What dialects/sym/Training.td says of optimizers, schedules, initialisers and ready metrics."""
import json
import pathlib
import textwrap

# By the class of their definitions: the kind, its plural, and where a graph file names one.
KINDS = {"Sym_OptimizerMethod": ("optimizer", "optimizers", '"optimizer"'),
         "Sym_ScheduleMethod": ("schedule", "schedules", '"learning_rate_schedule"'),
         "Sym_InitMethod": ("initialiser", "initialisers", '"init"'),
         "Sym_Metric": ("metric", "metrics", '"metrics"')}
# What the pages say in front.
HEADS = {
    "optimizers": """
A step of a parameter `w` with the gradient `g`, in Python with NumPy's functions. `rate` is what the schedule makes of
`learning_rate`; `t` counts the steps from 1. A name alone, `"optimizer": "adam"`, takes the defaults.""",
    "schedules": """
The rate of a step, where `base` is the optimizer's `learning_rate` and `t` the number of updates before it: 0 at first.
`pi` is 3.14159….""",
    "initialisers": """
What a parameter starts with: `{ "type": "f32[784, 10]", "init": "he_normal" }`. Numbers come from the seed and the
parameter's name.""",
    "metrics": """
Ready metrics take what the loss of the model takes, so the loss must be made of one op that is a loss. Examples whose
label is its `ignore_index` do not count. Any other metric is a formula, `"metrics": { "mine": "mean(abs(y - t))" }`, which may
stand beside ready ones: `"metrics": ["accuracy", { "mine": "mean(abs(y - t))" }]`."""}
RANGES = {"Any": "", "NotNegative": ">= 0", "Positive": "> 0", "Fraction": "in [0, 1)"}
VALUES = {"Number": "a number", "Integer": "an integer", "Boolean": "true or false", "Numbers": "a list of numbers",
          "Integers": "a list of integers"}


class Option:
    def __init__(self, record):
        self.name, self.kind, self.range = record["name"], record["kind"], record["range"]
        self.summary, self.value, self.sample = record["summary"], record["value"], record["sample"]
        self.required = not self.value

    def wanted(self):
        """What it may be, in words: `a number in [0, 1)`."""
        limits = ">= 1" if self.kind == "Integer" and self.range == "Positive" else RANGES[self.range]
        return " ".join(filter(None, (VALUES[self.kind], limits)))


class Method:
    def __init__(self, records, record):
        self.record, self.name, self.summary = record, record["name"], record["summary"]
        self.kind, self.plural, self.key = next(KINDS[c] for c in record["!superclasses"] if c in KINDS)
        self.formula = textwrap.dedent(record["formula"]).strip("\n")
        self.description = " ".join(record["description"].split())
        self.options = [Option(records[o["def"]]) for o in record["options"]]
        self.place = int(record["!locs"][0].rsplit(":", 1)[1])

    def signature(self):
        return f"{self.name}({', '.join(o.name + ('=' + o.value if o.value else '') for o in self.options)})"

    def example(self):
        """As a graph file writes it, every option with its default."""
        if self.kind == "metric":
            return f'{self.key}: ["{self.name}"]'
        if not self.options:
            return f'{self.key}: "{self.name}"'
        options = ", ".join(f'"{o.name}": {o.value or o.sample}' for o in self.options)
        return f'{self.key}: {{ "{self.name}": {{ {options} }} }}'


def read(path):
    """The methods in the order of their definitions, by kind."""
    records = json.loads(pathlib.Path(path).read_text())
    methods = [Method(records, r) for r in records.values()
               if isinstance(r, dict) and r.get("!anonymous") is False and KINDS.keys() & set(r["!superclasses"])]
    return {plural: sorted((m for m in methods if m.plural == plural), key=lambda m: m.place)
            for _, plural, _ in KINDS.values()}
