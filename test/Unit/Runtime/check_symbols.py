"""Fails when the embedded runtime names anything that the stub libraries of runtime/stubs lack.

    check_symbols.py symc_runtime.o stubs/
"""
import pathlib
import subprocess
import sys

allowed = {line for stub in pathlib.Path(sys.argv[2]).glob("*.txt") for line in stub.read_text().split("\n")}
names = subprocess.run(["nm", "-u", sys.argv[1]], capture_output=True, text=True, check=True).stdout.split()
stray = sorted(name for name in names if name != "U" and name not in allowed)
if stray:
    sys.exit(f"{sys.argv[1]} needs {', '.join(stray)}")
sections = subprocess.run(["readelf", "-SW", sys.argv[1]], capture_output=True, text=True, check=True).stdout
for section in (".init_array", ".ctors", ".group", ".eh_frame"):
    if f" {section} " in sections:
        sys.exit(f"{sys.argv[1]} has the section {section}")
