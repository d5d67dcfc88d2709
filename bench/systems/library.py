# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""symc: the figure of `symc bench`, the generic call of the library on arrays of the row's shapes."""
import json
import pathlib
import subprocess
import tempfile

import symc
from symc.compiler import find_compiler


class System:
    def __init__(self, row, setting, threads):
        self.row, self.threads, self.command = row, threads, find_compiler()
        self.folder = tempfile.TemporaryDirectory()
        graph = pathlib.Path(self.folder.name, "model.json")
        self.library = f"{self.folder.name}/libmodel.so"
        graph.write_text(row.graph())
        subprocess.run([self.command, "compile", graph, "-o", self.library], check=True)
        version = subprocess.run([self.command, "--version"], capture_output=True, text=True)
        self.version = (version.stdout + version.stderr).split("\n")[0]

    def losses(self, count):
        model, data = symc.load(self.library, threads=self.threads), self.row.data()
        for name, value in zip(model.parameters, self.row.parameters(), strict=True):
            model.parameters[name] = value
        return [float(model.train_step(**data)["loss"]) for _ in range(count)]

    def warm(self):
        self.measure(0)

    def measure(self, seconds):
        out = subprocess.run([self.command, "bench", self.library, "--function", self.row.function, "--dim",
                              f"batch={self.row.batch}", "--threads", str(self.threads)],
                             capture_output=True, text=True, check=True).stdout
        return json.loads(out)["median_ns"] * 1e-9
