# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""plot.py FOLDER SIZE…: accuracy over the size of the training set and over epochs, from what run.sh left in FOLDER."""
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import picture
import results


def main(folder, *sizes):
    folder, images = pathlib.Path(folder), np.array([int(size) for size in sizes])
    runs = [json.loads((folder / f"{size}.json").read_text()) for size in sizes]
    print("images  epochs   accuracy, trained on     on test images")
    for size, result in zip(sizes, runs):
        print(f"{size:>6}{result['epoch']:8}" + "".join(
            f"{result[name]['mean']:17.3f} ± {result[name]['deviation']:.3f}" for name in ("accuracy", "val_accuracy")))

    figure = picture.Figure(columns=2, width=380, height=270)
    panel = figure.panel("learning curve: mean ± deviation over the seeds", x="training images", y="accuracy", log="x")
    for name, label, colour in (("accuracy", "training images", 0), ("val_accuracy", "2,000 test images", 1)):
        mean, deviation = (np.array([result[name][key] for result in runs]) for key in ("mean", "deviation"))
        panel.band(images, mean - deviation, mean + deviation, colour)
        panel.line(images, mean, label, colour, marks=True)
    panel = figure.panel(f"{sizes[-1]} images: one line a seed", x="epoch", y="accuracy")
    for name, label, colour in (("accuracy", "training images", 0), ("val_accuracy", "test images", 1)):
        for path in sorted(folder.glob(f"{sizes[-1]}-*.csv")):  # one a seed
            history = results.history(path)
            panel.line(history["epoch"], history[name], label, colour)
            label = None
    figure.save(folder / "stability.svg")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
