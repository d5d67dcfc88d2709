# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Losses."""
import numpy as np

from .mapping import LEGACY, integers, maps, one_of, reduce_loss

REDUCTIONS = ("none", "mean", "sum")
PLAIN = {**LEGACY, "weight": (None,)}


@maps("nn.functional.mse_loss", "nn.functional.l1_loss", assumes=PLAIN)
def error(s, input, target, reduction="mean"):
    one_of(s, REDUCTIONS, reduction=reduction)
    return s.op("mse" if "mse" in s.record["op"] else "mae", input, target, reduction=reduction)


@maps("nn.functional.huber_loss", assumes=PLAIN)
def huber(s, input, target, reduction="mean", delta=1.0):
    one_of(s, REDUCTIONS, reduction=reduction)
    return s.op("huber", input, target, reduction=reduction, delta=float(delta))


@maps("nn.functional.smooth_l1_loss", assumes=LEGACY)
def smooth_l1(s, input, target, reduction="mean", beta=1.0):
    """Huber's loss divided by beta; the absolute error where that is 0."""
    one_of(s, REDUCTIONS, reduction=reduction)
    if beta == 0:
        return s.op("mae", input, target, reduction=reduction)
    loss = s.op("huber", input, target, reduction=reduction, delta=float(beta))
    return loss if beta == 1 else s.op("div", loss, s.value(np.float64(beta), False))


@maps("nn.functional.cross_entropy", constant=("weight",), assumes=LEGACY)
def cross_entropy(s, input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    one_of(s, REDUCTIONS, reduction=reduction)
    if label_smoothing or (weight is not None and target.shape == input.shape):
        return spread_labels(s, input, target, weight, ignore_index, reduction, label_smoothing)
    if target.shape == input.shape:
        return s.op("softmax_cross_entropy", input, target, axis=min(1, input.rank - 1), reduction=reduction)
    if weight is None:
        return s.op("sparse_softmax_cross_entropy", input, target, axis=min(1, input.rank - 1), reduction=reduction,
                    **ignoring(s, target, ignore_index))
    axis = min(1, input.rank - 1)
    return picked(s, s.op("log_softmax", input, shape=input.shape, axis=axis), target, weight, ignore_index, reduction)


@maps("nn.functional.nll_loss", constant=("weight",), assumes=LEGACY)
def nll(s, input, target, weight=None, ignore_index=-100, reduction="mean"):
    one_of(s, REDUCTIONS, reduction=reduction)
    return picked(s, input, target, weight, ignore_index, reduction)


def spread_labels(s, x, target, weight, ignore_index, reduction, smoothing):
    """-sum over the classes of weight * label * log(probability), for labels of which a part is spread over all classes.
    The mean is by the weights of the classes that are labels, of probabilities by their number."""
    axis, classes = min(1, x.rank - 1), x.shape[min(1, x.rank - 1)]
    weights = np.ones(classes) if weight is None else np.asarray(s.constants[weight.name]["value"], float)
    column = weights.reshape([classes if a == axis else 1 for a in range(x.rank)])
    if target.shape == x.shape:
        spread = s.expr(f"{target.name} * {1 - smoothing} + {smoothing / classes}")
        labels, divisor = s.op("mul", spread, s.value(column, False)), float(np.prod(x.shape)) / classes
    else:
        index = integers(s, target)
        keep = (index != ignore_index).astype(float)
        safe = np.where(keep, index, 0).astype(int)
        one_hot = np.moveaxis(np.eye(classes)[safe], -1, axis)
        dense = column * ((1 - smoothing) * one_hot + smoothing / classes) * np.expand_dims(keep, axis)
        labels, divisor = s.value(dense, False), float(np.sum(weights[safe] * keep))
    terms = s.op("mul", labels, s.op("log_softmax", x, axis=axis))
    loss = s.op("neg", s.op("sum", terms, axis=axis))
    if reduction == "none":
        return loss
    total = s.op("sum", loss)
    return total if reduction == "sum" else s.op("div", total, s.value(np.float64(divisor), False))


def ignoring(s, target, ignore_index):
    """The attribute, where it matters."""
    return {"ignore_index": ignore_index} if (integers(s, target) == ignore_index).any() else {}


def picked(s, x, target, weight, ignore_index, reduction):
    """The mean is one by weight. An example to ignore has none; its label may be no class."""
    labels = integers(s, target)
    keep = labels != ignore_index
    order = [0, *range(2, x.rank), 1] if x.rank > 1 else [0]
    last = s.transpose(x, order) if order != sorted(order) else x
    if weight is None:
        ignored = ignoring(s, target, ignore_index)
        if x.rank > 1:
            return s.op("nll", last, target, reduction=reduction, **ignored)
        loss = s.op("nll", s.reshape(x, [1, *x.shape]), s.reshape(target, [1]), reduction="sum", **ignored)
        return s.reshape(loss, [])
    safe = np.where(keep, labels, 0)
    rows = s.reshape(last, [safe.size, x.shape[min(1, x.rank - 1)]])
    plain = s.op("nll", rows, s.value(safe.reshape(-1), False), reduction="none")
    weights = s.op("mul", s.value(keep.reshape(-1).astype(float), False),
                   s.op("gather", weight, s.value(safe.reshape(-1), False), axis=0))
    loss = s.op("mul", plain, weights)
    if reduction == "none":
        return s.reshape(loss, labels.shape)
    total = s.op("sum", loss)
    return total if reduction == "sum" else s.op("div", total, s.op("sum", weights))


@maps("nn.functional.binary_cross_entropy_with_logits", constant=("weight", "pos_weight"), assumes=LEGACY)
def logits(s, input, target, weight=None, reduction="mean", pos_weight=None):
    if weight is None and pos_weight is None:
        one_of(s, REDUCTIONS, reduction=reduction)
        return s.op("sigmoid_cross_entropy", input, target, reduction=reduction)
    if pos_weight is None:
        loss = s.op("sigmoid_cross_entropy", input, target, reduction="none")
    else:
        x, y, p = input.name, target.name, pos_weight.name
        loss = s.expr(f"(1 - {y}) * {x} + (1 + ({p} - 1) * {y}) * softplus(-{x})")
    return reduce_loss(s, s.op("mul", loss, weight) if weight is not None else loss, reduction)


@maps("nn.functional.binary_cross_entropy", constant=("weight",), assumes=LEGACY)
def binary_cross_entropy(s, input, target, weight=None, reduction="mean"):
    loss = s.expr(f"-({target.name} * log({input.name}) + (1 - {target.name}) * log(1 - {input.name}))")
    return reduce_loss(s, s.op("mul", loss, weight) if weight is not None else loss, reduction)


@maps("nn.functional.kl_div", assumes=LEGACY)
def kl_div(s, input, target, reduction="mean", log_target=False):
    t, batch = target.name, input.shape[0] if input.rank else 1
    loss = s.expr(f"exp({t}) * ({t} - {input.name})" if log_target else f"{t} * (log({t}) - {input.name})")
    if reduction == "batchmean":
        return s.op("div", s.op("sum", loss), s.value(np.float64(batch), False))
    return reduce_loss(s, loss, reduction)
