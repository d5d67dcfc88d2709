# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""behind_last_step.py LIBRARY CHECKPOINT STEPS EXAMPLES: makes of the checkpoint of a run of one epoch the one that the run
wrote with `--checkpoint-every` behind the last step, before the epoch was ended."""
import json
import sys

import symc

library, path, steps, examples = sys.argv[1:]
model = symc.load(library)
note = json.loads(model.load_state(path))
assert note["epoch"] == 1 and note["position"] == 0, note
note.update(epoch=0, history=[], position=int(steps), examples=int(examples), sums=[float(examples).hex()] * len(note["sums"]))
model.save_state(path, json.dumps(note))
