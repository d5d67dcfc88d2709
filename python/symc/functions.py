# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Functions of a graph file, which calls, loops and branches use."""
import inspect

from .places import Entries, Entry, caller


class Function:
    """A function of the file. Called it gives its results, a value or a tuple; as an attribute (`g.scan(h0, x, body=cell,
    carries=1)`) it stands for its name."""

    def __init__(self, graph, name, inputs, outputs):
        self._graph, self.name, self.inputs, self.outputs = graph, name, inputs, outputs

    def __call__(self, *values, name=None):
        if len(values) != len(self.inputs):
            raise TypeError(f"{self.name} takes {len(self.inputs)} inputs ({', '.join(self.inputs)}), not {len(values)}")
        return self._graph.op("call", *values, name=name, function=self)

    def __repr__(self):
        return f"<symc function {self.name}({', '.join(self.inputs)})>"


def traced(graph, build, name, types):
    """The entry of the file for a Python function, which is called once with a value for each of its parameters, and the
    `Function` for it."""
    parameters = inspect.signature(build).parameters.values()
    odd = [p.name for p in parameters if p.kind is not p.POSITIONAL_OR_KEYWORD or p.default is not p.empty]
    if odd:
        raise TypeError(f"an input of {name} is a plain parameter of the Python function, not {', '.join(odd)}")
    inputs = [p.name for p in parameters]
    if types and sorted(types) != sorted(inputs):
        raise TypeError(f"{name} has the inputs {', '.join(inputs)} and types for {', '.join(types)}: all of them have one, or none")
    with graph._inside():
        results = build(*[graph._local(n) for n in inputs])
        results = results if isinstance(results, tuple) else (results,)
        outputs = [graph._text(graph._own(v) if hasattr(v, "_scope") else v) for v in results]
        entry = Entry({"inputs": {n: types[n] for n in inputs} if types else inputs, "nodes": graph._nodes,
                       "outputs": Entries(outputs)}, place=caller())
    if not entry["nodes"]:
        del entry["nodes"]
    return entry, Function(graph, name, inputs, len(results))
