# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""check.py PRINTED PICTURE CONDITION…: the figures of an example's run, and its picture.

PRINTED has what run.sh printed; its lines that are JSON objects are counted from 0. `1.accuracy>=0.9` is a condition on the
second, `0.loss<=0.1` one on the first; `val_rmse.mean` is a value in a value. The picture is SVG whose images are PNG.
"""
import base64
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as tree
import zlib

printed, picture, *conditions = sys.argv[1:]
objects = [json.loads(line) for line in pathlib.Path(printed).read_text().splitlines() if line.startswith("{")]
assert conditions
for condition in conditions:
    index, path, sign, bound = re.fullmatch(r"(\d+)\.([\w.]+)(<=|>=)(\S+)", condition).groups()
    value = objects[int(index)]
    for key in path.split("."):
        value = value[key]
    if not (value <= float(bound) if sign == "<=" else value >= float(bound)):  # NaN is neither
        sys.exit(f"{condition}: {objects[int(index)]}")

SVG = "{http://www.w3.org/2000/svg}"
drawing = tree.parse(picture).getroot()
shapes = [node for kind in ("polyline", "circle", "image") for node in drawing.iter(SVG + kind)]
assert shapes and [node for node in drawing.iter(SVG + "text")], f"{picture} is empty"
for node in drawing.iter(SVG + "polyline"):
    values = [float(value) for point in node.get("points").split() for value in point.split(",")]
    assert values and all(value == value and abs(value) < 1e5 for value in values), node.get("points")
for node in drawing.iter(SVG + "image"):
    data = base64.b64decode(node.get("href").removeprefix("data:image/png;base64,"))
    assert data.startswith(b"\x89PNG") and float(node.get("width")) > 0
    assert zlib.decompress(data[data.index(b"IDAT") + 4:data.index(b"IEND") - 8])
