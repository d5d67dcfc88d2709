# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""exit_code.py CODE COMMAND…: runs the command, which must end with that exit code."""
import subprocess
import sys

result = subprocess.run(sys.argv[2:], check=False)
if result.returncode != int(sys.argv[1]):
    sys.exit(f"exit {result.returncode}, not {sys.argv[1]}")
