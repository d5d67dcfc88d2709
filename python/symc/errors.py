# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""What can go wrong, as exceptions."""


class Error(Exception):
    """A failure that a compiled model reports; `status` is the number of its C status."""

    status = None


class ShapeError(Error, ValueError):
    """An argument of the wrong shape. `argument`, `expected` (as in the graph file) and `given` tell which."""

    def __init__(self, message, argument=None, expected=None, given=None):
        super().__init__(message)
        self.argument, self.expected, self.given = argument, expected, given


class DTypeError(Error, TypeError):
    """An argument of the wrong element type: nothing is converted silently."""


class CheckError(Error, ValueError):
    """A check in the model failed: an index out of range, a violated assert."""


class LibraryError(Error):
    """A file that is no library of symc, or one of another version."""


def from_status(status, message):
    """The exception for a C status other than 0."""
    kinds = {1: Error, 2: MemoryError, 3: OSError, 5: CheckError}
    error = kinds.get(status, Error)(message)
    error.status = status
    return error
