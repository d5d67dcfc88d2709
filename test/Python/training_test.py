# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""fit, measure and calls in batches give what `symc train`, `eval` and `run` give, to the bit."""
import csv
import math
import os
import subprocess
import tempfile
import unittest
import warnings

import numpy as np

import symc

RNG = np.random.default_rng(3)


def data(count):
    x = (RNG.normal(size=(count, 3)) * [1, 5, 30] + [0, 100, -3]).astype("f4")
    x[:, 2] = 7  # never changes
    return {"x": x, "y": (x[:, 0] > 0.2).astype("f4"), "unused": np.zeros(2)}


def graph(element="f32", **train):
    g = symc.Graph("scaled")
    x, y = g.input("x", f"{element}[n, 3]"), g.input("y", f"{element}[n]")
    h = g.dense(g.standardize(x, name="first"), units=4, activation="tanh", name="h")
    z = g.squeeze(g.dense(g.dropout(g.standardize(h, name="second"), rate=0.1), units=1, name="out"), axis=1)
    g.output(z=z)
    g.train(g.sigmoid_cross_entropy(z, y), {"adam": {"learning_rate": 0.05}}, **train)
    return g


def of_classes():
    g = symc.Graph("classes")
    x, y = g.input("x", "f32[n, 3]"), g.input("y", "i64[n]")
    z = g.dense(x, units=6, name="z")
    g.output(z=z)
    g.train(g.sparse_softmax_cross_entropy(z, y, ignore_index=2), "adam",
            metrics=["accuracy", "top_5_accuracy", "perplexity", "mean_iou", "precision", "recall", "f1", {"own": g.mean(z)}])
    return g


def command(*arguments):
    subprocess.run([os.environ["SYMC"], *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


class TrainingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = symc.compile(graph(), threads=1)

    def setUp(self):
        self.shared.initialize(seed=0)

    def of_the_program(self, g, train, held, *options):
        """The history and the model that `symc train` gives."""
        with tempfile.TemporaryDirectory() as folder:
            g.to_json(f"{folder}/g.json")
            for name, arrays in (("train", train), ("held", held)):
                np.savez(f"{folder}/{name}.npz", **{k: v for k, v in arrays.items() if k != "unused"})
            command("train", f"{folder}/g.json", "--data", f"{folder}/train.npz", "--validation", f"{folder}/held.npz",
                    "--history", f"{folder}/h.csv", "--save", f"{folder}/w.safetensors", "--threads", "1", *options)
            model = symc.compile(g, threads=1)
            model.load_parameters(f"{folder}/w.safetensors")
            with open(f"{folder}/h.csv", encoding="utf-8") as file:
                return list(csv.DictReader(file)), model

    def compare(self, g, train, held, epochs, batch):
        rows, wanted = self.of_the_program(g, train, held, "--epochs", str(epochs), "--batch-size", str(batch), "--seed", "9")
        model, seen = symc.compile(g, threads=1, seed=9), []
        history = model.fit(train, epochs=1, batch_size=batch, validation=held, callbacks=[seen.append])
        history += model.fit(train, epochs=epochs - 1, batch_size=batch, validation=held)
        self.assertEqual(seen, history[:1])
        for name in wanted.parameters:
            np.testing.assert_array_equal(model.parameters[name], wanted.parameters[name], name)
        self.assertEqual([list(row) for row in history], [list(row) for row in rows])
        for got, row in zip(history, rows):
            for name, value in got.items():
                if name != "seconds":
                    self.assertTrue(math.isclose(value, float(row[name]), rel_tol=1e-14), f"{name}: {value}, not {row[name]}")
        scores = model.evaluate(held, batch_size=batch)
        whole = model.evaluate(held)
        self.assertEqual(list(scores), list(whole))
        totals = {name: value for name, value in scores.items() if name.endswith("/totals")}
        scores = {name: value for name, value in scores.items() if name not in totals}
        self.assertEqual({"val_" + name: value for name, value in scores.items()},
                         {name: value for name, value in history[-1].items() if name.startswith("val_")})
        for name, value in totals.items():  # what the score is made of; without reductions, whatever the batches were
            metric = name.removesuffix("/totals")
            self.assertAlmostEqual(float(symc.metrics.FINISH[metric](value)), scores[metric], places=6, msg=name)
            if metric in ("perplexity", "mean_iou", "f1"):
                np.testing.assert_allclose(value, whole[name], rtol=1e-5, err_msg=name)
        return model

    def test_which_axis_counts_examples(self):
        g = symc.Graph("weighted")
        t, x, y = g.input("t", "f32[k]"), g.input("x", "f32[n, 3]"), g.input("y", "f32[n]")
        p = g.dense(x, units=1, name="d")[:, 0] * g.sum(t)
        g.output(p=p)
        g.train(g.mse(p, y), "sgd")
        arrays = {"t": np.arange(5, dtype="f4") / 9, **{name: array for name, array in data(24).items() if name != "unused"}}
        for dims in {}, {"n": 8}:
            m = symc.compile(g, dims=dims)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                self.assertEqual(m.fit(arrays, batch_size=8)[0]["steps"], 3)
                whole = np.concatenate([m.predict(t=arrays["t"], x=arrays["x"][i:i + 8])["p"] for i in (0, 8, 16)])
                np.testing.assert_array_equal(m.predict(arrays, batch_size=8)["p"], whole)
        g = symc.Graph("either")
        t, x = g.input("t", "f32[k]"), g.input("x", "f32[n, 3]")
        p = g.dense(x, units=1, name="d")[:, 0] * g.sum(t)
        g.output(p=p)
        g.train(g.mean(p**2), "sgd")
        with self.assertWarnsRegex(UserWarning, "only because it is the first input"):
            self.assertEqual(symc.compile(g).fit(arrays, batch_size=1)[0]["steps"], 5)

    def test_fit_is_train(self):
        train, held = data(101), data(33)
        model = self.compare(graph(metrics=["f1", "binary_accuracy"]), train, held, 3, 16)
        np.testing.assert_allclose(model.parameters["first/mean"], train["x"].mean(axis=0, dtype="f8"), rtol=1e-6)
        self.assertEqual(model.parameters["first/deviation"][2], 1)
        np.testing.assert_array_equal(model.predict(held, batch_size=8)["z"], model.predict(x=held["x"])["z"])

    def test_narrow_floats(self):
        train, held = data(101), data(33)
        for element, narrow in (("f16", np.float16), ("bf16", symc.to_bf16)):
            g = graph(element, metrics=["mae", "f1"])
            rows, wanted = self.of_the_program(g, train, held, "--epochs", "2", "--batch-size", "16", "--cast", "x",
                                               "--cast", "y")
            model = symc.compile(g, threads=1)
            sets = [{name: narrow(arrays[name]) for name in "xy"} for arrays in (train, held)]
            history = model.fit(sets[0], epochs=2, batch_size=16, validation=sets[1])
            for name in wanted.parameters:
                np.testing.assert_array_equal(model.parameters[name], wanted.parameters[name], f"{element} {name}")
            for got, row in zip(history, rows):
                for name in ("loss", "mae", "f1", "val_loss", "val_mae", "val_f1"):
                    self.assertTrue(math.isclose(got[name], float(row[name]), rel_tol=1e-14),
                                    f"{element} {name}: {got}, not {row}")
            scores = model.evaluate(sets[1])
            self.assertEqual(scores["loss"].dtype, np.float32 if element == "bf16" else np.float16)
            self.assertAlmostEqual(float(scores["loss"]), history[1]["val_loss"], delta=0.02)
            self.assertEqual(float(model.loss(sets[1])["loss"]), float(scores["loss"]))
            sets[0]["x"][5, 0] = narrow(np.float32(np.nan))
            with self.assertWarnsRegex(UserWarning, "the loss is nan at step 15"):
                model.fit(sets[0], batch_size=101)

    def test_metrics_over_a_data_set(self):
        sets = [{"x": RNG.normal(size=(count, 3)).astype("f4"), "y": RNG.integers(0, 5, count)} for count in (50, 45)]
        for arrays in sets:
            arrays["y"][10:20] = 2  # a batch of nothing but labels that are ignored
        self.compare(of_classes(), *sets, 2, 10)

    def test_measure(self):
        model, train = self.shared, data(40)
        model.measure(train)
        deviation = train["x"].std(axis=0, dtype="f8")
        np.testing.assert_allclose(model.parameters["first/deviation"], [*deviation[:2], 1], rtol=1e-6)
        means = model.parameters["first/mean"].copy()
        h = np.tanh((train["x"] - means) / model.parameters["first/deviation"] @ model.parameters["h/kernel"])
        np.testing.assert_allclose(model.parameters["second/mean"], h.mean(axis=0), atol=1e-5)
        self.assertEqual(model.statistics(x=train["x"])["first/mean"].dtype, np.float64)
        model.fit(train)
        model.fit({**train, "x": train["x"] + 1})  # the second one goes on with what the first one measured
        np.testing.assert_array_equal(model.parameters["first/mean"], means)
        with self.assertRaisesRegex(TypeError, "no layer that measures"):
            symc.compile(of_classes()).measure(train)

    def test_freeze_and_learning_rate(self):
        train = data(20)
        model = symc.compile(graph(), freeze="h/*", learning_rate=np.float32(0.25))
        self.assertEqual(model.manifest["flags"], ["-O2", "--freeze h/*", "--learning-rate 0.25"])
        before = {name: view.copy() for name, view in model.parameters.items()}
        model.fit(train)
        for name, view in model.parameters.items():
            self.assertEqual(np.array_equal(view, before[name]), name.startswith("h/"), name)
        self.assertNotIn("h/kernel", [output.name for output in model.gradients.outputs])
        both = symc.compile(graph(), freeze=["h/*", "out/bias"], functions="gradients")
        self.assertEqual([output.name for output in both.gradients.outputs], ["out/kernel"])
        with self.assertRaisesRegex(symc.CompileError, "nothing\\*"):
            symc.compile(graph(), freeze="nothing*")

    def test_the_end(self):
        model, train = self.shared, data(40)
        self.assertEqual(len(model.fit(train, epochs=9, callbacks=[lambda row: row["epoch"] < 3])), 3)
        self.assertEqual(model.step, 6)
        self.assertEqual(model.fit(train, epochs=0), [])
        self.assertEqual(len(model.fit(train, epochs=9, callbacks=[lambda row: np.float32(1) < np.float32(0)])), 1)
        self.assertEqual(len(model.fit(train, epochs=2, callbacks=[lambda row: 0])), 2)
        model.initialize(seed=1)
        self.assertEqual(model.fit(train, shuffle=False)[0]["epoch"], 1)
        train["x"][3, 0] = np.nan
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            model.fit(train, epochs=2)
        self.assertEqual([str(w.message) for w in said], ["the loss is nan at step 3; training goes on"])

    def test_going_on_from_a_state(self):
        train, model = data(50), self.shared
        model.initialize(seed=5)
        with tempfile.TemporaryDirectory() as folder:
            model.fit(train, epochs=3, batch_size=8)
            model.save_state(f"{folder}/state")
            wanted = model.fit(train, epochs=2, batch_size=8)
            kept = {name: view.copy() for name, view in model.parameters.items()}
            other = symc.compile(graph(), threads=1)
            other.load_state(f"{folder}/state")
            got = other.fit(train, epochs=1, batch_size=8) + other.fit(train, epochs=1, batch_size=8)
            without = lambda rows: [{k: v for k, v in row.items() if k != "seconds"} for row in rows]
            self.assertEqual(without(got), without(wanted))
            for name, view in other.parameters.items():
                np.testing.assert_array_equal(view, kept[name], name)
            slow = symc.compile(graph(), learning_rate=1e-4)
            slow.load_state(f"{folder}/state")
            before = slow.parameters["out/kernel"].copy()
            self.assertEqual([row["epoch"] for row in slow.fit(train, epochs=2, initial_epoch=9)], [10, 11])
            self.assertLess(np.abs(slow.parameters["out/kernel"] - before).max(), 1e-2)
            self.assertEqual(slow.fit(train)[0]["epoch"], 12)
            with self.assertRaisesRegex(symc.Error, r"differ in flags \(-O2 --learning-rate 0.0001 and -O2\)"):
                slow.share_parameters(other)

    def test_an_interrupt_leaves_a_model(self):
        g = symc.Graph("interrupted")
        x, y = g.input("x", "f32[n, 3]"), g.input("y", "f32[n]")
        z = g.print(g.squeeze(g.dense(x, units=1, name="out"), axis=1), label="z")
        g.output(z=z)
        g.train(g.mse(z, y), {"sgd": {"learning_rate": 1e-6}})
        calls = []

        def show(*_):
            calls.append(1)
            if len(calls) == 8:
                raise KeyboardInterrupt

        train = {name: array for name, array in data(50).items() if name != "unused"}
        model, other = symc.compile(g, threads=1, show=show), symc.compile(g, threads=1, show=None)
        model.initialize(seed=0)
        with self.assertRaises(KeyboardInterrupt):
            model.fit(train, epochs=3, batch_size=10)
        self.assertEqual(model.step, 8)
        other.fit(train, batch_size=10)
        rows = symc.training.shuffled_rows(50, 0, 1)
        for i in range(3):
            other.train_step({name: array[rows[10 * i:10 * i + 10]] for name, array in train.items()})
        for name, view in model.parameters.items():
            np.testing.assert_array_equal(view, other.parameters[name])
        self.assertEqual([row["epoch"] for row in model.fit(train, epochs=2)], [2, 3])

    def test_mistakes(self):
        model, train = self.shared, data(10)
        for attempt, said in ((lambda: model.fit(train, validation=0.2), "validation must be a dict .*'y': …}, not 0.2"),
                              (lambda: model.fit(train, validation=(1, 2)), "not a tuple"),
                              (lambda: model.fit(train["x"]), "data must be a dict"),
                              (lambda: model.fit(train["x"], train["y"]), "called as m.fit\\({'x': …, 'y': …}, epochs=…"),
                              (lambda: model.fit(train, validation_split=0.2), "hold rows out"),
                              (lambda: model.fit(train, validation_data=train), "validation=data"),
                              (lambda: model.fit(train, callbacks=[3]), "a callback is a function"),
                              (lambda: model.measure(train, 3, 4), "called as m.measure")):
            with self.assertRaisesRegex(TypeError, said):
                attempt()
        self.assertEqual(model.step, 0)
        rows = []
        model.fit(train, callbacks=rows.append)
        self.assertEqual([row["epoch"] for row in rows], [1])
        model.initialize(seed=0)
        for change, said in (({"x": None}, "no 'x'; train_step takes x, y"), ({"y": train["y"][:9]}, "x has 10, y has 9"),
                             ({"x": train["x"][:0], "y": train["y"][:0]}, "no examples"),
                             ({"x": train["x"][:, :2]}, r"is f32\[n, 3\], given shape \(10, 2\)"),
                             ({"x": train["x"][0]}, "given shape"),
                             ({"x": train["x"].astype("f8")}, "float64")):
            arrays = {k: v for k, v in {**train, **change}.items() if v is not None}
            with self.assertRaisesRegex((TypeError, ValueError), said):
                model.fit(arrays)
        self.assertEqual(model.step, 0)
        with self.assertRaisesRegex(ValueError, "batch_size must be at least 1, not"):
            model.fit(train, batch_size=0)
        with self.assertRaisesRegex(ValueError, "has no axis of examples"):
            model.loss(train, batch_size=2)
        fixed = symc.compile(graph(), dims={"n": 4})
        with self.assertRaisesRegex(ValueError, "10 examples in batches of 4 make one of 2, and a call takes 4"):
            fixed.fit(train)
        with self.assertRaisesRegex(TypeError, "no function 'train_step'; it has predict"):
            symc.compile(graph(), functions="predict").fit(train)

    def test_a_model_says_what_it_is(self):
        said = repr(symc.compile(graph(metrics=["f1"]), functions=["predict", "evaluate", "gradients"]))
        self.assertEqual(said, "<symc model scaled: 35 parameters in 8 tensors\n"
                               "  predict(x: f32[n, 3]) -> z: f32[n]\n"
                               "  gradients(x: f32[n, 3], y: f32[n]) -> h/kernel: f32[3, 4], h/bias: f32[4], "
                               "out/kernel: f32[4, 1], out/bias: f32[1]\n"
                               "  evaluate(x: f32[n, 3], y: f32[n]) -> loss: f32[], f1: f32[]>")


if __name__ == "__main__":
    unittest.main()
