# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""curves.py HISTORY.csv OUT.svg TITLE: learning curves, on training and on held-out data, from `symc train --history`."""
import sys

import numpy as np

import picture


def main(history, out, title):
    table = picture.columns(history)
    names = [n for n in table if n not in ("epoch", "steps", "seconds") and not n.startswith("val_")]
    figure = picture.Figure(columns=len(names))
    for name in names:
        panel = figure.panel(f"{title}: {name}", x="epoch")
        for kind, label, colour in (("", "train", 0), ("val_", "test", 1)):
            if kind + name in table and not np.isnan(table[kind + name]).all():
                panel.line(table["epoch"], table[kind + name], label, colour, marks=len(table["epoch"]) <= 30)
    figure.save(out)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
