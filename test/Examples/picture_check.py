# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""picture_check.py FOLDER: images come back as they were written, and charts have their points in the right places."""
import pathlib
import sys
import xml.etree.ElementTree as tree

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "examples"))
import picture

folder, rng = pathlib.Path(sys.argv[1]), np.random.default_rng(0)
for shape in ((9, 7), (1, 1), (5, 8, 3), (6, 3, 4)):
    smooth = np.add.outer(np.arange(shape[0]), np.arange(np.prod(shape[1:]))).reshape(shape).astype(np.uint8) * 5
    for image in (rng.integers(0, 256, shape).astype(np.uint8), smooth):  # by all filters
        picture.write_png(folder / "image.png", image)
        assert (picture.read_png(folder / "image.png") == image).all(), shape
assert picture.pixels([[-1.0, 0.5, 2.0]]).tolist() == [[0, 128, 255]]
sheet = picture.mosaic(np.zeros((3, 4, 5)), columns=2)
assert sheet.shape == (9, 11, 4)
assert [sheet[at][3] for at in ((0, 0), (4, 0), (0, 5), (8, 10), (8, 4))] == [255, 0, 0, 0, 255]

assert np.allclose(picture.ticks(0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]) and picture.ticks(1, 3, whole=True) == [1, 2, 3]
assert np.allclose(picture.log_ticks(100, 60000), [100, 1000, 10000])

figure = picture.Figure(columns=1)
panel = figure.panel("a < b", xlim=(1, 100), ylim=(0, 10), log="x")
panel.line([1, 10, 100], [0, 5, 10], "line")
panel.points([10], [5], radius=2)
figure.save(folder / "chart.svg")
first = (folder / "chart.svg").read_bytes()
figure.save(folder / "chart.svg")
assert (folder / "chart.svg").read_bytes() == first
svg = "{http://www.w3.org/2000/svg}"
drawing = tree.parse(folder / "chart.svg").getroot()
(line,), (point,) = drawing.iter(svg + "polyline"), list(drawing.iter(svg + "circle"))
start, middle, end = (tuple(map(float, place.split(","))) for place in line.get("points").split())
assert start[0] < end[0] and start[1] > end[1], "up is up"
assert np.allclose(middle, np.add(start, end) / 2, atol=0.011) and (float(point.get("cx")), float(point.get("cy"))) == middle
assert "a < b" in [text.text for text in drawing.iter(svg + "text")]

# A run that diverged, and one of a single epoch, are drawn too.
figure = picture.Figure(columns=2)
figure.panel("diverged").line([1, 2, 3], [1.0, np.inf, np.nan])
figure.panel("empty", log="x").line([1, 10], [np.nan, np.nan])
figure.save(folder / "odd.svg")
assert "nan" not in (folder / "odd.svg").read_text() and "inf" not in (folder / "odd.svg").read_text()
