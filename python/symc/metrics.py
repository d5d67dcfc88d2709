# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""The loss and the metrics of several calls, as `symc eval` computes them."""
import numpy as np

TOTALS = "/totals"


def _mean_iou(totals):
    common, either = totals
    met = either > 0
    return np.mean(common[met] / either[met]) if met.any() else np.nan


def _hits(among):
    """The mean over the classes that occur; of one class, 0 where it does not."""
    def value(totals):
        hits, predictions, labels = totals
        met = predictions + labels > 0
        parts = hits / np.maximum(among(predictions, labels), 0.5)  # the least that is not 0 is half of a label
        return parts[0] if len(parts) == 1 else np.mean(parts[met]) if met.any() else np.nan
    return value


def _ratio(totals):
    return totals[0] / totals[1]


# What has totals, sums over the examples of a call, and its value over all that were added up.
FINISH = {"loss": _ratio, "accuracy": _ratio, "top_5_accuracy": _ratio, "perplexity": lambda totals: np.exp(_ratio(totals)),
          "mean_iou": _mean_iou, "precision": _hits(lambda predictions, labels: predictions),
          "recall": _hits(lambda predictions, labels: labels),
          "f1": _hits(lambda predictions, labels: (predictions + labels) / 2)}


class Means:
    """Of `evaluate` or `train_step`: means over batches weighted by examples, or what the totals of a metric say."""

    def __init__(self, function):
        self._names = [output.name for output in function.outputs]
        self._sums, self._examples = dict.fromkeys(self._names, 0.0), 0

    def add(self, results, examples):
        for name in self._names:
            value = np.float64(results[name])
            self._sums[name] = self._sums[name] + (value if name.endswith(TOTALS) else value * examples)
        self._examples += examples

    def scores(self, totals=False):
        """The loss and the metrics; with `totals` these too, as the function gives them."""
        with np.errstate(invalid="ignore"):  # 0/0 where nothing counted
            return {name: self._sums[name] if name.endswith(TOTALS)
                    else float(FINISH[name](self._sums[name + TOTALS]) if name + TOTALS in self._sums
                               else self._sums[name] / self._examples)
                    for name in self._names if totals or not name.endswith(TOTALS)}
