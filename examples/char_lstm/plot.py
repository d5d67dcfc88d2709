# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""plot.py OUT.svg NGRAMS.json NAME=HISTORY.csv…: validation losses (of training, dashed) by epoch, and those of ngram.py."""
import csv
import json
import pathlib
import sys

LEFT, TOP, WIDTH, HEIGHT = 46, 14, 480, 300
LOW, HIGH = 1.2, 2.6
COLOURS = "#2040a0", "#a02020", "#207040"


def main(out, ngrams, named):
    losses = json.loads(pathlib.Path(ngrams).read_text())
    histories = {}
    for argument in named:
        name, path = argument.split("=", 1)
        with open(path, newline="", encoding="utf-8") as file:
            histories[name] = list(csv.DictReader(file))
    last = max(len(rows) for rows in histories.values())

    def x(epoch):
        return LEFT + WIDTH * (float(epoch) - 1) / max(last - 1, 1)

    def y(loss):
        return TOP + HEIGHT * (HIGH - min(float(loss), HIGH)) / (HIGH - LOW)

    def text(left, middle, what, anchor="start", colour="black"):
        return f'<text x="{left:.1f}" y="{middle + 4:.1f}" text-anchor="{anchor}" fill="{colour}">{what}</text>'

    parts = []
    for tenth in range(12, 27, 2):
        parts.append(f'<path d="M{LEFT},{y(tenth / 10):.1f}h{WIDTH}" stroke="#dddddd"/>')
        parts.append(text(LEFT - 6, y(tenth / 10), tenth / 10, "end"))
    for epoch in range(1, last + 1):
        parts.append(text(x(epoch), TOP + HEIGHT + 14, epoch, "middle"))
    parts.append(text(LEFT + WIDTH / 2, TOP + HEIGHT + 32, "epoch; dashed: on what is learnt, with dropout", "middle"))
    ends = []  # what stands at the right, and how high
    for order, loss in losses.items():
        parts.append(f'<path d="M{LEFT},{y(loss):.1f}h{WIDTH}" stroke="#808080" stroke-dasharray="1 3"/>')
        name = {"2": "bigram", "3": "trigram"}.get(order, f"{order}-gram")
        ends.append((y(loss), f"{name} {loss:.2f}", "#606060"))
    for (name, rows), colour in zip(histories.items(), COLOURS):
        for key, dash in (("loss", ' stroke-dasharray="5 3"'), ("val_loss", "")):
            points = " ".join(f"{x(row['epoch']):.1f},{y(row[key]):.1f}" for row in rows)
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"{dash}/>')
        ends.append((y(rows[-1]["val_loss"]), f"{name} {float(rows[-1]['val_loss']):.2f}", colour))
    above = 0
    for height, what, colour in sorted(ends):
        above = max(height, above + 14)
        parts.append(text(LEFT + WIDTH + 6, above, what, colour=colour))
    pathlib.Path(out).write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 110}" height="{TOP + HEIGHT + 42}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>\n' +
        "\n".join(parts) + "\n</svg>\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:3], sys.argv[3:])
