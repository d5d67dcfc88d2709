#!/usr/bin/env python3
"""error_docs.py ROOT: checks that docs/errors.md lists exactly the codes of lib/Support/ErrorCodes.def, with the same
meanings, and that the sources raise no other code. `--write` rewrites the table."""
import pathlib
import re
import sys

ROW = re.compile(r'SYMC_CODE\((\w+), "(S\d{4})", "((?:[^"\\]|\\.)*)"\)')
MARK = "<!-- codes -->\n"


def main():
    write = "--write" in sys.argv
    root = pathlib.Path(sys.argv[-1])
    text = (root / "lib/Support/ErrorCodes.def").read_text()
    codes = {code: meaning.replace("\\\\", "\\") for _, code, meaning in ROW.findall(text)}
    if len(codes) != len(re.findall(r"^SYMC_CODE\(", text, re.M)):
        sys.exit("ErrorCodes.def: a code is given twice, or a line is not of the form of the others")
    page = root / "docs/errors.md"
    head = page.read_text().split(MARK)[0]
    table = "| code | meaning |\n|---|---|\n" + "".join(f"| {c} | {m} |\n" for c, m in sorted(codes.items()))
    if write:
        page.write_text(head + MARK + table)
        return
    wrong = [] if page.read_text() == head + MARK + table else ["docs/errors.md differs from ErrorCodes.def"]
    for folder in ("lib", "dialects", "tools"):
        for source in sorted((root / folder).rglob("*")):
            if source.suffix in (".cpp", ".h", ".td"):
                for code in sorted(set(re.findall(r'"(S\d{4})(?:: |")', source.read_text(errors="replace"))) - set(codes)):
                    wrong.append(f"{source.relative_to(root)}: {code} is not in ErrorCodes.def")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
