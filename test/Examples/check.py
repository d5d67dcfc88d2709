# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""check.py PRINTED PICTURE CONDITION…: the figures of an example's run, and its picture.

PRINTED has what run.sh printed; its lines that are JSON objects are counted from 0. `1.accuracy>=0.9` is a condition on the
second, `0.loss<=0.1` one on the first; `val_rmse.mean` is a value in a value. `polyline>=3` is one on the picture, an SVG whose
images are PNG of many pixels: how many of an element there are.
"""
import base64
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as tree
import zlib

printed, picture, *conditions = sys.argv[1:]
drawn = [re.fullmatch(r"([a-z]+)>=(\d+)", condition) for condition in conditions]
conditions, drawn = [c for c, found in zip(conditions, drawn) if not found], [found.groups() for found in drawn if found]
objects = [json.loads(line) for line in pathlib.Path(printed).read_text().splitlines() if line.startswith("{")]
assert conditions and drawn
for condition in conditions:
    index, path, sign, bound = re.fullmatch(r"(\d+)\.([\w.]+)(<=|>=)(\S+)", condition).groups()
    value = objects[int(index)]
    for key in path.split("."):
        value = value[key]
    if not (value <= float(bound) if sign == "<=" else value >= float(bound)):  # NaN is neither
        sys.exit(f"{condition}: {objects[int(index)]}")

SVG = "{http://www.w3.org/2000/svg}"
drawing = tree.parse(picture).getroot()
for kind, least in [*drawn, ("text", 1)]:
    count = sum(1 for _ in drawing.iter(SVG + kind))
    assert count >= int(least), f"{picture} has {count} of {kind}"
for node in drawing.iter(SVG + "polyline"):
    values = [float(value) for point in node.get("points").split() for value in point.split(",")]
    assert values and all(value == value and abs(value) < 1e5 for value in values), node.get("points")
for node in drawing.iter(SVG + "image"):
    data = base64.b64decode(node.get("href").removeprefix("data:image/png;base64,"))
    assert data.startswith(b"\x89PNG") and float(node.get("width")) > 0
    pixels = zlib.decompress(data[data.index(b"IDAT") + 4:data.index(b"IEND") - 8])
    assert len(pixels) > 50 and len(set(pixels)) > 2, f"{len(pixels)} bytes of pixels, {len(set(pixels))} different ones"
