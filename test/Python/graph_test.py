# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""symc.Graph writes the graph file that its calls describe."""
import json
import os
import pathlib
import re
import tempfile
import unittest
import warnings

import numpy as np
import symc


class GraphTest(unittest.TestCase):
    def test_perceptron(self):
        g = symc.Graph("perceptron", doc="two layers")
        g.dim("batch", max=4096)
        x, y = g.input("x", "f32[batch, 2]"), g.input("y", "f32[batch, 1]", doc="classes")
        w, b = g.parameter("W1", "f32[2, 16]", init="glorot_uniform"), g.parameter("b1", "f32[16]")
        h = g.tanh(x @ w + b).named("h")
        yhat = g.sigmoid(g.dense(h, units=1, name="fc/1"), name="yhat")
        g.output(yhat, first=x[:, 0:1])
        g.train(loss=g.mean((yhat - y) ** 2, name="J"), optimizer={"adam": {"learning_rate": 0.01}},
                metrics={"mae": g.mean(g.abs(yhat - y))})
        file = json.loads(g.to_json())
        self.assertEqual(file["dims"], {"batch": {"max": 4096}})
        self.assertEqual(file["inputs"], {"x": "f32[batch, 2]", "y": {"type": "f32[batch, 1]", "doc": "classes"}})
        self.assertEqual(file["nodes"], [
            {"name": "h", "expr": "tanh((x @ W1) + b1)"},
            {"name": "fc/1", "op": "dense", "inputs": ["h"], "attrs": {"units": 1}},
            {"name": "yhat", "op": "sigmoid", "inputs": ["fc/1"]},
            {"name": "t", "expr": "(yhat - y) ** 2"},
            {"name": "J", "op": "mean", "inputs": ["t"]}])
        self.assertEqual(file["outputs"], {"yhat": "yhat", "first": "x[:, 0:1]"})
        self.assertEqual(file["train"]["metrics"], {"mae": "mean(abs(yhat - y))"})

    def test_attributes_by_position_and_of_numpy(self):
        g = symc.Graph("g")
        x, labels = g.input("x", "f32[n, 4]"), g.input("labels", "i32[n]")
        z = g.dense(x, units=np.int64(3), name="z")
        wide = g.cast(z, "f64") * np.float64(0.5)
        g.output(best=g.argmax(z, np.int32(1)), wide=wide + wide)
        g.train(loss=g.sparse_softmax_cross_entropy(z, labels), optimizer="adam", metrics=["accuracy", "perplexity"])
        file = json.loads(g.to_json())
        self.assertEqual(file["nodes"], [{"name": "z", "op": "dense", "inputs": ["x"], "attrs": {"units": 3}},
                                         {"name": "t", "expr": "cast(z, 'f64') * 0.5"}])
        self.assertEqual(file["outputs"]["best"], "argmax(z, 1)")
        self.assertEqual(file["train"]["metrics"], ["accuracy", "perplexity"])
        self.assertEqual(symc.compile(g).predict(x=np.zeros((2, 4), "f4"))["wide"].dtype, np.float64)
        with self.assertRaisesRegex(TypeError, "not 3; attributes are given by their names: units=3"):
            g.dense(x, 3, name="other")
        with self.assertRaisesRegex(TypeError, "expression has no None"):
            g.sum(x, None)
        g.dense(x, units=2, activation=g.relu, name="rectified")
        self.assertEqual(g._nodes[-1]["attrs"], {"units": 2, "activation": "relu"})

    def test_constants_take_their_own_type(self):
        g = symc.Graph("g")
        for value, kind in (([1, 2, 3], "i64[3]"), ([[1, 2.5]], "f32[1, 2]"), (True, "bool[]"), (2.5, "f32[]"), ([], "f32[0]"),
                            (np.arange(2, dtype="u1"), "u8[2]"), (np.float64(3), "f64[]"),
                            (np.ones((2, 1), ">f2"), "f16[2, 1]")):
            name = g.constant(value).name
            self.assertEqual(g._sections["constants"][name]["type"], kind)
        g.constant("k", [1.0]), g.constant("l", "f64[1]", [1.0]), g.constant([1], name="i")
        g.constant("j", type="i8[]", value=3)
        self.assertEqual({n: g._sections["constants"][n]["type"] for n in "klij"},
                         {"k": "f32[1]", "l": "f64[1]", "i": "i64[1]", "j": "i8[]"})
        for wrong, error in (([1e39], symc.DTypeError), ([[1], [2, 3]], symc.ShapeError), ("a", TypeError), ([1j], TypeError),
                             (np.array(["a"]), TypeError), (np.array([np.nan]), ValueError)):
            with self.assertRaises(error):
                g.constant(wrong)
        with self.assertRaisesRegex(TypeError, "a constant is g.constant"):
            g.constant()
        g = symc.Graph("scaled")
        g.output(y=g.input("x", "f32[n, 3]") * g.constant(np.float32([1, 2, 3])))
        np.testing.assert_array_equal(symc.compile(g).predict(x=np.ones((1, 3), "f4"))["y"], [[1, 2, 3]])

    def test_several_results(self):
        g = symc.Graph("g")
        x = g.input("x", "f32[4, 6]")
        q, r = g.qr(x)
        left, right = g.split(x, 2, axis=1)
        first, second, rest = g.split(x, sizes=(1, 2, 3), axis=1)
        best, where = g.top_k(x, 2)
        states, h, c = g.lstm(g.reshape(x, shape=(1, 4, 6)), units=3)
        alone = g.gru(states, units=2).named("alone")
        dx, _ = g.grad(g.sum(x * x * right[0, 0]), x, right)
        self.assertEqual([v.name for v in (q, r, left, right, h, c, alone)],
                         ["qr", "qr_1", "split", "split_1", "lstm_1", "lstm_2", "alone"])
        g.output(q=q @ r, s=g.concat(left, right, axis=1), rest=rest, best=best, h=h, alone=alone, dx=dx)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model = symc.compile(g)
        data = np.random.default_rng(1).normal(size=(4, 6)).astype("f4")
        got = model.predict(x=data)
        np.testing.assert_allclose(got["q"], data, atol=1e-6)
        np.testing.assert_array_equal(got["s"], data)
        np.testing.assert_array_equal(got["rest"], data[:, 3:])
        np.testing.assert_array_equal(got["best"], np.sort(data)[:, :-3:-1])
        self.assertEqual((got["h"].shape, got["alone"].shape), ((1, 3), (1, 4, 2)))
        dx = 2 * data * data[0, 3]
        dx[0, 3] += np.sum(data * data)  # on the way through `right`
        np.testing.assert_allclose(got["dx"], dx, rtol=1e-5)
        self.assertIn("alone/kernel", model.parameters)
        with self.assertRaisesRegex(TypeError, "cannot be iterated over"):
            a, b = rest

    def test_attributes_of_python(self):
        g = symc.Graph("g")
        x = g.input("x", "f32[n, 4]")
        values = {"wide": g.cast(x, np.float64, name="wide"), "turned": g.transpose(x, (1, 0)),
                  "top": g.maximum(x, 0.5, name="top"),
                  "padded": g.pad(x, pad_width=((0, 0), (1, 0)), constant_values=-np.inf), "sum": g.sum(x, axis=np.int64(1)),
                  "kept": g.max(x, 1, keepdims=np.bool_(True)), "joined": g.concat([x, x], axis=1, name="joined")}
        g.output(**values)
        got, data = symc.compile(g).predict(x=np.arange(8, dtype="f4").reshape(2, 4)), np.arange(8.0).reshape(2, 4)
        wanted = {"wide": data, "turned": data.T, "top": np.maximum(data, 0.5),
                  "padded": np.pad(data, ((0, 0), (1, 0)), constant_values=-np.inf), "sum": data.sum(1),
                  "kept": data.max(1, keepdims=True), "joined": np.hstack([data, data])}
        for name, value in wanted.items():
            np.testing.assert_array_equal(got[name], value)
        self.assertEqual(got["wide"].dtype, np.float64)
        with self.assertRaisesRegex(ValueError, "numbers of a graph file are finite"):
            g.train(loss=g.mean(x), optimizer={"sgd": {"learning_rate": np.inf}})
        with self.assertRaisesRegex(TypeError, "no element type for complex64"):
            g.cast(x, np.complex64)

    def test_ops_are_known(self):
        g = symc.Graph("g")
        self.assertIn("conv2d(x, kernel, bias; filters", g.conv2d.__doc__)
        self.assertTrue({"tanh", "while_", "to_json"} <= set(dir(g)))
        self.assertFalse(hasattr(g, "tahn"))
        for name, hint in (("tahn", "did you mean 'tanh'"), ("power", "x ** y"), ("linear", "did you mean 'dense'")):
            with self.assertRaisesRegex(AttributeError, re.escape(hint)):
                getattr(g, name)

    def test_names_that_say_what_things_are(self):
        g = symc.Graph("g")
        x = g.input("x", "f32[n]")
        self.assertEqual(repr(g), "<symc graph g: 1 input, 0 parameters, 0 nodes; outputs none yet>")
        g.output(y=x + 1)
        g.node("z", "x * 2")
        self.assertEqual(repr(g), "<symc graph g: 1 input, 0 parameters, 1 node; outputs y>")
        self.assertEqual(repr(x * 2), "<symc value x * 2>")

    def test_the_file_is_that_of_json(self):
        g = symc.Graph("g", doc='"é\n')
        g.dim("n", min=np.int64(2))
        f = g.function(lambda a: (g.tanh(a, name="t"), a), name="f")
        y, z = f(g.input("x", "f32[n]", doc="ä"))
        g.constant("k", [[1, 2], [3, 4]])
        g.entry_point("e", y)
        g.output(y=y, z=g.cast(z, "f64") * 2)
        text = g.to_json()
        self.assertEqual(text, json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n")

    def test_metrics_of_both_kinds(self):
        g = symc.Graph("g")
        x, y = g.input("x", "f32[n]"), g.input("y", "f32[n]")
        p = g.sigmoid(x * g.parameter("w", "f32[]", init="ones"), name="p")
        g.train(loss=g.mse(p, y), optimizer="sgd", metrics=["f1", {"worst": g.max(g.abs(p - y))}, "mae"])
        self.assertEqual(json.loads(g.to_json())["train"]["metrics"], ["f1", {"worst": "max(abs(p - y))"}, "mae"])
        g.output(p)
        scores = symc.compile(g).evaluate(x=np.float32([-1, 2, 3, -2]), y=np.float32([0, 1, 0, 1]))
        self.assertEqual([name for name in scores if "/" not in name], ["loss", "f1", "worst", "mae"])
        self.assertEqual(scores["f1"], 0.5)

    def test_names_for_values(self):
        g = symc.Graph("g")
        x, y = g.input("x", "f32[n]"), g.input("y", "f32[n]")
        fc2 = g.dense(g.reshape(x, shape=(-1, 1)), units=1, name="fc2")
        p = g.sigmoid(g.squeeze(fc2, axis=1), name="p")
        g.train(loss=g.mse(p, y), optimizer="sgd", metrics="mae")
        g.output("fc2", p)
        g.entry_point("f", ["fc2"])
        g.entry_point("h", p, "x", twice=p * 2)
        file = json.loads(g.to_json())
        self.assertEqual(file["train"]["metrics"], ["mae"])
        self.assertEqual(file["outputs"], ["fc2", "p"])
        self.assertEqual(file["entry_points"], {"f": {"outputs": ["fc2"]},
                                                "h": {"outputs": {"p": "p", "x": "x", "twice": "p * 2"}}})
        model, data = symc.compile(g), np.float32([0, 1])
        np.testing.assert_array_equal(model.f(x=data)["fc2"], model.predict(x=data)["fc2"])
        self.assertEqual(list(model.h(x=data)), ["p", "x", "twice"])
        g.entry_point("k", "fc3")
        with self.assertRaisesRegex(symc.CompileError, r"graph_test.py:\d+: error\[.*'fc3'"):
            symc.compile(g)

    def test_shared_values_are_written_once(self):
        g = symc.Graph("g")
        x = g.input("x", "f32[n]")
        e = x * 2
        for _ in range(60):
            e = e + e
        g.output(y=e)
        text = g.to_json()
        self.assertLess(len(text), 20000)

    def test_operators_and_names(self):
        g = symc.Graph("g")
        x, odd = g.input("x", "f32[n]"), g.parameter("a/b-c", "f32[1]")
        word = g.parameter("pi", "f32[1]")
        cases = {"-x": -x, "1 - x": 1 - x, "x ** (-1)": x ** -1, "x > 0.5": x > 0.5, "`a/b-c` * x": odd * x,
                 "`pi` + x": word + x, "x.T": x.T, "x[..., None]": x[..., None], "x[1:4:2]": x[1:4:2], "x == 1": x == 1}
        for text, value in cases.items():
            self.assertEqual(g._text(value), text)

    def test_bool_values(self):
        g = symc.Graph("g")
        x = g.input("x", "f32[n]")
        g.output(within=(x > 0) & (x < 1), out=~(x > 0) | (x >= 1), never=(x > 0) & False, size=abs(+x), rest=5 % x,
                 floor=5 // x)
        data = np.float32([-2, 0.5, 3])
        got = symc.compile(g).predict(x=data)
        wanted = {"within": [False, True, False], "out": [True, False, True], "never": [False] * 3, "size": [2, 0.5, 3],
                  "rest": 5 % data, "floor": 5 // data}
        for name, value in wanted.items():
            np.testing.assert_array_equal(got[name], value, name)
        g.output(odd=g.cast(x, "i32") & 1)
        with self.assertRaisesRegex(symc.CompileError, r"graph_test.py:\d+: error\[S0304\].*of bool, not i32"):
            symc.compile(g)

    def test_mistakes(self):
        g, other = symc.Graph("g"), symc.Graph("other")
        x = g.input("x", "f32[n]")
        condition = x > 0
        for attempt, said in ((lambda: x.mean(), r"no 'mean': write g.mean\(x\)"), (lambda: x.shape, "name of its dimension"),
                              (lambda: x.dtype, "g.cast"), (lambda: x.foo, "no 'foo'"), (lambda: len(x), "of its dimension"),
                              (lambda: x[x], "g.gather"), (lambda: x[condition], "g.select"), (lambda: x[0.5], "not 0.5"),
                              (lambda: x[1:x], "g.gather"), (lambda: 0 < x < 1, r"\(a > 0\) & \(a < 1\)"),
                              (lambda: condition ^ condition, "a != b"), (lambda: np.mean(x), "not numpy.mean"),
                              (lambda: np.ones(2) @ x, "use graph.constant"), (lambda: float(x), "no value yet"),
                              (lambda: g.input("z", (None, 3)), r"'f32\[batch, 3\]', not \(None, 3\)"),
                              (lambda: g.parameter("z", np.float32), "is a text"),
                              (lambda: g.constant("z", (2,), [1, 2]), r"'f32\[2\]'"),
                              (lambda: g.train(g.mean(x), "sgd", metrics=x), "name of a ready one"),
                              (lambda: g.output(x + 1), "without a name"), (lambda: g.output(3), "without a name"),
                              (lambda: symc.compile(g, dim={"n": 3}), "did you mean 'dims'"),
                              (lambda: symc.compile(g, dims=3), r'dims=\{"batch": 32\}'),
                              (lambda: symc.compile(g, dims={"n": 2.5}), "n must be a whole number")):
            with self.assertRaisesRegex((TypeError, AttributeError, ValueError), said):
                attempt()
        self.assertFalse(hasattr(x, "shape"))
        with self.assertRaisesRegex(ValueError, "two definitions of 'x'"):
            g.parameter("x", "f32[1]")
        with self.assertRaisesRegex(ValueError, "two graphs"):
            x + other.input("y", "f32[n]")
        with self.assertRaisesRegex(TypeError, "no value yet"):
            if x > 1:
                pass
        with self.assertRaisesRegex(TypeError, "use graph.constant"):
            x + [1, 2]

    def test_functions(self):
        g = symc.Graph("rnn")
        x, h0 = g.input("x", "f64[t, n, 2]"), g.input("h0", "f64[n, 3]")
        w, u = g.parameter("W", "f64[2, 3]", init="glorot_uniform"), g.parameter("U", "f64[3, 3]", init="orthogonal")

        @g.function
        def squash(a):
            return g.tanh(a * 0.5)

        @g.function(name="cell", h="f64[n, 3]", v="f64[n, 2]")
        def step(h, v):
            h = squash(v @ w + h @ u)
            return h, h * 2

        @g.function
        def small(a):
            return g.max(g.abs(a)) < 0.1

        @g.function
        def large(a):
            return g.logical_not(small(a))

        @g.function
        def halved(a):
            return a / 2

        @g.function
        def kept(a):
            return a

        last, rows = g.scan(h0, x, body=step, carries=1, name="all")
        down = g.while_(last, cond=large, body=halved, max_iterations=20)
        either = g.cond(small(last), last, true_fn=kept, false_fn=halved)
        best, where = g.top_k(last, k=2, name=["best", "where"])
        g.output(last, rows, best, where, down=down, either=either)
        file = json.loads(g.to_json())
        self.assertEqual(file["functions"]["cell"], {
            "inputs": {"h": "f64[n, 3]", "v": "f64[n, 2]"},
            "nodes": [{"name": "t_1", "expr": "(v @ W) + (h @ U)"},
                      {"name": "call", "op": "call", "inputs": ["t_1"], "attrs": {"function": "squash"}}],
            "outputs": ["call", "call * 2"]})
        self.assertEqual(file["functions"]["squash"], {"inputs": ["a"], "outputs": ["tanh(a * 0.5)"]})
        self.assertEqual(file["nodes"][0], {"name": ["all", "all_1"], "op": "scan", "inputs": ["h0", "x"],
                                            "attrs": {"body": "cell", "carries": 1}})
        model = symc.compile(g)
        rng = np.random.default_rng(0)
        data, h = rng.standard_normal((5, 4, 2)), rng.standard_normal((4, 3))
        got = model.predict(x=data, h0=h)
        wanted = []
        for row in data:
            h = np.tanh((row @ np.array(model.parameters["W"]) + h @ np.array(model.parameters["U"])) * 0.5)
            wanted.append(h * 2)
        self.assertTrue(np.allclose(np.array(got["all"]), h, atol=1e-12))
        self.assertTrue(np.allclose(np.array(got["all_1"]), wanted, atol=1e-12))
        self.assertTrue(np.allclose(np.array(got["best"]), np.sort(h, axis=1)[:, ::-1][:, :2], atol=1e-12))
        self.assertLess(np.abs(np.array(got["down"])).max(), 0.1)

    def test_operands_by_name_and_streams(self):
        g = symc.Graph("listener")
        x, h0 = g.input("x", "f32[1, time, 3]"), g.parameter("h0", "f32[1, 4]", init="ones")
        sequence, h, c = g.lstm(x, units=4, name=["s", "h", "c"])
        y = g.gru(x=sequence, initial_h=h0, units=4, name="y")
        g.output(y=y)
        g.entry_point("step", y, stream="time")
        file = json.loads(g.to_json())
        self.assertEqual(file["nodes"][1]["inputs"], {"x": "s", "initial_h": "h0"})
        self.assertEqual(file["entry_points"], {"step": {"outputs": ["y"], "stream": "time"}})
        model = symc.compile(g)
        model.initialize(seed=1)
        data = np.random.default_rng(0).normal(size=(1, 5, 3)).astype(np.float32)
        whole = model.predict(x=data)["y"]
        for _ in range(2):
            steps = [model.step(x=np.ascontiguousarray(data[:, t]))["y"] for t in range(5)]
            np.testing.assert_allclose(np.stack(steps, axis=1), whole, atol=1e-6)
            model.reset()
        with self.assertRaisesRegex(TypeError, "all by their names, and initial_h by name"):
            g.gru(sequence, initial_h=h0, units=4)

    def test_mistakes_in_functions(self):
        g = symc.Graph("g")
        x = g.input("x", "f32[n]")
        y = x * 2
        for inner in (lambda a: a + x, lambda a: g.tanh(y), lambda a: (a, y)):
            with self.assertRaisesRegex(ValueError, "pass it as an input"):
                g.function(inner, name="f")
        leaked = []
        f = g.function(lambda a: leaked.append(a) or a, name="f")
        with self.assertRaisesRegex(ValueError, "is of a function"):
            x + leaked[0]
        with self.assertRaisesRegex(ValueError, "two definitions of 'f'"):
            g.function(lambda a: a, name="f")
        with self.assertRaisesRegex(TypeError, "f takes 1 inputs"):
            f(x, x)
        with self.assertRaisesRegex(TypeError, "all of them have one, or none"):
            g.function(lambda a, b: a, name="h", a="f32[n]")
        with self.assertRaisesRegex(TypeError, "plain parameter"):
            g.function(lambda *a: a, name="h")
        with self.assertRaisesRegex(ValueError, "another graph"):
            symc.Graph("other").op("call", function=f)
        self.assertEqual(g._text(x + 1), "x + 1")

    def test_writes_a_file(self):
        g = symc.Graph("g")
        g.output(y=g.input("x", "f32[n]") + 1)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "g.json"
            self.assertEqual(g.to_json(path), path.read_text())
            self.assertEqual([p.name for p in pathlib.Path(folder).iterdir()], ["g.json"])
            path.chmod(0o640)
            link = pathlib.Path(folder) / "link"
            link.symlink_to("g.json")
            path.write_text("old")
            text = g.to_json(link)
            self.assertTrue(link.is_symlink())
            self.assertEqual((path.read_text(), path.stat().st_mode & 0o777), (text, 0o640))
            os.mkfifo(f"{folder}/fifo")
            reader = os.open(f"{folder}/fifo", os.O_RDONLY | os.O_NONBLOCK)
            g.to_json(f"{folder}/fifo")
            self.assertEqual(os.read(reader, 1 << 16).decode(), text)
            os.close(reader)
            path.chmod(0o440)
            if not os.access(path, os.W_OK):  # not root
                with self.assertRaises(PermissionError):
                    g.to_json(link)
            with self.assertRaises(IsADirectoryError):
                g.to_json(folder)
            self.assertEqual(sorted(os.listdir(folder)), ["fifo", "g.json", "link"])


if __name__ == "__main__":
    unittest.main()
