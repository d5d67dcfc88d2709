# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Recorded samples of PyTorch's operators as graphs: the mapping, a file a family, and what compiles and compares them."""
