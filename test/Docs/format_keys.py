# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""format_keys.py SCHEMA PAGE: the page names each key of a graph file, of a node and of `train`, and each element type."""
import json
import pathlib
import sys

schema, page = json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2]).read_text()
train = next(form for form in schema["properties"]["train"]["anyOf"] if "required" in form)
keys = {*schema["properties"], *schema["definitions"]["node"]["properties"], *train["properties"]}
missing = sorted(key for key in keys if f"`{key}`" not in page) + \
    sorted(t for t in schema["definitions"]["elementType"]["enum"] if f"{t}" not in page)
if missing:
    sys.exit(f"{sys.argv[2]} says nothing of {', '.join(missing)}")
