# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Data sets in memory: calls in batches, what layers measure, and training over epochs."""
import math
import time
import warnings

import numpy as np

from . import values
from .bf16 import to_bf16
from .errors import ShapeError
from .metrics import Means
from .shuffle import shuffled_rows

MEASURES = 8  # SYMC_FUNCTION_MEASURES


def _front(argument):
    """What the first axis of an argument is, to be compared: a dimension of the model, or a size."""
    return (argument.dims[0], argument.shape[0] if argument.dims[0] < 0 else None) if argument.rank else None


def _first_of_examples(function):
    """The first input whose first axis counts examples: that axis stands first in most inputs and results. Of several such
    it is the first input's, and the second result is the first input that has another one, else None. Sizes that were
    numbers in the graph count only where there is no dimension. `symc train` chooses so (lib/Host/BatchAxis.cpp)."""
    fronts = [_front(argument) for argument in [*function.inputs, *function.outputs]]

    def weight(argument):
        return (argument.dims[0] >= 0 or argument.shape[0] in function.fixed_sizes, fronts.count(_front(argument)))

    ranked = [argument for argument in function.inputs if argument.rank]
    first = max(ranked, key=weight, default=None)  # of equal ones the first
    return first, next((a for a in ranked if weight(a) == weight(first) and _front(a) != _front(first)), None)


class Data:
    """Arrays for the inputs of some functions, whose first axis counts examples. What no input needs does not count."""

    def __init__(self, functions, arrays, batch_size=None, what="the data"):
        arguments = {a.name: (f, a) for f in functions for a in f.inputs}
        if not hasattr(arrays, "keys"):
            names = ", ".join(f"{name!r}: …" for name in arguments)
            raise TypeError(f"{what} must be a dict of arrays by the names of inputs, {{{names}}}, not "
                            + (repr(arrays) if isinstance(arrays, (int, float)) else f"a {type(arrays).__name__}"))
        missing = [name for name in arguments if name not in arrays]
        if missing:
            raise TypeError(f"{what} has no {', '.join(map(repr, missing))}; "
                            f"{functions[0].name} takes {', '.join(arguments)}")
        self.arrays = {name: function._convert(argument, arrays[name]) for name, (function, argument) in arguments.items()}
        for name, (function, argument) in arguments.items():
            if self.arrays[name].ndim != argument.rank:
                shape = self.arrays[name].shape
                raise ShapeError(f"{function.name}: argument {name!r} is {argument.type}, given shape {shape}",
                                 name, argument.type, shape)
        self._where = functions[0].name
        first, other = _first_of_examples(functions[0])
        if first is None:
            raise TypeError(f"{self._where} has no input whose first axis counts examples")
        self.batched = [name for name, (_, argument) in arguments.items() if _front(argument) == _front(first)]
        sizes = {name: len(self.arrays[name]) for name in self.batched}
        if len(set(sizes.values())) != 1:
            raise ValueError(f"{self._where}: inputs have different numbers of examples: "
                             + ", ".join(f"{name} has {size}" for name, size in sizes.items()))
        self.examples = next(iter(sizes.values()))
        if other and (first.dims[0] >= 0 or self.examples != first.shape[0]):
            warnings.warn(f"{self._where}: examples are counted by the first axis of {first!r}, and not by that of {other!r}, "
                          "only because it is the first input; one that belongs to no example is given whole to every call",
                          stacklevel=3)
        self.batch = self._batch_of(functions[0], first, batch_size)

    def _batch_of(self, function, first, asked):
        """How many examples a call takes; an error where the library does not allow that, or the rest."""
        asked = None if asked is None else values.whole_number(asked, "batch_size", 1, 2**63 - 1)
        if not self.examples:
            raise ValueError(f"{self._where}: the data has no examples")
        if first.dims[0] < 0:
            least = most = multiple = first.shape[0]
            batch = least if asked is None else asked
        else:
            bounds = function._dims[first.dims[0]]
            least, most, multiple = bounds.min, bounds.max, bounds.multiple_of
            batch = asked or max(min(max(32, least), most) // multiple * multiple, 1)
        for size in {min(batch, self.examples), self.examples % batch or batch}:
            if size <= self.examples and (not least <= size <= most or size % multiple):
                raise ValueError(f"{self._where}: {self.examples} examples in batches of {batch} make one of {size}, "
                                 "and a call takes " + (f"{least}" if least == most else values.span(least, most))
                                 + (f", a multiple of {multiple}" if multiple > 1 and least != most else ""))
        return batch

    def batches(self, function, rows=None):
        """(number of examples, inputs by name) of each call; `rows` is the order of the examples."""
        for begin in range(0, self.examples, self.batch):
            end = min(begin + self.batch, self.examples)
            chosen = slice(begin, end) if rows is None else rows[begin:end]
            yield end - begin, {a.name: self.arrays[a.name][chosen] if a.name in self.batched else self.arrays[a.name]
                                for a in function.inputs}


def in_batches(function, arrays, batch_size):
    """The results of a function over all examples: of `evaluate` those of the data set, of others what
    the batches give one after the other."""
    data = Data([function], arrays, batch_size)
    if function.name == "evaluate":
        means = Means(function)
        for count, inputs in data.batches(function):
            means.add(function(**inputs), count)
        return means.scores(totals=True)
    axis = {a.dims[0] for a in function.inputs if a.name in data.batched}
    for output in function.outputs:
        if not output.rank or output.dims[0] not in axis or (output.dims[0] < 0 and output.shape[0] != data.batch):
            raise ValueError(f"{function.name}: the result {output!r} has no axis of examples, along which batches are joined")
    results = [function(**inputs) for _, inputs in data.batches(function)]
    return {name: np.concatenate([result[name] for result in results]) for name in results[0]}


def _moments(function, data):
    """The means and the sums of squared differences from them over the data, for each layer that measures: from those of
    batches (Chan, Golub and LeVeque 1979), which loses nothing when means are large."""
    names, found, before = [output.name for output in function.outputs], None, 0
    for here, inputs in data.batches(function):
        batch = function(**inputs)
        pairs = [(batch[mean], batch[deviation]) for mean, deviation in zip(names[::2], names[1::2])]
        if found is None:
            found = [(np.zeros_like(mean), np.zeros_like(mean)) for mean, _ in pairs]
        total = float(before + here)
        for (means, squares), (batch_means, deviations) in zip(found, pairs):
            step = batch_means - means
            means += step * here / total
            squares += deviations * deviations * here + step * step * before * here / total
        before += here
    return found


def _fill(view, numbers):
    view[...] = to_bf16(numbers) if view.dtype.metadata else numbers


def measure(model, data):
    """Fills the parameters of `standardize` layers with the means and deviations over the data."""
    function = measuring(model)
    if function is None:
        return
    names, known = [output.name for output in function.outputs], None
    for _ in names[::2]:  # a layer may stand behind another one: each time the next of them gets what it will get in training
        found = _moments(function, data)
        if known is not None and all(np.array_equal(a, b) for new, old in zip(found, known) for a, b in zip(new, old)):
            return
        for mean, deviation, (means, squares) in zip(names[::2], names[1::2], found):
            deviations = np.sqrt(squares / data.examples)
            _fill(model.parameters[mean], means)
            _fill(model.parameters[deviation], np.where(deviations == 0, 1, deviations))  # what never changes becomes 0
        known = found


def measuring(model):
    """The function that says what such parameters would be for some examples, or None."""
    return next((f for f in model.functions.values() if f.flags & MEASURES), None)


def functions_of(callbacks):
    """One callback, or several, as a list."""
    given = [] if callbacks is None else [callbacks] if callable(callbacks) else list(callbacks)
    for callback in given:
        if not callable(callback):
            raise TypeError(f"a callback is a function of the dict of an epoch, not {callback!r}")
    return given


def _ends(answer):
    """False ends a training, that of a comparison in NumPy too; None and anything else do not."""
    return isinstance(answer, (bool, np.bool_)) and not answer


def fit(model, data, validation, epochs, shuffle, callbacks):
    """Trains; a row of the history an epoch. `data` and `validation` are `Data` of train_step and evaluate."""
    step, history, started, warned = model.functions["train_step"], [], time.monotonic(), False
    for _ in range(epochs):
        rows = shuffled_rows(data.examples, model._seed, model._epochs) if shuffle else None
        means = Means(step)
        for count, inputs in data.batches(step, rows):
            scores = step(**inputs)
            means.add(scores, count)
            if not (warned or math.isfinite(scores["loss"])):
                warned = True
                warnings.warn(f"the loss is {scores['loss']} at step {model._steps()}; training goes on", stacklevel=4)
        model._epochs += 1
        row = {"epoch": model._epochs, "steps": model._steps(), **means.scores()}
        if validation:
            evaluate = model.functions["evaluate"]
            means = Means(evaluate)
            for count, inputs in validation.batches(evaluate):
                means.add(evaluate(**inputs), count)
            row.update({"val_" + name: value for name, value in means.scores().items()})
        history.append({**row, "seconds": time.monotonic() - started})
        if any([_ends(callback(history[-1])) for callback in callbacks]):
            break
    return history
