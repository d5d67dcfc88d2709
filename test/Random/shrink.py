# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Smaller graphs that fail alike.

    small = shrink(graph, types, problem, check)

`types` are the element types and shapes of nodes by name, as far as they are known, `problem` is what `check(graph)` says of
the graph. Greedy: sections go, then nodes become inputs, or other values of their types, as long as what `check` says is of
the same kind; what nothing reads goes with them, unless that is what fails.
"""
import copy
import json
import re

NAME = re.compile(r"[A-Za-z_]\w*")


def kind_of(problem):
    """What a problem is without its numbers and names."""
    lines = problem.split("\n")
    text = lines[-1 if lines[0].startswith("Traceback") else 0]
    return re.sub(r"""\d+|'[^']*'|"[^"]*"|\[[^]]*\]|\{.*""", "", text)[:40] if text else text


def names_in(value):
    return set(NAME.findall(json.dumps(value)))


def own_names(node):
    return node["name"] if isinstance(node["name"], list) else [node["name"]]


def tidied(graph):
    """Without what nothing reads."""
    while True:
        graph = copy.deepcopy(graph)
        read = [graph.get("outputs"), graph.get("train"), graph.get("entry_points")]
        bodies = [n for f in graph.get("functions", {}).values() for n in (f["nodes"], f["outputs"])]
        size = len(json.dumps(graph))
        for i in reversed(range(len(graph["nodes"]))):
            others = names_in([*read, graph["nodes"][i + 1:], bodies])
            if not others & set(own_names(graph["nodes"][i])):
                del graph["nodes"][i]
        for section in ("inputs", "parameters", "functions"):
            for name in list(graph.get(section, {})):
                rest = {k: v for k, v in graph.get("functions", {}).items() if k != name}
                if name not in names_in([*read, graph["nodes"], rest]):
                    del graph[section][name]
        if len(json.dumps(graph)) == size:
            return graph


def renamed(value, old, new):
    return json.loads(re.sub(rf"\b{old}\b", new, json.dumps(value)))


def candidates(graph, types):
    """Graphs with something less, the largest steps first."""
    def less(change):
        copied = copy.deepcopy(graph)
        change(copied)
        return copied
    train = graph.get("train", {})
    for key in ("entry_points", "dims"):
        if key in graph:
            yield less(lambda g, key=key: g.pop(key))
    for key in ("metrics", "learning_rate_schedule", "clip_global_norm", "weight_decay", "freeze"):
        if key in train:
            yield less(lambda g, key=key: g["train"].pop(key))
    if train and train["optimizer"] != {"sgd": {"learning_rate": 0.05}}:
        yield less(lambda g: g["train"].update(optimizer={"sgd": {"learning_rate": 0.05}}))
    for i in reversed(range(len(graph["nodes"]))):
        rest = {**graph, "nodes": graph["nodes"][:i] + graph["nodes"][i + 1:]}
        if not names_in(rest) & set(own_names(graph["nodes"][i])):
            yield copy.deepcopy(rest)
    for name in list(graph["outputs"]) if len(graph["outputs"]) > 1 else []:
        yield less(lambda g, name=name: g["outputs"].pop(name))
    for i in reversed(range(len(graph["nodes"]))):
        node = graph["nodes"][i]
        own = own_names(node)
        if own == [train.get("loss")]:
            terms = node.get("expr", "").split(" + ")
            for k in range(len(terms)) if len(terms) > 1 else []:
                yield less(lambda g, i=i, k=k: g["nodes"][i].update(expr=" + ".join(terms[:k] + terms[k + 1:])))
            continue
        if all(name in types for name in own):
            def to_inputs(g, i=i, own=own):
                del g["nodes"][i]
                for name in own:
                    element, shape = types[name]
                    g["inputs"][name] = f"{element}[{', '.join(map(str, shape))}]"
            yield less(to_inputs)
        for other in names_in([node.get("inputs"), node.get("expr")]) if len(own) == 1 else ():
            if types.get(own[0]) and types.get(other) == types[own[0]]:
                def pass_by(g, i=i, own=own, other=other):
                    del g["nodes"][i]
                    for section in ("nodes", "outputs", "train", "entry_points"):
                        if section in g:
                            g[section] = renamed(g[section], own[0], other)
                yield less(pass_by)


def shrink(graph, types, problem, check, steps=400):
    """The smallest graph found in so many checks, and its problem."""
    kind, best = kind_of(problem), graph

    def failing(candidate):
        """The graph, without what nothing reads where that fails too, and its problem; None where it does not fail alike."""
        nonlocal steps
        small = tidied(candidate)
        for form in (small, candidate) if small != candidate else (candidate,):
            steps -= 1
            found = check(form)
            if found and kind_of(found) == kind:
                return form, found
        return None
    smaller = failing(best)
    while smaller and steps > 0:
        best, problem = smaller
        smaller = next(filter(None, (failing(c) for c in candidates(best, types) if steps > 0)), None)
    return best, problem
