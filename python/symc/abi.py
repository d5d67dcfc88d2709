# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""The structs of include/symc/runtime.h for ctypes, and how a library is opened."""
import _ctypes
import ctypes
import hashlib
import itertools
import math
import os
import stat
import struct
import tempfile
import threading
import zlib
from ctypes import POINTER, c_char_p, c_int32, c_int64, c_size_t, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p

import numpy as np

from .bf16 import from_bf16
from .errors import LibraryError

ABI_VERSION = 1


class DLDevice(ctypes.Structure):
    _fields_ = [("device_type", c_int32), ("device_id", c_int32)]


class DLDataType(ctypes.Structure):
    _fields_ = [("code", c_uint8), ("bits", c_uint8), ("lanes", c_uint16)]


class DLTensor(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("device", DLDevice), ("ndim", c_int32), ("dtype", DLDataType),
                ("shape", POINTER(c_int64)), ("strides", POINTER(c_int64)), ("byte_offset", c_uint64)]


PrintHook = ctypes.CFUNCTYPE(None, c_void_p, c_char_p, POINTER(DLTensor))


class Options(ctypes.Structure):
    _fields_ = [("size", c_uint32), ("threads", c_int32), ("seed", c_uint64), ("user", c_void_p),
                ("allocate", c_void_p), ("release", c_void_p), ("parallel_for", c_void_p), ("print", PrintHook)]


class Dim(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("min", c_int64), ("max", c_int64), ("multiple_of", c_int64)]


class Argument(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("type", c_char_p), ("doc", c_char_p), ("dtype", DLDataType), ("rank", c_int32),
                ("shape", POINTER(c_int64)), ("dims", POINTER(c_int32))]


class Function(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("doc", c_char_p), ("flags", c_int32), ("input_count", c_int32),
                ("output_count", c_int32), ("inputs", POINTER(Argument)), ("outputs", POINTER(Argument)),
                ("dim_count", c_int32), ("dims", POINTER(c_int32)), ("kernels", c_int32)]


class Parameter(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("type", c_char_p), ("doc", c_char_p), ("dtype", DLDataType), ("rank", c_int32),
                ("shape", POINTER(c_int64)), ("count", c_int64), ("trainable", c_int32)]


class Model(ctypes.Structure):
    pass


def _function(result, *arguments):
    return ctypes.CFUNCTYPE(result, *arguments)


_status, _path = ctypes.c_int, c_char_p
Model._fields_ = [
    ("abi", c_uint32), ("size", c_uint32), ("name", c_char_p), ("manifest", c_char_p), ("dim_count", c_int32),
    ("function_count", c_int32), ("parameter_count", c_int32), ("reserved", c_int32), ("dims", POINTER(Dim)),
    ("functions", POINTER(Function)), ("parameters", POINTER(Parameter)),
    ("create", _function(_status, POINTER(Model), POINTER(Options), POINTER(c_void_p))),
    ("destroy", _function(None, c_void_p)),
    ("error", _function(c_char_p, c_void_p)),
    ("initialize", _function(_status, c_void_p, c_uint64)),
    ("load_parameters", _function(_status, c_void_p, _path)),
    ("load_parameters_subset", _function(_status, c_void_p, _path)),
    ("save_parameters", _function(_status, c_void_p, _path)),
    ("save_state", _function(_status, c_void_p, _path, c_char_p)),
    ("load_state", _function(_status, c_void_p, _path, POINTER(c_char_p))),
    ("parameter", _function(_status, c_void_p, c_char_p, POINTER(DLTensor))),
    ("reserve", _function(_status, c_void_p, POINTER(c_int64))),
    ("share_parameters", _function(_status, c_void_p, c_void_p)),
    ("step", _function(c_int64, c_void_p)),
    ("call", _function(_status, c_void_p, c_int32, c_void_p, c_void_p)),
    ("output_shape", _function(_status, POINTER(Model), c_int32, c_int32, POINTER(c_int64), POINTER(c_int64))),
    ("plan", _function(_status, POINTER(Model), c_int32, POINTER(c_int64), POINTER(c_int64), POINTER(c_int64))),
    ("reset", _function(_status, c_void_p))]

_KINDS = {0: "i", 1: "u", 2: "f", 4: "u", 6: "b"}


def numpy_dtype(dtype):
    """The NumPy type of a DLDataType: for bf16, which NumPy does not have, that of its bits, and it says so."""
    kind = _KINDS.get(dtype.code)
    if kind is None or dtype.lanes != 1:
        raise LibraryError(f"an argument has a type that NumPy does not have (code {dtype.code}, {dtype.bits} bits)")
    if dtype.code == 4:
        return np.dtype(np.uint16, metadata={"bits_of": "bf16"})
    return np.dtype(np.bool_) if kind == "b" else np.dtype(f"{kind}{dtype.bits // 8}")


def array_of(tensor):
    """A copy of a dense tensor; bf16, which NumPy does not have, as float32."""
    shape = tuple(tensor.shape[i] for i in range(tensor.ndim))
    dtype = numpy_dtype(tensor.dtype)
    count = math.prod(shape)
    if not count:
        data = np.empty(shape, dtype)
    else:
        memory = (ctypes.c_char * (count * dtype.itemsize)).from_address(tensor.data + tensor.byte_offset)
        data = np.frombuffer(memory, dtype).reshape(shape).copy()
    return from_bf16(data) if tensor.dtype.code == 4 else data


def _read(path):
    """The bytes of a regular file. Opening a FIFO would wait for a writer."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise LibraryError(f"{path}: is not a regular file")
        return memoryview(file.read())


def _exported(path, data):
    """Names that an ELF library defines, read from its symbol table; nothing of it runs."""
    if bytes(data[:64]).lstrip()[:1] == b"{":
        raise LibraryError(f"{path}: is a graph file, not a library: symc.compile compiles it")
    if data[:4] != b"\x7fELF" or len(data) < 64 or data[4] != 2:
        raise LibraryError(f"{path}: is not a shared library")
    magic, crc, size = struct.unpack("<4sIQ", data[-16:])  # lib/Support/LibraryChecksum.h
    if magic == b"symc" and (size != len(data) - 16 or crc != zlib.crc32(data[:-16])):
        raise LibraryError(f"{path}: is a damaged library")
    try:
        offset, = struct.unpack_from("<Q", data, 40)
        size, count = struct.unpack_from("<HH", data, 58)
        sections = [struct.unpack_from("<IIQQQQIIQQ", data, offset + i * size) for i in range(count)]
        names = set()
        for _, kind, _, _, begin, length, link, *_ in sections:
            if kind != 11:  # SHT_DYNSYM
                continue
            text = bytes(data[sections[link][4]:sections[link][4] + sections[link][5]])
            for at in range(begin, begin + length, 24):
                name, _, _, section = struct.unpack_from("<IBBH", data, at)
                if section:
                    names.add(text[name:text.index(b"\0", name)].decode("ascii", "replace"))
        return names
    except (struct.error, IndexError, ValueError):
        raise LibraryError(f"{path}: is a damaged library") from None


def _write_all(descriptor, data):
    while data:
        data = data[os.write(descriptor, data):]


_images = itertools.count()


def _load_from_memory(data):
    descriptor = os.memfd_create("symc-model")
    try:
        _write_all(descriptor, data)
        # The number of the descriptor has been that of earlier ones, and the loader knows a library by the path that it
        # was asked for. So every path is spelt in a way of its own.
        spelling = format(next(_images), "b").replace("0", "/").replace("1", "./")
        return ctypes.CDLL(f"/proc/self/fd/{spelling}{descriptor}")
    finally:
        os.close(descriptor)


def _load_from_folder(data):
    with tempfile.TemporaryDirectory(prefix="symc-") as folder:
        path = os.path.join(folder, "model.so")
        with open(path, "wb") as file:
            file.write(data)
        return ctypes.CDLL(path)


def _load(path, data):
    """Loads a copy of a library that nothing else knows. The loader takes a file with the path or the inode of one that
    is loaded for that one, and who writes to a loaded file changes the code that runs."""
    try:
        return _load_from_memory(data)
    except (AttributeError, OSError):  # no such files on this system, no /proc, or nothing there may be executed
        pass
    try:
        return _load_from_folder(data)
    except OSError as error:
        raise LibraryError(f"{path}: cannot be loaded: {error}") from None


class _Image:
    """A loaded library, and the objects that need it."""

    def __init__(self, library, model):
        self.library, self.model, self.users = library, model, set()


_loaded = {}  # by their content: models of one library share its code, and may share parameters
_lock = threading.Lock()


def _image(path, data, user, model):
    """Finalizers run at any moment, so they only say that they no longer need a library: it is closed here."""
    key = hashlib.sha256(data).digest()
    with _lock:
        for other in [k for k, image in _loaded.items() if not image.users and k != key]:
            _ctypes.dlclose(_loaded.pop(other).library._handle)
        if key not in _loaded:
            _loaded[key] = _Image(_load(path, data), model)
        _loaded[key].users.add(id(user))
        return _loaded[key]


def default_options(image):
    """What a library was compiled with, from its MODEL_options_default."""
    entry = image.library[f"{image.model}_options_default"]
    entry.restype = Options
    given = entry()
    # A library of an earlier or a later time may know fewer or more options.
    return Options(size=ctypes.sizeof(Options), threads=given.threads, seed=given.seed)


def _misfit(model):
    """Why this module cannot use a library; None when it can. The struct grows at its end: what came later, a library may
    lack, and who calls it asks."""
    if model.abi != ABI_VERSION:
        return f"has ABI version {model.abi}; this module knows version {ABI_VERSION}: compile again"
    if model.size < Model.reset.offset:
        return f"has a reflection struct of {model.size} bytes; this module needs {Model.reset.offset}: compile again"
    return None


def open_library(path, user):
    """The reflection struct of a library as the file holds it now, and the image that is loaded until `user`, by its id,
    is no longer among the users."""
    path = os.path.abspath(os.fspath(path))
    data = _read(path)
    names = _exported(path, data)
    models = [n[:-6] for n in sorted(names) if n.endswith("_model") and n[:-6] + "_create" in names]
    if not models:
        raise LibraryError(f"{path}: is not a library that symc wrote: it exports no reflection entry")
    image = _image(path, data, user, models[0])
    entry = image.library[models[0] + "_model"]
    entry.restype = POINTER(Model)
    model = entry()
    problem = _misfit(model.contents) if model else "gives no reflection struct"
    if problem:
        image.users.discard(id(user))
        raise LibraryError(f"{path}: {problem}")
    return model, image
