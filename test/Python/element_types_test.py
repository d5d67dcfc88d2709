# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""element_types_test.py HEADER: what the module takes for the DLPack types is what the compiler's table of element types
says of them."""
import pathlib
import re
import sys

import numpy as np

from symc import abi
from symc.errors import LibraryError

header = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
kinds = re.search(r"enum class NumberKind[^{]*{([^}]*)}", header)[1]
codes = {name: int(code) for name, code in re.findall(r"(\w+) = (\d+)", kinds)}
rows = re.findall(r'{"(\w+)", (\d+), NumberKind::(\w+), ElementType::\w+, "\w+", "\w+", "(\w*)"}', header)
count = len(re.search(r"enum class ElementType[^{]*{([^}]*)}", header)[1].split(","))
if len(rows) != count:
    sys.exit(f"{count} element types, but rows for {[row[0] for row in rows]}")
for name, size, kind, numpy in rows:
    dtype = abi.numpy_dtype(abi.DLDataType(codes[kind], 8 * int(size), 1))
    wanted = np.dtype(numpy) if numpy else np.dtype(f"u{size}")
    if dtype != wanted or (dtype.metadata or {}).get("bits_of") != (None if numpy else name):
        sys.exit(f"{name} is {dtype!r} with {dtype.metadata}, not {wanted!r}")

for code, bits, lanes in ((3, 64, 1), (5, 128, 1), (2, 32, 4)):
    try:
        sys.exit(f"code {code}, {bits} bits, {lanes} lanes: {abi.numpy_dtype(abi.DLDataType(code, bits, lanes))!r}")
    except LibraryError:
        pass
