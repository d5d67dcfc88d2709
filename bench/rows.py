# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""The models that compare.py measures: the four examples, a character LSTM, a small GPT, and models of their kinds with
other sizes and batches.

A row is named KIND[:SIZES][@BATCH][/predict]; without SIZES and BATCH it is the model of this table. SIZES are, by kind:

    linear_regression   FEATURES                                    442 x 10, gradient descent
    perceptron          INPUTS-HIDDEN-...-OUTPUTS                   2-16-1, tanh, last sigmoid, Adam
    softmax_regression  HEIGHT-WIDTH-CLASSES                        28-28-10, gradient descent
    small_cnn           HEIGHT-WIDTH-FILTERS x 3-UNITS-CLASSES      28-28-16-8-12-200-10, Adam
    char_lstm           TIME-UNITS-VOCABULARY-EMBEDDING             64-128-65-64, Adam
    tiny_gpt            TIME-LAYERS-HEADS-WIDTH-VOCABULARY          64-4-4-128-65, Adam

`/predict` measures the forward pass alone, without dropout.
"""
import re

from kinds import KINDS


class Row:
    """Makes rows, which are instances of their kind (kinds/kind.py), from their names."""

    @staticmethod
    def parse(name):
        """Raises ValueError for a name that is not of the form above."""
        match = re.fullmatch(r"(\w+?)(?::([\d-]+))?(?:@(\d+))?(/predict)?", name)
        if not match or match[1] not in KINDS:
            raise ValueError(f"no row {name!r}; there are {', '.join(KINDS)}, each with [:SIZES][@BATCH][/predict]")
        kind = KINDS[match[1]]
        sizes = tuple(map(int, match[2].split("-"))) if match[2] else kind.SIZES
        if not kind.takes(sizes):
            raise ValueError(f"{name!r}: {kind.KIND} has {len(kind.SIZES)} sizes")
        return kind(name, sizes, int(match[3] or kind.BATCH), bool(match[4]))
