# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Pictures of the examples: charts and images as SVG, images as PNG, out of NumPy and the standard library.

    figure = Figure(columns=2)
    panel = figure.panel("loss", x="epoch")
    panel.line(epochs, loss, "train", marks=True)
    figure.image("filters", mosaic(filters))
    figure.save("curves.svg")

The same numbers give the same bytes. A chart follows the reader's choice of light or dark.
"""
import base64
import html
import math
import pathlib
import struct
import zlib

import numpy as np

LIGHT = {"paper": "#ffffff", "ink": "#1f2328", "faint": "#d8dee4",
         "colours": ["#0969da", "#c4432b", "#1a7f37", "#8250df", "#9a6700", "#6e7781"]}
DARK = {"paper": "#0d1117", "ink": "#e6edf3", "faint": "#30363d",
        "colours": ["#58a6ff", "#ff7b72", "#3fb950", "#bc8cff", "#d29922", "#8b949e"]}


# Images: u8 arrays of [height, width] (grey), [height, width, 3] (RGB) or [height, width, 4] (RGB and opacity).

def pixels(image):
    """An image of bytes: bytes as they are, bool as black and white, anything else from [0, 1], cut at both ends."""
    image = np.asarray(image)
    if image.dtype == np.uint8:
        return image
    return np.round(np.clip(image.astype(np.float64), 0, 1) * 255).astype(np.uint8)


def mosaic(images, columns=None, gap=1):
    """Images of one size [count, height, width(, 3)] side by side, `columns` in a row; between them it is clear."""
    images = np.stack([pixels(i) for i in images])
    columns = columns or len(images)
    rows = -(-len(images) // columns)
    height, width = images.shape[1:3]
    sheet = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap, 4), np.uint8)
    for i, image in enumerate(images):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        sheet[top:top + height, left:left + width, :3] = image[:, :, None] if image.ndim == 2 else image
        sheet[top:top + height, left:left + width, 3] = 255
    return sheet


def paeth(a, b, c):
    """PNG's predictor out of the bytes to the left, above, and above to the left (int)."""
    to_a, to_b, to_c = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
    return np.where((to_a <= to_b) & (to_a <= to_c), a, np.where(to_b <= to_c, b, c))


def encode_png(image):
    """The bytes of a PNG file."""
    image = pixels(image)
    channels = 1 if image.ndim == 2 else image.shape[2]
    height, width = image.shape[:2]
    rows = image.reshape(height, width * channels).astype(int)
    left, up, corner = np.zeros_like(rows), np.zeros_like(rows), np.zeros_like(rows)
    left[:, channels:], up[1:], corner[1:, channels:] = rows[:, :-channels], rows[:-1], rows[:-1, :-channels]
    filtered = [(rows - p) % 256 for p in (0, left, up, (left + up) // 2, paeth(left, up, corner))]
    # The usual rule: of each row the filter whose bytes, signed, are the smallest.
    best = np.argmin([np.minimum(f, 256 - f).sum(axis=1) for f in filtered], axis=0)
    lines = np.column_stack([best, np.choose(best[:, None], filtered)]).astype(np.uint8)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines.tobytes(), 9))
            + chunk(b"IEND", b""))


def write_png(path, image):
    pathlib.Path(path).write_bytes(encode_png(image))


def read_png(path):
    """The bytes of a grey, RGB or RGBA image of 8 bits that is not interlaced."""
    data, at, body, header = pathlib.Path(path).read_bytes(), 8, b"", None
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IHDR":
            header = struct.unpack_from(">IIBBBBB", data, at + 8)
        elif kind == b"IDAT":
            body += data[at + 8:at + 8 + size]
        at += size + 12
    width, height, bits, colour, _, _, interlaced = header
    if bits != 8 or interlaced or colour not in (0, 2, 6):
        raise ValueError(f"{path}: only grey, RGB and RGBA of 8 bits are read")
    channels = {0: 1, 2: 3, 6: 4}[colour]
    lines = np.frombuffer(zlib.decompress(body), np.uint8).reshape(height, 1 + width * channels).astype(int)
    above = np.zeros((width + 1, channels), int)  # with a pixel of zeros in front
    image = np.zeros((height, width, channels), np.uint8)
    for y, (kind, line) in enumerate(zip(lines[:, 0], lines[:, 1:].reshape(height, width, channels))):
        row = np.zeros_like(above)
        for x in range(width):
            a, b, c = row[x], above[x + 1], above[x]
            row[x + 1] = (line[x] + (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]) % 256
        image[y], above = row[1:], row
    return image[:, :, 0] if channels == 1 else image


# Charts.

def number(value):
    return f"{value:.2f}".rstrip("0").rstrip(".")


def ticks(low, high, whole=False, count=5):
    """About `count` round numbers from `low` to `high`, or `whole` ones."""
    raw = max((high - low) / count, 1.0 if whole else 0.0)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    return [i * step for i in range(math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6) + 1)]


def log_ticks(low, high):
    decades = math.log10(high / low)
    factors = (1, 2, 5) if decades < 2.5 else (1,)
    every = max(1, round(decades / 6))
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1, every)
    return [f * 10.0 ** p for p in powers for f in factors if low * 0.999 <= f * 10.0 ** p <= high * 1.001]


def tick_text(value):
    if value and not 1e-3 <= abs(value) < 1e5:
        digits, power = f"{value:e}".split("e")
        mantissa = "" if float(digits) == 1 else f"{float(digits):g}·"
        return f"{mantissa}10{str(int(power)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"
    return f"{value:.10g}"


def element(tag, text=None, **attributes):
    head = tag + "".join(f' {k.rstrip("_").replace("_", "-")}="{html.escape(number(v) if isinstance(v, float) else str(v))}"'
                         for k, v in attributes.items() if v is not None)
    return f"<{head}/>" if text is None else f"<{head}>{html.escape(text, quote=False)}</{tag}>"


class Panel:
    """Axes with what is drawn on them, in the order in which it was asked for. Colours are numbers from 0 to 5."""

    def __init__(self, title, x, y, width, height, log, xlim, ylim, xticks, xlabels, ylabels):
        self.title, self.x, self.y, self.width, self.height = title, x, y, width, height
        self.log, self.limits, self.xticks, self.xlabels, self.ylabels = log, [xlim, ylim], xticks, xlabels, ylabels
        self.items, self.legend, self.tight = [], [], False

    def _add(self, draw, x, y, label, colour, mark):
        self.items.append((draw, np.asarray(x, float).ravel(), np.asarray(y, float).ravel()))
        if label:
            self.legend.append((label, colour, mark))

    def line(self, x, y, label=None, colour=0, dashed=False, marks=False):
        """Through the points that are finite, with a mark at each if asked for."""
        known = np.isfinite(x) & np.isfinite(y)
        x, y = np.asarray(x)[known], np.asarray(y)[known]

        def draw(to):
            places = list(zip(*to(x, y)))
            yield element("polyline", points=" ".join(f"{number(a)},{number(b)}" for a, b in places),
                          class_=f"l c{colour}", stroke_dasharray="5 4" if dashed else None)
            for a, b in places if marks else []:
                yield element("circle", cx=float(a), cy=float(b), r=2.6, class_=f"f{colour}")
        self._add(draw, x, y, label, colour, "dash" if dashed else "line")

    def points(self, x, y, label=None, colour=0, radius=2.2, opacity=0.7):
        def draw(to):
            for a, b in zip(*to(np.asarray(x), np.asarray(y))):
                yield element("circle", cx=float(a), cy=float(b), r=radius, class_=f"f{colour}", opacity=opacity)
        self._add(draw, x, y, label, colour, "dot")

    def band(self, x, low, high, colour=0):
        """What lies between two curves, lightly."""
        def draw(to):
            upper, lower = list(zip(*to(x, high))), list(zip(*to(x, low)))
            places = " ".join(f"{number(a)},{number(b)}" for a, b in upper + lower[::-1])
            yield element("polygon", points=places, class_=f"f{colour}", opacity=0.18)
        self._add(draw, np.concatenate([x, x]), np.concatenate([low, high]), None, colour, None)

    def bars(self, x, y, label=None, colour=0, width=0.8):
        def draw(to):
            for a, b in zip(x, y):
                (left, right), (top, bottom) = to(np.array([a - width / 2, a + width / 2]), np.array([max(b, 0), min(b, 0)]))
                yield element("rect", x=float(left), y=float(top), width=float(right - left),
                              height=float(bottom - top), class_=f"f{colour}", opacity=0.55)
        ends = [np.min(x) - width / 2, np.max(x) + width / 2]
        self._add(draw, np.concatenate([x, ends]), np.concatenate([y, [0, 0]]), label, colour, "box")

    def vertical(self, x, label=None, colour=5):
        """A line across the panel, from below to above."""
        def draw(to):
            (at, _), (bottom, top) = to(np.array([x, x]), np.array(self.limits[1]))
            yield element("line", x1=float(at), x2=float(at), y1=float(top), y2=float(bottom), class_=f"l c{colour}",
                          stroke_dasharray="5 4")
        self._add(draw, [], [], label, colour, "dash")

    def image(self, image, left, right, bottom, top):
        """An image, its first row above, stretched over these limits."""
        data = base64.b64encode(encode_png(image)).decode()

        def draw(to):
            (a, b), (c, d) = to(np.array([left, right]), np.array([top, bottom]))
            yield element("image", x=float(a), y=float(c), width=float(b - a), height=float(d - c),
                          preserveAspectRatio="none", href=f"data:image/png;base64,{data}")
        self.tight = True
        self._add(draw, [left, right], [bottom, top], None, 0, None)

    def _values(self, axis):
        values = np.concatenate([item[1 + axis] for item in self.items])
        return values[np.isfinite(values)]

    def _limit(self):
        """Where limits were not given, those of what is drawn, with some room above and below."""
        for axis in (0, 1):
            if self.limits[axis] is None:
                values = self._values(axis)
                low, high = (values.min(), values.max()) if len(values) else (1.0, 10.0)
                if low == high:
                    low, high = low - 0.5, high + 0.5
                room = 0 if axis == 0 or self.tight or "y" in self.log else 0.05 * (high - low)
                self.limits[axis] = (low - room, high + room)

    def render(self):
        """Lines of SVG, with the panel's corner at the origin."""
        self._limit()
        beside = 14 + 6.4 * max(map(len, self.ylabels)) if self.ylabels else 54 if self.y else 46
        box = beside, (46 if self.legend else 28), self.width - 14, self.height - (42 if self.x else 26)
        left, top, right, bottom = map(float, box)

        def to(x, y):
            """Places on the paper."""
            places = []
            for axis, (values, start, end) in enumerate(((x, left, right), (y, bottom, top))):
                (low, high), values = self.limits[axis], np.asarray(values, float)
                if "xy"[axis] in self.log:
                    low, high, values = np.log10(low), np.log10(high), np.log10(values)
                places.append(start + (values - low) / (high - low) * (end - start))
            return places

        yield element("text", self.title, x=left, y=16, class_="t b")
        yield from self._legend(left)
        yield from self._axes(to, left, top, right, bottom)
        clip = "p" + "-".join(map(str, box))
        yield (f'<clipPath id="{clip}">' + element("rect", x=left - 3, y=top - 3, width=right - left + 6,
                                                   height=bottom - top + 6) + "</clipPath>")
        yield f'<g clip-path="url(#{clip})">'
        for draw, _, _ in self.items:
            yield from draw(to)
        yield "</g>"

    def _legend(self, at):
        """A row below the title; letters are taken to be 6.4 wide."""
        for label, colour, mark in self.legend:
            if mark == "dot":
                yield element("circle", cx=at + 8, cy=30, r=3, class_=f"f{colour}")
            elif mark == "box":
                yield element("rect", x=at + 2, y=25, width=12, height=10, class_=f"f{colour}", opacity=0.55)
            else:
                yield element("line", x1=at, x2=at + 16, y1=30, y2=30, class_=f"l c{colour}",
                              stroke_dasharray="5 4" if mark == "dash" else None)
            yield element("text", label, x=at + 21, y=34, class_="t")
            at += 36 + 6.4 * len(label)

    def _axes(self, to, left, top, right, bottom):
        marks = [self.xticks, self.ylabels and range(len(self.ylabels))]
        for axis in (0, 1):
            if marks[axis] is None and "xy"[axis] in self.log:
                marks[axis] = log_ticks(*self.limits[axis])
            elif marks[axis] is None:
                values = self._values(axis)
                marks[axis] = ticks(*self.limits[axis], whole=bool(np.all(values == np.floor(values))))
        for i, value in enumerate(marks[0]):
            (x,), _ = to([value], [self.limits[1][0]])
            yield element("line", x1=float(x), x2=float(x), y1=top, y2=bottom, class_="g")
            text = self.xlabels[i] if self.xlabels else tick_text(value)
            yield element("text", text, x=float(x), y=bottom + 15, class_="t", text_anchor="middle")
        for i, value in enumerate(marks[1]):
            _, (y,) = to([self.limits[0][0]], [value])
            yield element("line", x1=left, x2=right, y1=float(y), y2=float(y), class_="g")
            text = self.ylabels[i] if self.ylabels else tick_text(value)
            yield element("text", text, x=left - 6, y=float(y) + 4, class_="t", text_anchor="end")
        if self.x:
            yield element("text", self.x, x=(left + right) / 2, y=self.height - 8, class_="t", text_anchor="middle")
        if self.y:
            place = f"translate(13 {number((top + bottom) / 2)}) rotate(-90)"
            yield element("text", self.y, transform=place, class_="t", text_anchor="middle")


class Picture:
    """An image with a title above it, as large as it fits into the panel."""

    def __init__(self, title, image, width, height):
        self.title, self.png, self.width, self.height = title, encode_png(image), width, height
        self.rows, self.columns = np.asarray(image).shape[:2]

    def render(self):
        scale = min((self.width - 16) / self.columns, (self.height - 32) / self.rows)
        data = base64.b64encode(self.png).decode()
        yield element("text", self.title, x=8, y=16, class_="t b")
        yield element("image", x=8, y=24, width=self.columns * scale, height=self.rows * scale,
                      style="image-rendering:pixelated" if scale > 1.5 else None, href=f"data:image/png;base64,{data}")


class Figure:
    """Panels of one size in rows, or each of its own, from left to right and from above to below."""

    def __init__(self, columns=2, width=360, height=250):
        self.columns, self.width, self.height, self.panels = columns, width, height, []

    def panel(self, title, x="", y="", log="", xlim=None, ylim=None, xticks=None, xlabels=None, ylabels=None, width=None,
              height=None):
        """Axes. `log` names those that are logarithmic: "x", "y", "xy". `ylabels` stand at 0, 1, …."""
        self.panels.append(Panel(title, x, y, width or self.width, height or self.height, log, xlim, ylim, xticks, xlabels,
                                 ylabels))
        return self.panels[-1]

    def image(self, title, image, width=None, height=None):
        self.panels.append(Picture(title, image, width or self.width, height or self.height))

    def save(self, path):
        rows = [self.panels[i:i + self.columns] for i in range(0, len(self.panels), self.columns)]
        width = max(sum(p.width for p in row) for row in rows)
        height = sum(max(p.height for p in row) for row in rows) + 8
        lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
                 f"<style>{self.style(LIGHT)}\n@media (prefers-color-scheme: dark) {{{self.style(DARK)}}}</style>",
                 element("rect", width=width, height=height, class_="p")]
        top = 4
        for row in rows:
            left = 0
            for panel in row:
                lines += [f'<g transform="translate({left} {top})">', *panel.render(), "</g>"]
                left += panel.width
            top += max(p.height for p in row)
        pathlib.Path(path).write_text("\n".join(lines + ["</svg>"]) + "\n", encoding="utf-8")

    @staticmethod
    def style(theme):
        rules = [f".p{{fill:{theme['paper']}}}", f".t{{fill:{theme['ink']};font:11px system-ui,sans-serif}}",
                 ".b{font-weight:600;font-size:12px}", f".g{{stroke:{theme['faint']}}}", ".l{fill:none;stroke-width:1.7}"]
        for i, colour in enumerate(theme["colours"]):
            rules += [f".c{i}{{stroke:{colour}}}", f".f{i}{{fill:{colour}}}"]
        return " ".join(rules)
