# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""The kinds of model that rows are of, a module each, in the order in which compare.py measures them."""
from .linear_regression import LinearRegression
from .perceptron import Perceptron
from .softmax_regression import SoftmaxRegression
from .small_cnn import SmallCnn
from .char_lstm import CharLstm
from .tiny_gpt import TinyGpt

KINDS = {kind.KIND: kind for kind in (LinearRegression, Perceptron, SoftmaxRegression, SmallCnn, CharLstm, TinyGpt)}
