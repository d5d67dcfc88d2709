# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""read_events.py DIR: checks the frames of the event file in DIR and prints what the events say."""
import pathlib
import struct
import sys


def crc(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    value ^= 0xFFFFFFFF
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def fields(data):
    """The fields of a protobuf message as a dict of number -> value (the last one counts)."""
    out, at = {}, 0

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
            out[key >> 3] = varint()
            continue
        size = {1: 8, 5: 4}.get(key & 7) or varint()
        out[key >> 3] = data[at:at + size]
        at += size
    return out


[path] = pathlib.Path(sys.argv[1]).glob("*tfevents*")
data, at = path.read_bytes(), 0
while at < len(data):
    size, check = struct.unpack_from("<QI", data, at)
    assert crc(data[at:at + 8]) == check, "wrong CRC of a length"
    body = data[at + 12:at + 12 + size]
    assert crc(body) == struct.unpack_from("<I", data, at + 12 + size)[0], "wrong CRC of a record"
    at += size + 16
    event = fields(body)
    if 3 in event:
        print("version", event[3].decode())
    if 5 in event:
        value = fields(fields(event[5])[1])
        shown = struct.unpack("<f", value[2])[0] if 2 in value else fields(fields(value[9])[1])[1].decode()
        print(event[2], value[1].decode(), shown)
