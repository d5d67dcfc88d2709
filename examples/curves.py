# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""curves.py HISTORY.csv OUT.svg TITLE: learning curves, on training and on held-out data, from `symc train --history`."""
import sys

import numpy as np

import picture
import results


def panels(figure, history, title):
    """A panel for the loss and one for each metric."""
    table = results.history(history)
    for name in (n for n in table if n not in ("epoch", "steps", "seconds") and not n.startswith("val_")):
        panel = figure.panel(f"{title}: {name}", x="epoch")
        for kind, label, colour in (("", "train", 0), ("val_", "test", 1)):
            if kind + name in table and not np.isnan(table[kind + name]).all():
                panel.line(table["epoch"], table[kind + name], label, colour, marks=len(table["epoch"]) <= 30)


def main(history, out, title):
    figure = picture.Figure(columns=2)
    panels(figure, history, title)
    figure.save(out)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
