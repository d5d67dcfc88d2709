# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Writes data for the hand-written model into a folder, with the standard library only: two classes of points."""
import array
import pathlib
import random
import struct
import sys
import zipfile


def npy(typecode, descr, shape, values):
    header = str({"descr": descr, "fortran_order": False, "shape": shape})
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + array.array(typecode, values).tobytes()


folder, count = pathlib.Path(sys.argv[1]), 500
(folder / "d").mkdir(parents=True, exist_ok=True)
rng = random.Random(1)
points = [(rng.gauss(0, 1), rng.gauss(0, 1)) for _ in range(count)]
x = array.array("f", [v for p in points for v in p])
y = array.array("f", [float(a + 2 * b > 0.3) for a, b in points])
files = {"x": npy("f", "<f4", (count, 2), x), "y": npy("f", "<f4", (count, 1), y)}
for name, data in files.items():
    (folder / "d" / f"{name}.npy").write_bytes(data)
with zipfile.ZipFile(folder / "d.npz", "w", zipfile.ZIP_DEFLATED) as archive:
    for name, data in files.items():
        archive.writestr(f"{name}.npy", data)
rows = "".join(f"{x[2 * i]!r},{x[2 * i + 1]!r},{y[i]:.0f}\r\n" for i in range(count))
(folder / "d.csv").write_text("a,b,side\r\n" + rows, newline="")
(folder / "x64.npy").write_bytes(npy("d", "<f8", (count, 2), x))
(folder / "x3.npy").write_bytes(npy("f", "<f4", (count, 3), list(x) + list(x)[:count]))
(folder / "short.npy").write_bytes(npy("f", "<f4", (3, 2), x[:6]))
(folder / "bytes.npy").write_bytes(npy("B", "|u1", (count, 2), [i % 256 for i in range(2 * count)]))
(folder / "ids.npy").write_bytes(npy("q", "<i8", (4,), [0, 1, 2, 1]))
(folder / "wrong.npy").write_bytes(npy("q", "<i8", (2,), [0, 5]))
(folder / "big.npy").write_bytes(npy("d", "<f8", (2, 2), [0.1, 1e300, 1, 1]))
(folder / "half.npy").write_bytes(npy("d", "<f8", (2,), [1, 0.5]))
