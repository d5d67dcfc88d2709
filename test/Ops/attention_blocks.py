"""Attention against NumPy, with gradients, over so many queries that it goes by blocks, and over few causal ones, of whose shares
half are zeros: attention_blocks.py.

Beside the numbers: derivatives of the second order against differences, and that the memory of neither direction has room for
the matrix of all scores.
"""
import json
import pathlib
import sys
import tempfile

import numpy as np
import symc

# Features of q and k, and of v: of blocks, and of few queries, whose products fill vectors.
NARROW, WIDE = (3, 2), (19, 24)
# (leading sizes of q, k and v, queries, keys, sizes of the mask or None, causal, whether sizes are symbolic)
CASES = [((), 512, 256, None, False, False), ((2,), 300, 300, None, True, False), ((2, 3), 519, 17, None, False, False),
         ((2,), 260, 400, None, True, False), ((2,), 517, 70, (517, 70), False, False),
         ((2, 2), 570, 570, (2, 1, 570, 570), True, False), ((2,), 512, 40, (1, 40), False, False),
         ((2,), 256, 40, (40,), True, False), ((2,), 640, 600, (600,), True, False),
         *(((2,), n, m, mask and (n, m), causal, True) for n, m, mask, causal in
           ((1, 1, False, True), (5, 9, True, False), (64, 64, False, True), (65, 64, True, True), (200, 200, True, True),
            (0, 3, False, False), (300, 1, False, True)))]
FEW = [(lead, n, m, mask and (n, m), True, symbolic) for lead, n, m, mask, symbolic in
       (((), 1, 1, False, False), ((2, 2), 64, 64, False, False), ((3,), 65, 65, False, False), ((2,), 7, 12, False, False),
        ((2,), 50, 13, False, False), ((), 33, 33, False, False), ((2,), 40, 40, True, False))]
# Two threads, whose tiles share rows at the end, and a value that is NaN: the same rows are.
THREADS = ((3, 64, 5), (2, 65, 60), (2, 50, 33))  # leading size, queries, and which is the first that sees it


def reference(q, k, v, kept, cotangent):
    """The means, and the gradients of their products with the cotangent."""
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])
    kept = np.broadcast_to(kept, scores.shape)
    scores = np.where(kept, scores, -1e9)
    shares = np.where(kept, np.exp(scores - np.max(scores, -1, keepdims=True, initial=-1e9)), 0)
    total = np.sum(shares, -1, keepdims=True)
    shares = np.divide(shares, total, out=np.zeros_like(shares), where=total > 0)
    of_shares = cotangent @ np.swapaxes(v, -1, -2)
    of_scores = shares * (of_shares - np.sum(shares * of_shares, -1, keepdims=True)) / np.sqrt(q.shape[-1])
    return shares @ v, of_scores @ k, np.swapaxes(of_scores, -1, -2) @ q, np.swapaxes(shares, -1, -2) @ cotangent


def graph(sizes, mask, causal):
    """`sizes`: of q, k, v and the mask, as they are written."""
    operands = "q, k, v" + (", m" if mask else "")
    inputs = {"q": f"f64[{sizes['q']}]", "k": f"f64[{sizes['k']}]", "v": f"f64[{sizes['v']}]", "w": f"f64[{sizes['w']}]",
              **({"m": f"bool[{sizes['m']}]"} if mask else {}), "c": f"f64[{sizes['q']}]"}
    nodes = [{"name": "out", "expr": f"attention({operands}, causal={str(causal).lower()})"},
             {"name": "J", "expr": "sum(out * w)"},
             {"name": ["dq", "dk", "dv"], "op": "grad", "inputs": ["J", "q", "k", "v"]},
             {"name": "along", "expr": "sum(dq * c)"}, {"name": "second", "expr": "grad(along, q)"}]
    dims = {"dims": {"n": {"min": 0}, "s": {"min": 1}}} if "n" in sizes["q"] else {}
    return {"symc": 1, "name": "blocks", "inputs": inputs, "nodes": nodes, **dims,
            "entry_points": {"forward": {"outputs": ["out"]}, "backward": {"outputs": ["dq", "dk", "dv"]},
                             "twice": {"outputs": ["along", "second"]}},
            "outputs": ["out"]}


def call(function, values):
    result = function(**{i.name: values[i.name] for i in function.inputs})
    return {o.name: np.array(v) for o, v in zip(function.outputs, result.values() if isinstance(result, dict) else result)}


def check(folder, features, lead, queries, keys, mask, causal, symbolic):
    """What is wrong; None: nothing."""
    rng = np.random.default_rng(queries + keys)
    width, others = features
    shapes = {"q": (*lead, queries, width), "k": (*lead, keys, width), "v": (*lead, keys, others),
              "w": (*lead, queries, others), "c": (*lead, queries, width), **({"m": mask} if mask else {})}
    values = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    kept = np.ones((queries, keys), bool)
    if mask:
        values["m"] = rng.random(mask) < 0.7
        if len(mask) > 1 and mask[-2] > 1:
            values["m"][..., 1, :] = False  # a query that sees nothing
        kept = kept & values["m"]
    if causal:
        kept = kept & np.tri(queries, keys, dtype=bool)
    spell = lambda shape: ", ".join(str(s) for s in shape)
    sizes = {name: spell(shape) for name, shape in shapes.items()}
    if symbolic:
        queries_and_keys = {"q": ("n", width), "k": ("s", width), "v": ("s", others), "w": ("n", others)}
        sizes = {name: spell((*lead, *tail)) for name, tail in queries_and_keys.items()} | {"m": "n, s"}
    path = folder / "blocks.json"
    path.write_text(json.dumps(graph(sizes, mask, causal)))
    model = symc.compile(path, folder / "blocks.so")
    want = reference(*(values[n] for n in "qkv"), kept, values["w"])
    found = {**call(model.functions["forward"], values), **call(model.functions["backward"], values)}
    for name, expected in zip(("out", "dq", "dk", "dv"), want):
        if found[name].shape != expected.shape or not np.allclose(found[name], expected, rtol=1e-11, atol=1e-12):
            return f"{name} is off by {np.max(np.abs(found[name] - expected))}"
    direction, step, sides = rng.normal(size=shapes["q"]), 1e-5, []
    for sign in (1, -1):
        moved = dict(values, q=values["q"] + sign * step * direction)
        sides.append(call(model.functions["twice"], moved)["along"])
    expected = (sides[0] - sides[1]) / (2 * step)
    given = np.sum(call(model.functions["twice"], values)["second"] * direction)
    if not np.isclose(given, expected, rtol=1e-6, atol=1e-7):
        return f"the second derivative is {given}, by differences {expected}"
    if symbolic:
        many = 4096
        scores = 8 * int(np.prod(lead)) * many * many
        for name in ("forward", "backward"):
            arena = model.plan(name, n=many, s=many)["arena_bytes"]
            if arena > scores / 4:
                return f"{name} takes {arena} bytes, where all scores are {scores}"
    return None


def check_threads(folder, lead, times, first):
    path = folder / "threads.json"
    path.write_text(json.dumps({
        "symc": 1, "name": "shared", "inputs": {name: f"f32[n, {times}, 32]" for name in "qkv"},
        "nodes": [{"name": "out", "expr": "attention(q, k, v, causal=true)"}, {"name": "J", "expr": "sum(out ** 2)"},
                  {"name": ["dq", "dk", "dv"], "op": "grad", "inputs": ["J", "q", "k", "v"]}],
        "outputs": ["out", "dq", "dk", "dv"]}))
    library = folder / "threads.so"
    symc.compile(path, library)
    rng = np.random.default_rng(times)
    values = {name: rng.normal(size=(lead, times, 32)).astype(np.float32) for name in "qkv"}
    values["v"][:, first, 3] = np.nan
    results = [call(symc.load(library, threads=threads).functions["predict"], values) for threads in (1, 2, 2, 2)]
    if not np.isnan(results[0]["out"][:, first:, 3]).all() or np.isnan(np.delete(results[0]["out"], 3, -1)).any():
        return "NaN is not where it is seen"
    for other in results[1:]:
        for name, value in results[0].items():
            if not np.array_equal(value, other[name], equal_nan=True):
                return f"{name} differs with two threads"
    return None


def main():
    failed = 0
    cases = [*[(NARROW, *case) for case in CASES], *[(WIDE, *case) for case in FEW], *THREADS]
    with tempfile.TemporaryDirectory() as name:
        for case in cases:
            problem = check_threads(pathlib.Path(name), *case) if case in THREADS else check(pathlib.Path(name), *case)
            if problem:
                failed += 1
                print(f"{case}: {problem}")
    print(f"{len(cases)} cases, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
