# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""python_docs.py FILE: runs the blocks of Python of a page, all in one name space."""
import pathlib
import re
import sys
import warnings

warnings.simplefilter("error")
warnings.filterwarnings("ignore", r"[^\n]*\[S0801\]")  # what a page shows need not be used
page = pathlib.Path(sys.argv[1])
blocks, scope = re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S), {}
for block in blocks:
    exec(compile(block, str(page), "exec"), scope)  # pylint: disable=exec-used
print(f"{len(blocks)} blocks")
