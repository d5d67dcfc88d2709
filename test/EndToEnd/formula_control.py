# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Models with loops and branches, whose derivatives are printed: their functions become definitions."""


def body(inputs, outputs, **nodes):
    """A function; a node is an expression, or an op: (op, inputs, attributes)."""
    return {"inputs": inputs, "nodes": [node(n, e) for n, e in nodes.items()], "outputs": outputs}


def node(name, entry):
    if isinstance(entry, str):
        return {"name": name, "expr": entry}
    op, inputs, attrs = entry
    return {"name": name.split("__") if "__" in name else name, "op": op, "inputs": inputs, "attrs": attrs}


def model(inputs, parameters, functions, **nodes):
    """`a__b` is a node with two results."""
    return {"inputs": inputs, "parameters": parameters, "functions": functions,
            "nodes": [node(n, e) for n, e in nodes.items()]}


def scanned(name, *inputs, carries=1, **attrs):
    return "scan", list(inputs), {"body": name, "carries": carries, **attrs}


LINEAR = model({"x": "f64[t]"}, {"a": "f64[]"}, {"step": body(["h", "r"], ["a * h + r"])},
               last=scanned("step", "a", "x"), J="2 * last")
ELMAN = model({"x": "f64[t, 2]"}, {"W": "f64[2, 3]", "U": "f64[3, 3]", "b": "f64[3]"},
              {"cell": body(["h", "v"], ["n", "n"], n="tanh(v @ W + h @ U + b)")},
              last__all=scanned("cell", "b", "x"), J="sum(last * last) + sum(all ** 2)")
REVERSED = model({"x": "f64[t, 3]"}, {"w": "f64[3]"}, {"step": body(["h", "v"], ["n", "h * v"], n="h * sigmoid(v * w)")},
                 first__before=scanned("step", "w", "x", reverse=True), J="sum(first) + mean(before ** 2)")
EXCHANGED = model({"x": "f64[t]"}, {"a": "f64[2]", "b": "f64[2]"},
                  {"step": body(["p", "q", "v"], ["q", "r", "sum(q) * v"], r="p * 0.5 + sin(q) * v")},
                  p__q__s=scanned("step", "a", "b", "x", carries=2), J="sum(p * q) + sum(s * s)")
# Nothing is carried, and the rows are those of a parameter.
MAPPED = model({"x": "f64[t, 3]"}, {"w": "f64[3]", "A": "f64[4, 3]"},
               {"f": body(["v"], ["y"], y="sum(exp(-v * v) * w)"), "g": body(["v"], ["sum(tanh(v + w))"])},
               ys=scanned("f", "x", carries=0), zs=scanned("g", "A", carries=0), J="sum(ys * ys) + mean(zs)")
# What the body needs of outside is large, a carry that it hands on, and so is what it computes.
LARGE = model({"x": "f64[t, 3]"}, {"w": "f64[3]", "u": "f64[3]"},
              {"step": body(["h", "k", "v"], ["h * gate + v", "k", "gate"],
                            gate="sigmoid(v * k + h) * tanh(h * u + v * w) / (1 + exp(-h * h) + v * v)")},
              scale="tanh(w * u + sin(w) * cos(u) - exp(-u * u)) / (1 + w * w + u * u)",
              last__k__gates=scanned("step", "w", "scale", "x", carries=2), J="sum(last) + sum(gates * scale)")
NESTED = model({"x": "f64[t, u]"}, {"a": "f64[]", "c": "f64[]"},
               {"inner": body(["s", "e"], ["m", "m"], m="s * a + sin(e)"),
                "outer": body(["h", "row"], ["n", "all"], last__all=scanned("inner", "h", "row"),
                              n="last * c + sum(all * all) * 0.1")},
               end__table=scanned("outer", "a", "x"), J="end + sum(table)")
ROWS = model({"x": "f64[t, 2]"}, {"A": "f64[3, 2]", "w": "f64[2]"},
             {"layer": body(["h", "row"], ["tanh(h * row + w)"]),
              "step": body(["h", "v"], ["g + v"], g=scanned("layer", "h", "A"))},
             last=scanned("step", "w", "x"), J="sum(last ** 2)")
BRANCHES = {"up": body(["v"], ["p", "q"], p="exp(v * w)", q="sum(p)"), "down": body(["v"], ["p", "q"], p="v * u", q="u * u * u")}
COND = model({"x": "f64[3]", "s": "f64[]"}, {"w": "f64[3]", "u": "f64[]"}, BRANCHES, big="s > 0.0",
             p__q=("cond", ["big", "x"], {"true_fn": "up", "false_fn": "down"}), J="sum(p * p) * q")
OTHER = model({"x": "f64[3]", "s": "f64[]"}, {"w": "f64[3]", "u": "f64[]"}, BRANCHES, big="s > 0.0",
              p__q=("cond", ["big", "x"], {"true_fn": "down", "false_fn": "up"}), J="sum(p * p) * q")
# The parameter decides, and both branches are taken.
CHOSEN = model({"x": "f64[t, 3]"}, {"w": "f64[3]"},
               {"plus": body(["h", "v"], ["h + v * w * w"]), "times": body(["h", "v"], ["h * cos(v * w)"]),
                "step": body(["h", "v"], ["n", "n"], p="sum(v) > 0.0",
                             n=("cond", ["p", "h", "v"], {"true_fn": "plus", "false_fn": "times"}))},
               last__all=scanned("step", "w", "x"), J="sum(last) + sum(all * all)")
LOOPS_IN_BRANCHES = model({"s": "f64[t]"}, {"w": "f64[3]", "A": "f64[2, 3]"},
                          {"add": body(["h", "r"], ["h * w + sin(r)"]),
                           "long": body(["h"], ["y"], y=scanned("add", "h", "A")), "short": body(["h"], ["h * h * w"]),
                           "step": body(["h", "v"], ["n", "n"], p="v > 0.3",
                                        n=("cond", ["p", "h"], {"true_fn": "long", "false_fn": "short"}))},
                          last__all=scanned("step", "w", "s"), J="sum(tanh(last)) + mean(tanh(all))")
LARGE_BRANCH = model({"x": "f64[t, 3]"}, {"w": "f64[3]"},
                     {"big": body(["h", "v"], ["g * g"], g="sin(h * w + v) * cos(h * v) / (1 + h * h + v * v) + exp(-w * w * h)"),
                      "small": body(["h", "v"], ["h * v"]),
                      "step": body(["h", "v"], ["n"], p="v[0] > 0.0",
                                   n=("cond", ["p", "h", "v"], {"true_fn": "big", "false_fn": "small"}))},
                     q="sum(x) > -1000.0", y=scanned("step", "w", "x"),
                     z=("cond", ["q", "y", "w"], {"true_fn": "big", "false_fn": "small"}), J="sum(z)")
# Truths and whole numbers are carried and stacked.
FLAGS = model({"x": "f64[t, 3]"}, {"w": "f64[3]"},
              {"step": body(["h", "flag", "k", "v"], ["where(flag, h * v, h + w)", "any(h > v)", "k + 1", "flag",
                                                      "cast(h > w, 'f64') * cast(k, 'f64')"])},
              off="sum(w) > 1e9", zero=("cast", ["off"], {"dtype": "i64"}),
              last__flag__k__flags__s=scanned("step", "w", "off", "zero", "x", carries=3), J="sum(last * last) + sum(s * last)")
WHILE = model({"x": "f64[4]"}, {"w": "f64[4]"},
              {"more": body(["v"], ["sum(v * v) < 50.0"]), "grow": body(["v"], ["v * 1.5 + w * w"])},
              y=("while", ["x"], {"cond": "more", "body": "grow", "max_iterations": 30}), J="sum(y * y)")
WHILES = model({"x": "f64[4]"}, {"w": "f64[4]", "k": "f64[]"},
               {"more": body(["v", "n"], ["n < 4.0"]), "turn": body(["v", "n"], ["sin(v) * w + v * k", "n + 1.0"])},
               zero="k * 0.0", y__n=("while", ["x", "zero"], {"cond": "more", "body": "turn", "max_iterations": 9}),
               J="sum(y * y)")
AT_BOUND = model({"x": "f64[4]"}, {"w": "f64[4]"},
              {"always": body(["v"], ["sum(v * v) < 1e300"]), "turn": body(["v"], ["sin(v) * w"])},
              y=("while", ["w"], {"cond": "always", "body": "turn", "max_iterations": 3}), J="sum(y * x)")
CALLED = model({"x": "f64[t, 3]"}, {"w": "f64[3]", "u": "f64[3]"},
               {"step": body(["h", "r"], ["h * w + f(r)"]), "f": body(["r"], ["tanh(r * u)"]),
                "run": body(["h", "x"], ["last * u"], last=scanned("step", "h", "x"))},
               one=("call", ["w", "x"], {"function": "run"}), two=("call", ["u", "x"], {"function": "run"}), J="sum(one * two)")
# Names that functions, dimensions, keywords and arguments have as well.
NAMES = model({"h": "f64[n]", "dh": "f64[]"}, {"step": "f64[]", "hs": "f64[]", "scan": "f64[]", "step_vjp": "f64[]"},
              {"lambda": body(["where", "class"], ["step * where * hs + `class` * scan", "where"])},
              **{"from__tanh": scanned("lambda", "step_vjp", "h"), "J": "`from` * dh + sum(tanh) + tanh(hs)"})
CONTROL = {f"{name}_c": graph for name, graph in {
    "linear": LINEAR, "elman": ELMAN, "reversed": REVERSED, "exchanged": EXCHANGED, "mapped": MAPPED, "large": LARGE,
    "nested": NESTED, "rows": ROWS, "cond": COND, "other": OTHER, "chosen": CHOSEN, "loops_in_branches": LOOPS_IN_BRANCHES,
    "large_branch": LARGE_BRANCH, "flags": FLAGS, "while": WHILE, "whiles": WHILES, "at_bound": AT_BOUND, "called": CALLED,
    "scan_names": NAMES}.items()}
