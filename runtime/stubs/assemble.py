"""Writes the assembly of a stub library: an empty function for every name of a list.

    assemble.py libc.so.6.txt libc.so.6.S
"""
import pathlib
import sys

names = [line for line in pathlib.Path(sys.argv[1]).read_text().split("\n") if line and not line.startswith("#")]
text = "".join(f"  .globl {name}\n  .type {name}, @function\n{name}:\n  .byte 0\n  .size {name}, 1\n" for name in names)
pathlib.Path(sys.argv[2]).write_text("  .text\n" + text + '  .section .note.GNU-stack, "", %progbits\n')
