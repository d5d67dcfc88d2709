# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""What `symc train --scale --categories` keeps beside parameters is said, and m.prepared does what `symc eval` and `run` do."""
import json
import os
import subprocess
import tempfile
import unittest
import warnings

import numpy as np

import symc


def command(*arguments):
    return subprocess.run([os.environ["SYMC"], *arguments], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


class PreparationTest(unittest.TestCase):
    def test_how_data_were_prepared(self):
        g = symc.Graph("fruit")
        x, y = g.input("x", "f32[n, 2]"), g.input("y", "i32[n]")
        z = g.dense(x, units=2, name="z")
        g.output(z=z)
        g.train(g.sparse_softmax_cross_entropy(z, y), "adam")
        raw = {"x": np.float32([[10, 20], [30, 40], [50, 60]]), "y": ["pear", "fig", " pear "], "more": 1}
        with tempfile.TemporaryDirectory() as folder:
            g.to_json(f"{folder}/g.json")
            with open(f"{folder}/d.csv", "w", encoding="utf-8") as file:
                file.writelines(f"{a},{b},{name}\n" for (a, b), name in zip(raw["x"], raw["y"]))
            table = ["--data", f"{folder}/d.csv", "--csv-inputs", "x=0:2,y=2", "--categories", "y"]
            weights = f"{folder}/w.safetensors"
            command("train", f"{folder}/g.json", *table, "--scale", "x=1/10", "--save", weights, "--checkpoint", f"{folder}/k")
            wanted = json.loads(command("eval", f"{folder}/g.json", *table, "--params", weights))["loss"]
            loaded = symc.compile(g, threads=1)
            loaded.load_parameters(weights)
            for load in ("load_state", "load_parameters"):
                model = symc.compile(g, threads=1)
                getattr(model, load)(f"{folder}/k/checkpoint", **({"allow_extra": True} if load == "load_parameters" else {}))
                self.assertEqual(model.preparation, {"scale": {"x": 0.1}, "categories": {"y": [["fig", "pear"]]}})
            library = f"{folder}/libfruit.so"
            embedded = symc.compile(g, library, params=weights, embed_params=True, threads=1)
            with open(f"{folder}/fruit.h", encoding="utf-8") as file:
                header = " ".join(file.read().replace("*", " ").split())
            other = symc.load(library)
        self.assertIn("x: input, f32[n, 2]; to be multiplied by 0.1 before the call, as in training", header)
        self.assertIn("y: input, i32[n]; codes of texts, in the order of 'categories' of the manifest", header)
        codes = {"x": raw["x"], "y": np.int32([1, 0, 1])}
        for model in (loaded, embedded):
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                model.predict(x=raw["x"])
                model.evaluate(codes)
            self.assertEqual([(w.filename, "x by 0.1," in str(w.message)) for w in said], [(__file__, True)])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with self.assertRaisesRegex(UserWarning, "m.prepared"):
                other.predict(x=raw["x"])
            other.share_parameters(embedded)
            for model in (loaded, embedded, other):
                self.assertEqual(model.preparation, {"scale": {"x": 0.1}, "categories": {"y": [["fig", "pear"]]}})
                given = model.prepared(raw)
                np.testing.assert_array_equal(given["y"], codes["y"])
                self.assertEqual((given["more"], given["y"].dtype), (1, np.int32))
                self.assertAlmostEqual(float(model.evaluate(given)["loss"]), wanted, places=6)
                self.assertEqual(model.evaluate(model.prepared(codes))["loss"], model.evaluate(given)["loss"])
                np.testing.assert_array_equal(model.prepared({"x": np.uint8(raw["x"])})["x"], given["x"])
                self.assertIn("trained on x * 0.1, codes of y (m.prepared)", repr(model))
            for texts in (raw["y"], np.array(raw["y"])):
                with self.assertRaisesRegex(symc.DTypeError, "given texts; m.prepared"):
                    loaded.evaluate({**raw, "y": texts})
            with self.assertRaisesRegex(ValueError, "'plum' is none of the texts .* 'fig', 'pear'"):
                loaded.prepared({"y": ["plum"]})
            loaded.initialize(seed=0)
            self.assertEqual(loaded.preparation, {"scale": {}, "categories": {}})
            loaded.predict(x=raw["x"])

    def test_pictures_of_bytes(self):
        pictures = np.random.default_rng(3).integers(0, 256, (40, 3)).astype("u1")
        for element in ("f16", "bf16"):
            g = symc.Graph("pictures")
            x = g.input("x", f"{element}[n, 3]")
            g.output(y=g.cast(g.dense(x, units=1, name="z"), "f32"))
            g.train(g.mean(g.dense(x, units=1, name="t") ** 2), "sgd")
            with tempfile.TemporaryDirectory() as folder:
                g.to_json(f"{folder}/g.json")
                np.savez(f"{folder}/d.npz", x=pictures)
                command("train", f"{folder}/g.json", "--data", f"{folder}/d.npz", "--scale", "x=1/255", "--save", f"{folder}/w")
                command("run", f"{folder}/g.json", "--data", f"{folder}/d.npz", "--params", f"{folder}/w", "--out",
                        f"y={folder}/y.npy")
                wanted, model = np.load(f"{folder}/y.npy"), symc.compile(g)
                model.load_parameters(f"{folder}/w")
            np.testing.assert_array_equal(model.predict(model.prepared({"x": pictures}))["y"], wanted, element)


if __name__ == "__main__":
    unittest.main()
