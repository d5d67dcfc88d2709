# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""plot.py OUT.svg NGRAMS.json NAME=HISTORY.csv…: validation losses by epoch (dashed: of training, with dropout), and those of
ngram.py, which have no epochs."""
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import picture
import results


def main(out, ngrams, named):
    histories = {name: results.history(path) for name, path in (argument.split("=", 1) for argument in named)}
    last = max(len(history["epoch"]) for history in histories.values())
    figure = picture.Figure(columns=1, width=740, height=340)
    panel = figure.panel("nats a character, on the last tenth of the book", x="epoch", xlim=(1, max(last, 2)), ylim=(1.2, 2.6))
    for colour, (name, history) in enumerate(histories.items()):
        panel.line(history["epoch"], history["val_loss"], f"{name} {history['val_loss'][-1]:.2f}", colour)
        panel.line(history["epoch"], history["loss"], None, colour, dashed=True)
    losses = json.loads(pathlib.Path(ngrams).read_text())
    for colour, (order, loss) in enumerate(losses.items(), len(histories)):
        name = {"2": "bigram", "3": "trigram"}.get(order, f"{order}-gram")
        panel.line(np.array([1, max(last, 2)]), np.array([loss, loss]), f"{name} {loss:.2f}", colour)
    figure.save(out)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:3], sys.argv[3:])
