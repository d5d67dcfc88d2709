# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""From a graph built in Python to a trained model, with the compiler."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import unittest.mock
import warnings

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


def times(factor, name="g"):
    g = symc.Graph(name)
    g.output(y=g.input("x", "f32[n]") * float(factor))
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

    def test_the_variable_names_a_program(self):
        for path in (pathlib.Path(__file__).parent, pathlib.Path(__file__)):
            with unittest.mock.patch.dict(os.environ, SYMC=str(path)):
                with self.assertRaisesRegex(symc.CompileError, f"the variable SYMC is no program: {path}"):
                    symc.compile(times(2))

    def test_defaults_of_the_library(self):
        g = symc.Graph("drawn")
        g.output(y=g.input("x", "f32[n, 3]") @ g.parameter("w", "f32[3, 4]", init="normal"))
        with tempfile.TemporaryDirectory() as folder:
            source, library = f"{folder}/drawn.json", f"{folder}/libdrawn.so"
            g.to_json(source)
            subprocess.run([symc.compiler.find_compiler(), "compile", source, "--seed", "5", "-o", library], check=True)
            drawn = [symc.load(library, seed=seed).parameters["w"].tolist() for seed in (None, 5, 0)]
        self.assertEqual(drawn[0], drawn[1])
        self.assertNotEqual(drawn[0], drawn[2])

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

    def test_a_path_is_no_name_of_a_model(self):
        """A model computes what its file held when it was loaded, whatever else was or will be at that path."""
        with tempfile.TemporaryDirectory() as folder:
            self.addCleanup(os.chdir, os.getcwd())
            os.chdir(folder)
            a, x = pathlib.Path("a.so"), np.ones(3, np.float32)
            value = lambda model: float(model.predict(x=x)["y"][0])
            first = symc.compile(times(2), a)
            second = symc.compile(times(3), a)
            third = symc.compile(times(4, "other"), pathlib.Path(folder) / "a.so")
            self.assertEqual([value(m) for m in (first, second, third)], [2, 3, 4])
            fourth = symc.compile(times(5), "b.so")
            os.replace("b.so", "a.so")
            self.assertEqual(value(symc.load("a.so")), 5)
            os.symlink("a.so", "link.so")
            self.assertEqual(value(symc.load("link.so")), 5)
            symc.compile(times(6), "c.so")
            shutil.copyfile("c.so", "a.so")  # into the file that is there
            self.assertEqual([value(symc.load(name)) for name in ("a.so", "./a.so", "link.so")], [6, 6, 6])
            os.unlink("link.so")
            os.symlink("c.so", "link.so")
            symc.compile(times(7), "link.so")
            self.assertTrue(os.path.islink("link.so"))
            self.assertEqual([value(symc.load(name)) for name in ("link.so", "c.so", "a.so")], [7, 7, 6])
            self.assertEqual([value(m) for m in (first, second, third, fourth)], [2, 3, 4, 5])
            for factor in range(8, 12):
                self.assertEqual(value(symc.compile(times(factor), a)), factor)
            one, two = symc.load("a.so"), symc.load("a.so")  # one library: they may share
            one.share_parameters(two)
            os.mkfifo("fifo.so")
            with self.assertRaisesRegex(symc.LibraryError, "not a regular file"):
                symc.load("fifo.so")
            os.chmod("a.so", 0o640)
            symc.compile(times(1), a)
            self.assertEqual(os.stat("a.so").st_mode & 0o7777, 0o640)
            self.assertEqual(sorted(os.listdir()), ["a.so", "c.so", "fifo.so", "g.h", "link.so", "other.h"])

    def test_libraries_that_nobody_uses_are_closed(self):
        def images():
            with open("/proc/self/maps", encoding="utf-8") as maps:
                return len({line.split()[4] for line in maps if "symc-model" in line or "/model.so" in line})

        before, x = images(), np.ones(2, np.float32)
        for factor in range(20, 26):
            model = symc.compile(times(factor))
            self.assertEqual(model.predict(x=x)["y"][0], factor)
            self.assertLessEqual(images(), before + 2)
        predict = model.predict  # needs its library
        del model
        other = symc.compile(times(30))
        self.assertEqual((predict(x=x)["y"][0], other.predict(x=x)["y"][0]), (25, 30))

    def test_a_step_needs_examples(self):
        g = symc.Graph("g")
        g.dim("n", min=0)
        g.dim("t", min=0)
        x, y = g.input("x", "f32[n, t]"), g.input("y", "f32[n]")
        z = g.sum(x * g.parameter("w", "f32[1]"), axis=1)
        g.output(z=z)
        g.train(loss=g.mean((z - y) ** 2, name="J"), optimizer={"adam": {}})
        model = symc.compile(g)
        kept = model.parameters["w"].copy()
        for n, t in ((0, 3), (3, 0), (0, 0)):
            x, y = np.ones((n, t), np.float32), np.ones(n, np.float32)
            self.assertEqual(model.predict(x=x)["z"].shape, (n,))
            model.loss(x=x, y=y), model.evaluate(x=x, y=y)
            for function in (model.train_step, model.gradients):
                with self.assertRaisesRegex(symc.Error, rf"{function.name} has no examples: its argument 'x'.*\[{n}, {t}\]"):
                    function(x=x, y=y)
        self.assertEqual(model.step, 0)
        np.testing.assert_array_equal(model.parameters["w"], kept)
        model.train_step(x=np.ones((1, 1), np.float32), y=np.ones(1, np.float32))
        self.assertEqual(model.step, 1)

    def test_a_failed_call_leaves_results_alone(self):
        g = symc.Graph("g")
        i, x = g.input("i", "i64[n]"), g.input("x", "f32[n]")
        g.output(a=g.gather(g.parameter("t", "f32[3]", init="ones"), i), b=x * 2.0)
        model = symc.compile(g)
        predict = model.predict
        x, good = np.ones(4, np.float32), np.zeros(4, np.int64)
        predict(i=good, x=x)  # notes the shapes
        results = [np.full(4, 7, np.float32) for _ in range(2)]
        for tensor, array in zip(predict._out, results):
            tensor.data = array.ctypes.data
        for wrong in ([0, 0, 0, 3], [-9, 0, 0, 0]):
            predict._in[0].data = (bad := np.array(wrong, np.int64)).ctypes.data
            status = predict._call(model._handle.pointer, predict._index, predict._in_address, predict._out_address)
            self.assertEqual(status, 5)
            self.assertEqual([array.tolist() for array in results], [[7] * 4] * 2)

    def test_errors_have_the_line_of_python(self):
        g = symc.Graph("wrong")
        x = g.input("x", "f32[n, 3]")
        g.input("odd", "f33[n]")  # error: unknown element type
        w = g.parameter("w", "f32[4, 1]", init="glorot")  # error: glorot
        y = g.tanh(x + 1)
        z = 2 * (y @ w)  # error: cannot multiply
        g.dense(x, unit=3, name="fc")  # error: has no attribute 'unit'

        @g.function
        def twice(a):
            b = a @ a  # error: cannot multiply
            return b * 2

        both = g.node("both", g.sum(x, axis=1)
                      + g.sum(x, axis=7))  # error: axis 7 is out of range
        g.output(z=z, f=twice(x), both=both, k=g.constant("k", "i8[2]", [1, 300]))  # error: 300
        g.train(loss=g.mean(both), optimizer="addam")  # error: addam
        with self.assertRaises(symc.CompileError) as raised:
            symc.compile(g)
        self.assertEqual(raised.exception.exit_code, 1)
        with open(__file__, encoding="utf-8") as file:
            lines = [(i, re.search(r"[)\w]  # error: (.*)", line)) for i, line in enumerate(file, 1)]
        wanted = {i: found.group(1) for i, found in lines if found}
        found = {d["line"]: d["message"] for d in raised.exception.diagnostics}
        self.assertEqual(set(found), set(wanted), raised.exception)
        for line, said in wanted.items():
            self.assertIn(said, found[line])
        self.assertEqual({(d["file"], d["severity"], "column" in d) for d in raised.exception.diagnostics},
                         {(__file__, "error", False)})
        self.assertRegex(str(raised.exception), r"compile_test.py:\d+: error\[S0301\]: cannot multiply f32\[n, 3\] by "
                                                r"f32\[4, 1\].*\n  z = 2 \* \(y @ w\)")
        with self.assertRaisesRegex(symc.CompileError, "nothing.json"):
            symc.compile("nothing.json")

    def test_parts_of_one_expression_have_their_own_lines(self):
        g = symc.Graph("parts")
        x, odd = g.input("x", "f32[n, 3]"), g.parameter("w/v-1", "f32[3]")
        first = g.sum(odd * x, axis=2)  # wrong
        second = g.pad(x, [[0, 0]])
        second = second * 2 + 1
        g.output(y=first + second)
        with self.assertRaises(symc.CompileError) as raised:
            symc.compile(g)
        lines = [d["line"] for d in raised.exception.diagnostics]
        with open(__file__, encoding="utf-8") as file:
            text = file.read().splitlines()
        self.assertEqual([text[line - 1].split()[0] for line in sorted(lines)], ["first", "second"])

    def test_warnings_have_the_line_of_python(self):
        g = symc.Graph("warned")
        x = g.input("x", "f32[n]")
        g.output(y=x + 1)
        g.tanh(x, name="dead")  # nothing uses it
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            symc.compile(g)
        with open(said[0].filename, encoding="utf-8") as file:
            self.assertIn("# nothing uses it", file.read().splitlines()[said[0].lineno - 1])
        self.assertIn("S0801", str(said[0].message))
        with tempfile.TemporaryDirectory() as folder:
            g.to_json(f"{folder}/g.json")
            with self.assertWarnsRegex(UserWarning, r"g.json:\d+:\d+: warning\[S0801\]: nothing uses the node") as caught:
                symc.compile(f"{folder}/g.json")
            self.assertEqual(caught.filename, __file__)


if __name__ == "__main__":
    unittest.main()
