# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""An instance of a model: the memory and the calls that are not those of its functions."""
import ctypes
import threading
import weakref

from . import abi, preparation, values
from .errors import from_status


class Alone:
    """An instance does one thing at a time: other threads wait. (The library lets go of the interpreter's lock.)"""

    def __init__(self):
        self.lock, self.taken = threading.RLock(), False

    def __enter__(self):
        self.lock.acquire()
        if self.taken:  # by this thread
            self.lock.release()
            raise RuntimeError("what a model prints is shown in the middle of a call, when the model cannot be used")
        self.taken = True

    def __exit__(self, *_):
        self.taken = False
        self.lock.release()


class NotCopied:
    def __reduce_ex__(self, protocol):
        raise TypeError("a model of symc is neither copied nor pickled: symc.load opens another one, "
                        "and save_state and load_state carry over what it has")


class Handle(NotCopied):
    """Owns an instance of a model; views of parameters keep it alive."""

    def __init__(self, path, threads, seed, show):
        self.pointer = self.image = None
        self.preparation, self.unsaid = preparation.of_manifest({}), {}  # factors of inputs that nobody has been told of
        self.show, self.failure = show, None  # what takes prints of the graph; the exception that it ended a call with
        self.viewed, self.kept = False, []  # whether parameters were given out; instances that keep those alive
        self.alone = Alone()
        self.model, self.image = abi.open_library(path, self)
        self.pointer = ctypes.c_void_p()
        options = abi.default_options(self.image)
        if threads is not None:
            options.threads = values.whole_number(threads, "threads", 0, 2**31 - 1)
        if seed is not None:
            options.seed = values.whole_number(seed, "seed", 0, 2**64 - 1)
        if show:
            handle = weakref.proxy(self)
            self.hook = options.print = abi.PrintHook(lambda _, label, value: handle.print(label, value.contents))
        self.seed = options.seed
        status = self.model.contents.create(self.model, ctypes.byref(options), ctypes.byref(self.pointer))
        if status:
            self.pointer = None
            raise from_status(status, self.message(None))
        self.destroy = self.model.contents.destroy

    def print(self, label, tensor):
        """Called in the middle of a call of the library, which no exception may leave: it is raised behind the call."""
        if self.failure:
            return
        try:
            self.show(label.decode("utf-8", "replace"), abi.array_of(tensor))
        except BaseException as error:  # KeyboardInterrupt too
            self.failure = error

    def prepare(self, found):
        """Takes how data are prepared for the parameters at hand."""
        if found["scale"] != self.preparation["scale"]:
            self.unsaid = {name: factor for name, factor in found["scale"].items() if factor != 1}
        self.preparation = found

    def say(self, inputs):
        """Tells once of factors of these inputs."""
        scale = {name: self.unsaid[name] for name in inputs if name in self.unsaid}
        if scale:
            self.unsaid = {}
            preparation.warn(scale)

    def raise_failure(self):
        if self.failure:
            error, self.failure = self.failure, None
            raise error

    def keep_viewed(self):
        """Views stay valid when the instance turns to other parameters: one more instance shares the present ones."""
        if not self.viewed:
            return
        options, keeper = abi.default_options(self.image), ctypes.c_void_p()
        options.threads = 1
        status = self.model.contents.create(self.model, ctypes.byref(options), ctypes.byref(keeper))
        if status:
            raise from_status(status, self.message(None))
        self.kept.append(keeper)
        self.check_model(self.model.contents.share_parameters(keeper, self.pointer))
        self.viewed = False

    def message(self, pointer):
        text = self.model.contents.error(pointer)
        return text.decode("utf-8", "replace") if text else "no message"

    def check(self, status):
        if status:
            raise from_status(status, self.message(self.pointer))

    def check_model(self, status):
        """For functions of the model that are not told of the instance."""
        if status:
            raise from_status(status, self.message(None))

    def __del__(self):
        if self.pointer and hasattr(self, "destroy"):
            for pointer in (*self.kept, self.pointer):
                self.destroy(pointer)
        if self.image:
            self.image.users.discard(id(self))
