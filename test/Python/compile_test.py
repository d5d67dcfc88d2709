# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""From a graph built in Python to a trained model, with the compiler."""
import pathlib
import tempfile
import unittest

import numpy as np

import symc


def line():
    g = symc.Graph("line", doc="least squares")
    x, y = g.input("X", "f32[m, 3]"), g.input("y", "f32[m, 1]")
    theta = g.parameter("theta", "f32[3, 1]")
    error = x @ theta - y
    g.train(loss=g.mean(error ** 2, name="J"), optimizer={"sgd": {"learning_rate": 0.1}},
            metrics={"mae": g.mean(g.abs(error))})
    g.output(yhat=x @ theta)
    return g


class CompileTest(unittest.TestCase):
    def setUp(self):
        rng = np.random.default_rng(1)
        self.x = rng.standard_normal((50, 3), dtype=np.float32)
        self.theta = np.array([[1.0], [-2.0], [0.5]], np.float32)
        self.y = self.x @ self.theta

    def test_least_squares(self):
        model = symc.compile(line(), threads=1)
        np.testing.assert_array_equal(model.parameters["theta"], np.zeros((3, 1)))
        expected = 2 / 50 * self.x.T @ (self.x @ np.zeros((3, 1)) - self.y)
        np.testing.assert_allclose(model.gradients(X=self.x, y=self.y)["theta"], expected, rtol=1e-4)
        for _ in range(300):
            scores = model.train_step(X=self.x, y=self.y)
        self.assertLess(scores["loss"], 1e-9)
        self.assertEqual(list(scores), ["loss", "mae"])
        np.testing.assert_allclose(model.parameters["theta"], self.theta, atol=1e-4)
        np.testing.assert_allclose(model.predict(X=self.x)["yhat"], self.y, atol=1e-4)

    def test_fixed_dimension_and_kept_library(self):
        with tempfile.TemporaryDirectory() as folder:
            library = pathlib.Path(folder) / "libline.so"
            model = symc.compile(line(), library, dims={"m": 50}, functions=["predict"])
            self.assertTrue(library.exists())
            self.assertEqual(list(model.functions), ["predict"])
            self.assertEqual(model.predict.inputs[0].type, "f32[50, 3]")
            with self.assertRaises(symc.ShapeError):
                model.predict(X=self.x[:10])
            model.save_parameters(f"{folder}/w.safetensors")
            self.assertEqual(symc.load(library).name, "line")

    def test_errors_are_located(self):
        g = symc.Graph("wrong")
        x = g.input("x", "f32[n, 3]")
        g.output(y=x @ g.parameter("w", "f32[4, 1]"))
        with self.assertRaises(symc.CompileError) as raised:
            symc.compile(g)
        self.assertEqual(raised.exception.exit_code, 1)
        self.assertEqual(raised.exception.diagnostics[0]["severity"], "error")
        self.assertIn("f32[n, 3]", str(raised.exception))
        with self.assertRaisesRegex(symc.CompileError, "nothing.json"):
            symc.compile("nothing.json")


if __name__ == "__main__":
    unittest.main()
