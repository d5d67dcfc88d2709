# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""The Python module on the hand-written model: model_test.py LIBRARY LIBRARY_OF_ANOTHER_ABI."""
import copy
import gc
import pathlib
import pickle
import sys
import tempfile
import threading
import unittest

import numpy as np

import symc

LIBRARY, FUTURE, PAST, SHORT = (sys.argv.pop(1) for _ in range(4))


class ModelTest(unittest.TestCase):
    def setUp(self):
        self.model = symc.load(pathlib.Path(LIBRARY), threads=1)
        self.model.initialize(seed=1)
        rng = np.random.default_rng(0)
        self.x = rng.standard_normal((32, 2), dtype=np.float32)
        self.y = (self.x[:, :1] > 0).astype(np.float32)

    def test_functions_follow_the_manifest(self):
        self.assertEqual(list(self.model.functions),
                         ["predict", "loss", "gradients", "train_step", "evaluate", "lookup"])
        self.assertIn("f32[batch, 2]", self.model.predict.__doc__)

    def test_gradients_are_central_differences(self):
        gradients = self.model.gradients(x=self.x, y=self.y)
        for name, view in self.model.parameters.items():
            for i in np.ndindex(view.shape):
                kept, losses = view[i], []
                for step in (1e-2, -1e-2):
                    view[i] = kept + step
                    losses.append(float(self.model.loss(x=self.x, y=self.y)["loss"]))
                view[i] = kept
                self.assertAlmostEqual((losses[0] - losses[1]) / 2e-2, float(gradients[name][i]), delta=1e-4)

    def test_training_and_state(self):
        losses = [self.model.train_step(x=self.x, y=self.y)["loss"] for _ in range(50)]
        self.assertLess(losses[-1], 0.5 * losses[0])
        self.assertEqual(losses[0].ndim, 0)
        self.assertEqual(self.model.step, 50)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "state"
            self.model.save_state(path, note="hello")
            after = [self.model.train_step(x=self.x, y=self.y)["loss"] for _ in range(3)]
            self.assertEqual(self.model.load_state(path), "hello")
            self.assertEqual([self.model.train_step(x=self.x, y=self.y)["loss"] for _ in range(3)], after)

    def test_models_are_neither_copied_nor_pickled(self):
        attempts = [(attempt, what) for attempt in (copy.deepcopy, pickle.dumps)
                    for what in (self.model, self.model.predict, self.model.parameters)]
        for attempt, what in [*attempts, (copy.copy, self.model)]:
            with self.assertRaisesRegex(TypeError, "a model of symc is neither copied nor pickled"):
                attempt(what)

    def test_threads_wait_for_each_other(self):
        given = [self.x[:n] for n in (32, 17, 5, 1)]
        expected = [self.model.predict(x) for x in given]
        right = []

        def call(i):
            for _ in range(200):
                found = self.model.predict(given[i])
                right.append(all(np.array_equal(value, expected[i][name]) for name, value in found.items()))
        threads = [threading.Thread(target=call, args=(i,)) for i in range(len(given))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(right, [True] * (200 * len(given)))

    def test_inputs_may_share_memory(self):
        memory = np.concatenate([self.y, self.y, self.y])[:, 0]
        x, y = memory[:64].reshape(32, 2), memory[40:72].reshape(32, 1)
        self.assertEqual(self.model.loss(x=x, y=y), self.model.loss(x=x.copy(), y=y.copy()))

    def test_masked_elements_are_no_values(self):
        x = np.ma.array(self.x)
        want = self.model.predict(x=self.x)["yhat"]
        np.testing.assert_array_equal(self.model.predict(x=x)["yhat"], want)  # nothing is masked
        x[3, 1] = np.ma.masked
        for given in (x, list(x)):
            with self.assertRaisesRegex(symc.DTypeError, "argument 'x' is .*masked elements"):
                self.model.predict(x=given)
        with self.assertRaisesRegex(symc.DTypeError, "masked elements"):
            self.model.parameters["W"] = np.ma.masked_all((2, 1), np.float32)
        np.testing.assert_array_equal(self.model.predict(x=x.filled(0))["yhat"][4:], want[4:])

    def test_parameters_are_views_that_outlive_the_model(self):
        view = self.model.parameters["b"]
        view[:] = 3
        self.assertEqual(self.model.parameters["b"][0], 3)
        self.model.parameters["W"] = [[0.0], [0.0]]
        expected = 1 / (1 + np.exp(-3.0))
        np.testing.assert_allclose(self.model.predict(x=self.x)["yhat"], np.full((32, 1), expected), rtol=1e-6)
        del self.model
        gc.collect()
        self.assertEqual(view[0], 3)
        with self.assertRaises(KeyError):
            symc.load(LIBRARY).parameters["w"]

    def test_layouts(self):
        expected = self.model.predict(x=self.x)["yhat"]
        for same in (np.asfortranarray(self.x), self.x.astype(">f4"), self.x.tolist(), np.repeat(self.x, 2, 0)[::2]):
            np.testing.assert_array_equal(self.model.predict(x=same)["yhat"], expected)
        for size in (1, 3, 1000):
            self.assertEqual(self.model.predict(np.zeros((size, 2), np.float32))["yhat"].shape, (size, 1))

    def test_shared_parameters(self):
        other = symc.load(LIBRARY)
        before, copy = other.parameters["b"], np.array(other.parameters["b"])
        other.share_parameters(self.model)
        gc.collect()
        before += 1  # a view of what the instance had keeps its memory, which nobody else uses
        np.testing.assert_array_equal(before, copy + 1)
        self.model.parameters["b"][:] = 7
        self.assertEqual(other.parameters["b"][0], 7)

    def test_an_input_is_given_once(self):
        with self.assertRaisesRegex(TypeError, r"loss\(\) is given input 'x' twice"):
            self.model.loss({"x": self.x, "y": self.y}, x=self.x)

    def test_wrong_arguments(self):
        for wrong in (np.zeros((4, 3), np.float32), np.zeros((4, 2, 1), np.float32), np.zeros(4, np.float32),
                      np.zeros((0, 2), np.float32), np.zeros((5000, 2), np.float32)):
            with self.assertRaisesRegex(symc.ShapeError, r"'x' is f32\[batch, 2\]") as raised:
                self.model.predict(x=wrong)
            self.assertIn(str(wrong.shape), str(raised.exception))
        with self.assertRaisesRegex(symc.ShapeError, "'batch' is 32 in an earlier argument and 3 here"):
            self.model.loss(x=self.x, y=self.y[:3])
        with self.assertRaisesRegex(symc.DTypeError, "float64"):
            self.model.predict(x=self.x.astype(np.float64))
        with self.assertRaisesRegex(symc.CheckError, "index 7 is out of range"):
            self.model.lookup(ids=[7])
        with self.assertRaisesRegex(TypeError, "no input 'z'"):
            self.model.predict(z=self.x)
        with self.assertRaisesRegex(AttributeError, "no function 'predcit'"):
            self.model.predcit

    def test_values_never_change(self):
        self.model.lookup(ids=[1])
        x = self.x.tolist()
        self.model.predict(x=[[1, 2.5], [float("inf"), float("nan")]])
        for wrong, said in (([1.0], "does not hold 1.0"), ([2**63], "does not hold"), (["1"], "no number"),
                            (None, "no array"), ("ab", "no array"), ([None], "no number"), (np.zeros(1), "float64")):
            with self.assertRaisesRegex(symc.DTypeError, f"'ids' is .*{said}"):
                self.model.lookup(ids=wrong)
        for wrong in ([[1e300, 0]], [[2**24 + 1, 0]], [[10**400, 0]], [[1j, 0]], [[np.float64(0.1), 0]], {"a": 1}):
            with self.assertRaisesRegex(symc.DTypeError, "'x' is f32"):
                self.model.predict(x=wrong)
        for wrong in ([[1, 2], [3]], [[1, 2], 3], [[1, [2]], [3, 4]]):
            with self.assertRaisesRegex(symc.ShapeError, "different shapes"):
                self.model.predict(x=wrong)
        before = self.model.parameters["b"].copy()
        for wrong in (np.zeros(1), np.zeros(1, np.int64), [1e300], ["1"], None):
            with self.assertRaisesRegex(symc.DTypeError, "parameter 'b' is float32"):
                self.model.parameters["b"] = wrong
        np.testing.assert_array_equal(self.model.parameters["b"], before)
        self.model.parameters["b"] = [2]

    def test_settings(self):
        for wrong in (-1, 2**64):
            with self.assertRaisesRegex(ValueError, "seed must be from 0"):
                self.model.initialize(seed=wrong)
            with self.assertRaisesRegex(ValueError, "seed must be from 0"):
                symc.load(LIBRARY, seed=wrong)
        with self.assertRaisesRegex(TypeError, "seed must be a whole number"):
            self.model.initialize(seed=1.5)

    def test_wrong_libraries(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "line.json"
            path.write_text('{"symc": 1}')
            with self.assertRaisesRegex(symc.LibraryError, "is a graph file, not a library"):
                symc.load(path)
        with self.assertRaises(FileNotFoundError):
            symc.load("nothing.so")
        with self.assertRaisesRegex(symc.LibraryError, "not a shared library"):
            symc.load(__file__)
        with self.assertRaisesRegex(symc.LibraryError, "ABI version 7"):
            symc.load(FUTURE)
        with self.assertRaisesRegex(symc.LibraryError, r"reflection struct of \d+ bytes; this module needs \d+"):
            symc.load(SHORT)

    def test_earlier_library(self):
        model = symc.load(PAST)
        model.initialize(seed=1)
        self.assertEqual(np.array(model.predict(x=np.zeros((3, 2), np.float32))["yhat"]).shape, (3, 1))
        with self.assertRaisesRegex(symc.LibraryError, "made by a symc without streams"):
            model.reset()


if __name__ == "__main__":
    unittest.main()
