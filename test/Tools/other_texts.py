# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""other_texts.py FROM TO KEY=TEXT...: copies a safetensors file with these texts as its metadata."""
import json
import pathlib
import sys

data = pathlib.Path(sys.argv[1]).read_bytes()
end = 8 + int.from_bytes(data[:8], "little")
header = json.loads(data[8:end])
header["__metadata__"] = dict(text.split("=", 1) for text in sys.argv[3:])
text = json.dumps(header).encode()
pathlib.Path(sys.argv[2]).write_bytes(len(text).to_bytes(8, "little") + text + data[end:])
