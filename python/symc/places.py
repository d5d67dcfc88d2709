# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Which line of Python wrote what of a graph file."""
import json
import os
import sys

_PACKAGE = os.path.dirname(__file__)


def caller():
    """(file, line) of the nearest call from outside of this package; None where there is none."""
    frame = sys._getframe(1)
    while frame and os.path.dirname(frame.f_code.co_filename) == _PACKAGE:
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) if frame else None


class Text(str):
    """A string of the file that the call at `place` wrote; `parts` are (begin, end, place) of what other calls wrote of it."""

    def __new__(cls, text, place=None, parts=()):
        self = super().__new__(cls, text)
        self.place, self.parts = place, parts
        return self


class Entry(dict):
    """An object of the file, and the call that wrote it."""

    def __init__(self, *items, place=None, **more):
        super().__init__(*items, **more)
        self.place = place


class Entries(list):
    """A list of the file that holds texts and entries."""

    place = None


class Places:
    """The calls that wrote the parts of a file: `marks` are (begin, end, place) in bytes."""

    def __init__(self, text, marks):
        self._starts, self._marks = [0], marks
        for line in text.encode().split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def at(self, line, column):
        """Of the smallest part that holds this place of the file; line and column, in bytes, count from 1."""
        offset = self._starts[min(line, len(self._starts)) - 1] + column - 1
        around = [(end - begin, place) for begin, end, place in self._marks if begin <= offset < end]
        return min(around)[1] if around else None

    def located(self, diagnostic):
        """A diagnostic of the file, with the place in Python in place of that in the file."""
        place = self.at(diagnostic.get("line") or 1, diagnostic.get("column") or 1)
        if place is None:
            return diagnostic
        kept = {k: v for k, v in diagnostic.items() if k not in ("line", "column", "end_line", "end_column")}
        kept["file"], kept["line"] = place
        if "notes" in kept:
            kept["notes"] = [self.located(note) if note.get("line") else note for note in kept["notes"]]
        return kept


class _Writer:
    """Writes what `json.dumps(…, indent=2)` does, and notes where entries and texts stand."""

    def __init__(self):
        self.chunks, self.size, self.marks = [], 0, []

    def put(self, text):
        self.chunks.append(text)
        self.size += len(text.encode())

    def write(self, value, indent):
        if isinstance(value, Text):
            self.write_text(value)
        elif isinstance(value, (Entry, Entries)) and value:
            self.write_members(value, indent)
        else:
            self.put(_json(value).replace("\n", "\n" + " " * indent))

    def write_members(self, value, indent):
        brackets, members = ("{}", value.items()) if isinstance(value, dict) else ("[]", ((None, item) for item in value))
        separator = brackets[0]
        for key, item in members:
            self.put(separator + "\n" + " " * (indent + 2))
            begin = self.size
            if key is not None:
                self.put(_json(key) + ": ")
            self.write(item, indent + 2)
            if getattr(item, "place", None):
                self.marks.append((begin, self.size, item.place))
            separator = ","
        self.put("\n" + " " * indent + brackets[1])

    def write_text(self, text):
        begin = self.size
        before = lambda end: begin + len(_json(text[:end]).encode()) - 1  # with the first quote, without the last one
        self.marks += [(before(first), before(last), place) for first, last, place in text.parts if place]
        self.put(_json(str(text)))


def _json(value):
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)


def written(file):
    """The text of a graph file, an `Entry`, and the `Places` of its parts."""
    writer = _Writer()
    writer.write(file, 0)
    if file.place:
        writer.marks.append((0, writer.size, file.place))
    text = "".join(writer.chunks) + "\n"
    return text, Places(text, writer.marks)
