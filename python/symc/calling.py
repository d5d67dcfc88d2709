# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""What is said where a method is called as those of other packages are."""
import functools
import inspect

# What other packages call arguments of `fit`, and what is written here.
HINTS = {"validation_data": "validation=data", "verbose": "callbacks=[print] shows every epoch", "n_epochs": "epochs=10",
         "validation_split": "hold rows out and give them: validation={'x': x[800:], …}", "batch": "batch_size=32",
         "learning_rate": "it is the optimizer's: symc.compile(graph, learning_rate=0.1)"}


def with_hints(method):
    """A method that says which arguments it takes where the call has others."""
    signature = inspect.signature(method)

    @functools.wraps(method)
    def called(self, *positional, **named):
        try:
            signature.bind(self, *positional, **named)
        except TypeError as error:
            step = self.functions.get("train_step") or next(iter(self.functions.values()))
            data = ", ".join(f"{a.name!r}: …" for a in step.inputs)
            hints = [HINTS[name] for name in named if name in HINTS and name not in signature.parameters]
            raise TypeError(f"{method.__name__}: {error}: "
                            + ("; ".join(hints) or f"it is called as m.{method.__name__}({{{data}}}, "
                               + ", ".join(f"{p.name}=…" for p in list(signature.parameters.values())[2:]) + ")")) from None
        return method(self, *positional, **named)

    return called
