# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""read_events.py DIR...: checks the frames of the event files in each DIR, in the order in which TensorBoard reads them,
and prints what the events say, a line each: of a histogram its number of values and bounds, of an image its size and its darkest
and brightest byte, of a graph and of run metadata a line a node."""
import pathlib
import struct
import sys
import zlib


def crc(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    value ^= 0xFFFFFFFF
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


class Message:
    """A protobuf message: the values of its fields by their numbers, each in the order of the file."""

    def __init__(self, data):
        self.fields, at = {}, 0

        def varint():
            nonlocal at
            value = shift = 0
            while True:
                byte = data[at]
                at += 1
                value |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    return value

        while at < len(data):
            key = varint()
            if key & 7 == 0:
                value = varint()
            else:
                size = {1: 8, 5: 4}.get(key & 7) or varint()
                assert at + size <= len(data), "a field ends behind its message"
                value = data[at:at + size]
                at += size
            self.fields.setdefault(key >> 3, []).append(value)

    def __contains__(self, field):
        return field in self.fields

    def get(self, field, otherwise=0):
        return self.fields.get(field, [otherwise])[-1]

    def text(self, field):
        return self.get(field, b"").decode()

    def number(self, field, form="<d"):
        return struct.unpack(form, self.get(field))[0]

    def signed(self, field):
        value = self.get(field)
        return value - (1 << 64) if value >> 63 else value

    def messages(self, field):
        return [Message(data) for data in self.fields.get(field, [])]

    def message(self, field):
        return self.messages(field)[-1]


def numbers(data):
    return struct.unpack(f"<{len(data) // 8}d", data)


def png(data):
    """Height, width, channels and the bytes of a PNG whose rows have no filters."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8:at + 8 + size]
        assert zlib.crc32(kind + body) == struct.unpack_from(">I", data, at + 8 + size)[0], "wrong CRC of a chunk"
        chunks[kind] = body
        at += size + 12
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    width, height, bits, colours = struct.unpack_from(">IIBB", chunks[b"IHDR"])
    assert bits == 8
    channels = {0: 1, 2: 3}[colours]
    rows, stride = zlib.decompress(chunks[b"IDAT"]), 1 + width * channels
    assert len(rows) == height * stride
    assert all(rows[y * stride] == 0 for y in range(height)), "a row with a filter"
    return height, width, channels, b"".join(rows[y * stride + 1:(y + 1) * stride] for y in range(height))


def shape(message):
    return "[" + ", ".join(str(dim.signed(1)) for dim in message.messages(2)) + "]"


def show_value(step, value):
    tag = value.text(1)
    if 2 in value:
        print(step, tag, f"{value.number(2, '<f'):.7g}")
    elif 5 in value:
        histogram = value.message(5)
        limits, counts = numbers(histogram.get(6)), numbers(histogram.get(7))
        assert len(limits) == len(counts) and list(limits) == sorted(limits) and sum(counts) == histogram.number(3)
        assert limits[-1] == histogram.number(2)
        print(step, tag, f"histogram of {histogram.number(3):.0f} from {histogram.number(1):.7g} to "
              f"{histogram.number(2):.7g}, sum {histogram.number(4):.7g}")
    else:
        image = value.message(4)
        height, width, channels, pixels = png(image.get(4))
        assert (height, width, channels) == (image.get(1), image.get(2), image.get(3))
        print(step, tag, f"image {height}x{width}x{channels} from {min(pixels)} to {max(pixels)}")


def show_graph(graph):
    for node in graph.messages(1):
        attributes = {entry.text(1): entry.message(2) for entry in node.messages(5)}
        shapes = " ".join(shape(one) for one in attributes["_output_shapes"].message(1).messages(7))
        print("node", node.text(1), f"({node.text(2)})", "on", node.text(4), shapes,
              *(["<-", *(name.decode() for name in node.fields[3])] if 3 in node else []))


def show_metadata(step, tagged):
    for device in Message(tagged.get(2)).message(1).messages(1):
        for node in device.messages(2):
            assert node.get(5) > 0 and node.get(2) >= 0
            print(step, tagged.text(1), "on", device.text(1), node.text(1), node.message(6).get(2), "bytes")


def show(event):
    step = event.get(2)
    if 3 in event:
        print("version", event.text(3))
    if 4 in event:
        show_graph(event.message(4))
    for summary in event.messages(5):
        for value in summary.messages(1):
            show_value(step, value)
    if 7 in event:
        print("restarts before step", step)
    if 8 in event:
        show_metadata(step, event.message(8))


def events(directory):
    paths = sorted(pathlib.Path(directory).glob("*tfevents*"))
    assert paths, f"no events in {directory}"
    for path in paths:
        data, at = path.read_bytes(), 0
        while at < len(data):
            size, check = struct.unpack_from("<QI", data, at)
            assert crc(data[at:at + 8]) == check, "wrong CRC of a length"
            body = data[at + 12:at + 12 + size]
            assert crc(body) == struct.unpack_from("<I", data, at + 12 + size)[0], "wrong CRC of a record"
            at += size + 16
            yield Message(body)


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        for one in events(folder):
            show(one)
