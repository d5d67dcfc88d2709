# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""The nodes of one sample: a graph in the making."""
import numpy as np


class NoOp(Exception):
    """symc cannot express the sample, and why."""


class NotMapped(Exception):
    """The mapping does not know an argument, or this value of it: an error of this program."""


def array(tensor):
    kind = {"float64": np.float64, "int64": np.int64, "bool": np.bool_, "uint8": np.uint8}[tensor["dtype"]]
    return np.array(tensor["data"], kind).reshape(tensor["shape"])


def is_tensor(value):
    return isinstance(value, dict) and "data" in value


def as_list(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


class Node:
    """A value of the graph and its shape."""

    def __init__(self, name, shape):
        self.name, self.shape = name, tuple(shape)

    @property
    def rank(self):
        return len(self.shape)


class Sample:
    """Builds the nodes of one sample; what `wrt` holds are its differentiated operands in order."""

    def __init__(self, number, record):
        self.number, self.record = number, record
        self.parameters, self.constants, self.nodes, self.wrt, self.outputs = {}, {}, [], [], {}
        self.count = 0
        self.training_only = False  # `predict` gives something else

    def name(self):
        self.count += 1
        return f"s{self.number}_{self.count}"

    def value(self, tensor, differentiated=True):
        data = array(tensor) if is_tensor(tensor) else np.asarray(tensor)
        name = self.name()
        element = {"f": "f64", "i": "i64", "b": "bool", "u": "u8"}[data.dtype.kind]
        type_text = f"{element}[{', '.join(map(str, data.shape))}]"
        node = Node(name, data.shape)
        if data.dtype.kind == "f" and differentiated and data.size:
            self.parameters[name] = (type_text, data)
            self.wrt.append(name)
        else:
            self.constants[name] = {"type": type_text, "value": data.tolist()}
            if data.dtype.kind == "f" and differentiated:
                self.wrt.append(None)
        return node

    def op(self, op, *inputs, shape=None, results=1, attributes=None, **attrs):
        attrs |= attributes or {}
        names = [self.name() for _ in range(results)]
        entry = {"name": names[0] if results == 1 else names, "op": op, "inputs": [i.name for i in inputs]}
        if attrs:
            entry["attrs"] = attrs
        self.nodes.append(entry)
        nodes = [Node(n, () if shape is None else shape) for n in names]
        return nodes[0] if results == 1 else nodes

    def expr(self, text, shape=()):
        name = self.name()
        self.nodes.append({"name": name, "expr": text})
        return Node(name, shape)

    def reshape(self, x, shape):
        node = Node(self.name(), shape)
        self.nodes.append({"name": node.name, "op": "reshape", "inputs": [x.name], "attrs": {"shape": list(shape)}})
        return node

    def transpose(self, x, axes):
        return self.op("transpose", x, shape=[x.shape[a] for a in axes], axes=list(axes))
