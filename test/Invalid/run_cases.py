#!/usr/bin/env python3
"""run_cases.py [--update] FILE.cases ...: wrong graph files and exactly what is said about them.

A case begins with `### what it is`; then comes the text of the graph file, in which `$HEAD` and `$TAIL` stand for the
usual keys (they add no line) and `\\x` escapes of Python may stand after `#raw`; then one line for each diagnostic,
`> LINE:COLUMN [warning] CODE message`, and `= hint` and `@ LINE:COLUMN note` below it. All cases of a file are read by
one run of symc-import. `--update` writes what is said now; read the difference before you commit it.
"""
import json
import os
import subprocess
import sys
import tempfile

HEAD = ('"symc": 1, "name": "m", "inputs": { "x": "f32[batch, 8]", "n": "i64[batch]", "c": "bool[batch]" }, '
        '"parameters": { "W": "f32[8, 4]", "v": "f32[8]" }')
TAIL = '"outputs": ["y"]'
FILES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Inputs")


def read_cases(path):
    cases = []
    for line in open(path, encoding="utf-8").read().split("\n"):
        if line.startswith("### "):
            cases.append({"what": line[4:], "text": [], "expected": []})
        elif cases and line[:2] in ("> ", "= ", "@ "):
            cases[-1]["expected"].append(line)
        elif cases:
            cases[-1]["text"].append(line)
    for case in cases:
        while case["text"] and not case["text"][-1]:
            case["text"].pop()
    return cases


def graph_bytes(lines):
    if lines and lines[0] == "#raw":
        return "\n".join(lines[1:]).encode("latin-1").decode("unicode_escape").encode("latin-1")
    return "\n".join(lines).replace("$HEAD", HEAD).replace("$TAIL", TAIL).encode()


def said(row):
    out = [f"> {row['line']}:{row['column']} {'' if row['severity'] == 'error' else row['severity'] + ' '}"
           f"{row['code']} {row['message']}"]
    if "hint" in row:
        out.append(f"= {row['hint']}")
    out += [f"@ {n['line']}:{n['column']} {n['message']}" for n in row.get("notes", [])]
    return out


def main():
    update = sys.argv[1] == "--update"
    wrong = 0
    for path in sys.argv[2 if update else 1:]:
        cases = read_cases(path)
        with tempfile.TemporaryDirectory() as folder:
            for name in os.listdir(FILES):
                with open(os.path.join(FILES, name), "rb") as source, open(os.path.join(folder, name), "wb") as copy:
                    copy.write(source.read())
            names = [os.path.join(folder, f"{i}.json") for i in range(len(cases))]
            for name, case in zip(names, cases):
                with open(name, "wb") as out:
                    out.write(graph_bytes(case["text"]))
            r = subprocess.run(["symc-import", "--json", "--quiet", *names], capture_output=True, text=True, timeout=600)
            if r.returncode not in (0, 1) or r.stdout:
                sys.exit(f"{path}: symc-import exits {r.returncode}: {r.stderr[-400:]}")
            rows = {name: [] for name in names}
            for line in r.stderr.splitlines():
                row = json.loads(line)
                rows[row["file"]] += said(row)
            for name, case in zip(names, cases):
                case["said"] = [line.replace(folder + "/", "") for line in rows[name]]
        if update:
            with open(path, encoding="utf-8") as old:
                head = old.read().split("### ")[0]
            with open(path, "w", encoding="utf-8") as out:
                out.write(head + "".join("### " + case["what"] + "\n" + "\n".join(case["text"] + case["said"]) + "\n\n"
                                         for case in cases))
            continue
        for case in cases:
            if case["said"] != case["expected"] or not case["expected"]:
                wrong += 1
                print(f"{path}: {case['what']}\n  expected\n    " + "\n    ".join(case["expected"]) + "\n  said\n    " +
                      "\n    ".join(case["said"]))
        print(f"{os.path.basename(path)}: {len(cases)} cases")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
