# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""symc.Graph writes the graph file that its calls describe."""
import json
import os
import pathlib
import tempfile
import unittest

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
        with self.assertRaisesRegex(TypeError, "attributes are given by their names"):
            g.dense(x, 3, name="other")

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

    def test_mistakes(self):
        g, other = symc.Graph("g"), symc.Graph("other")
        x = g.input("x", "f32[n]")
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
