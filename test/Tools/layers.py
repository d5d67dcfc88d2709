# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""layers.py SOURCE [TARGETS]: every file of the project is in a layer, and includes go from a layer to those below it; what is
of one target is included by that target alone.

TARGETS is what CMake knows (test/CMakeLists.txt writes it): a source may include the headers of the targets alone that its
own target is linked to. Prints every include that crosses.
"""
import os
import pathlib
import re
import sys

# From the top to the bottom: a layer may include those below it, except where BESIDE says which ones alone.
LAYERS = [
    ("tests", ["test", "bench", "examples"]), ("tools", ["tools"]), ("Driver", ["lib/Driver"]), ("Export", ["lib/Export"]),
    ("Target", ["lib/Target"]), ("Lowering", ["lib/Lowering"]), ("Kernel", ["lib/Kernel"]), ("Fusion", ["lib/Fusion"]),
    ("Sharding", ["lib/Sharding"]), ("Placement", ["lib/Placement"]), ("Interpreter", ["lib/Interpreter"]),
    ("Autodiff", ["lib/Autodiff"]), ("Import", ["lib/Import"]), ("Frontend", ["lib/Frontend"]), ("dialects", ["dialects"]),
    ("Host", ["lib/Host"]), ("runtime", ["runtime"]), ("Support", ["lib/Support"]), ("interface", ["include"]), ("build", ["cmake"])]
# Host is what `symc` needs beside the compiler, the runtime is what a model carries: they know each other as little as the
# compiler knows them.
BESIDE = {"Host": {"Support", "interface"}, "runtime": {"Support", "interface"}}
ONLY_TOP = {"Host": {"tests", "tools"}, "runtime": {"tests"}, "build": set()}

# What is of one target, and the one file that lists them.
OF_TARGET = re.compile(r"lib/(?:Lowering|Target)/([A-Z]{2,})/")
LISTS_TARGETS = ("lib/Target/Targets.h", "Info.h")

RANK = {name: rank for rank, (name, _) in enumerate(LAYERS)}
SUFFIXES = {".h", ".cpp", ".c", ".td", ".def", ".inc", ".cu", ".cuh"}
INCLUDE = re.compile(r'^\s*#?\s*include\s*["<]([^">]+)[">]', re.M)


def layer_of(path):
    for name, folders in LAYERS:
        if any(path == folder or path.startswith(folder + "/") for folder in folders):
            return name
    return None


def may_include(above, below):
    if above == below:
        return True
    if below in ONLY_TOP:
        return above in ONLY_TOP[below]
    if above in BESIDE:
        return below in BESIDE[above]
    return RANK[above] < RANK[below]


def is_of_other_target(path, found):
    """Whether `found` is of a target and `path` is not of the same one."""
    target, above = OF_TARGET.match(found), OF_TARGET.match(path)
    if not target or layer_of(path) == "tests" or (above and above[1] == target[1]):
        return False
    return (path, found.rsplit("/", 1)[1]) != LISTS_TARGETS


def sources(root):
    for folder, folders, files in os.walk(root):
        folders[:] = [f for f in folders if not f.startswith(".") and f not in ("build", "shared")
                      and not os.path.exists(os.path.join(folder, f, "CMakeCache.txt"))]
        for name in files:
            if pathlib.PurePath(name).suffix in SUFFIXES:
                yield pathlib.Path(folder, name).relative_to(root).as_posix()


def included(root, path, name):
    """The file of the project that an include names; None where it is another's or generated."""
    beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
    for candidate in (name, beside, "include/" + name):
        if (root / candidate).is_file():
            return candidate
    return None


def read_targets(path):
    """Of every target the folder, the sources and what it may include: what it links to, and what that hands on."""
    targets = {}
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        name, folder, files, links, public = line.split("\t")
        targets[name] = {"folder": folder, "sources": files.split(";"), "links": links.split(";"), "public": public.split(";")}
    for target in targets.values():
        reached, pending = set(), list(target["links"])
        while pending:
            link = pending.pop()
            if link in targets and link not in reached:
                reached.add(link)
                pending += targets[link]["public"]
        target["layers"] = {layer_of(targets[link]["folder"]) for link in reached} | {layer_of(target["folder"]), "interface"}
    return targets


def check(root, targets):
    wrong, includes = [], {}
    for path in sorted(sources(root)):
        above = layer_of(path)
        if not above:
            wrong.append(f"{path} is in no layer")
            continue
        text = (root / path).read_text(encoding="utf-8", errors="replace")
        includes[path] = {found for name in INCLUDE.findall(text) if (found := included(root, path, name))}
        for found in sorted(includes[path]):
            below = layer_of(found)
            if below is None:
                wrong.append(f"{path} includes {found}, which is in no layer")
            elif not may_include(above, below):
                wrong.append(f"{path} includes {found}: {above} must not know {below}")
            elif is_of_other_target(path, found):
                wrong.append(f"{path} includes {found}, which is of one target")
    for name, target in targets.items():
        if layer_of(target["folder"]) == "tests":
            continue  # they compile sources of others
        for source in target["sources"]:
            path = os.path.normpath(os.path.join(target["folder"], source))
            for found in sorted(includes.get(path, ())):
                if layer_of(found) not in target["layers"]:
                    wrong.append(f"{path} includes {found}, but {name} is linked to nothing of {layer_of(found)}")
    return wrong


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    targets = read_targets(sys.argv[2]) if len(sys.argv) > 2 else {}
    wrong = check(root, targets)
    for line in wrong:
        print(line)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
