# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""symc.Graph writes the graph file that its calls describe."""
import json
import os
import pathlib
import tempfile
import unittest

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
