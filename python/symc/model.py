# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""A compiled model: functions as methods, parameters as views."""
import ctypes
import inspect
import json
import keyword
import os
from collections.abc import Mapping

import numpy as np

from . import abi, preparation, training, values
from .bf16 import from_bf16
from .calling import with_hints
from .errors import DTypeError, Error, LibraryError, ShapeError
from .files import metadata
from .handle import Handle, NotCopied
from .metrics import TOTALS


def _path(path):
    """A path as C takes it."""
    encoded = os.fsencode(path)
    if b"\0" in encoded:
        raise ValueError(f"the path {path!r} holds a NUL")
    return encoded


class _Argument:
    """An input or output of a function, read once from the library."""

    def __init__(self, raw):
        self.name, self.type, self.doc = raw.name.decode(), raw.type.decode(), raw.doc.decode()
        self.dtype = abi.numpy_dtype(raw.dtype)
        self.raw_dtype = abi.DLDataType.from_buffer_copy(raw.dtype)  # the library may be closed before this object
        self.rank = raw.rank
        self.shape = [raw.shape[i] for i in range(raw.rank)]
        self.dims = [raw.dims[i] for i in range(raw.rank)]
        # An axis that is an expression of dimensions is neither a number nor one dimension.
        self.derived = any(size < 0 and dim < 0 for size, dim in zip(self.shape, self.dims))

    def __repr__(self):
        return f"{self.name}: {self.type}"


def _apart(arrays):
    """The arrays, and copies of those that share memory with one before them, which the library takes for a mistake."""
    taken, apart = [], []
    for array in arrays:
        start = array.ctypes.data
        if any(start < end and begin < start + array.nbytes for begin, end in taken):
            array = array.copy()
            start = array.ctypes.data
        taken.append((start, start + array.nbytes))
        apart.append(array)
    return apart


class Function:
    """A function of a model: called with its inputs by name, or a dict of them, gives a dict of outputs. With `batch_size`
    it is called on so many examples at a time, and its results are those of all of them."""

    def __init__(self, handle, index, fixed=frozenset()):
        self._handle, self._index = handle, index
        self.fixed_sizes = fixed  # what `dims` or `--dim` put in the places of dimensions when the library was compiled
        model = handle.model.contents
        raw = model.functions[index]
        self.name = self.__name__ = raw.name.decode()
        self.inputs = [_Argument(raw.inputs[i]) for i in range(raw.input_count)]
        self.outputs = [_Argument(raw.outputs[i]) for i in range(raw.output_count)]
        self.kernels, self.flags = raw.kernels, raw.flags
        self._dims = [model.dims[i] for i in range(model.dim_count)]
        self._call = model.call
        self._in, self._in_shapes = self._tensors(self.inputs)
        self._out, self._out_shapes = self._tensors(self.outputs)
        self._in_address, self._out_address = ctypes.addressof(self._in), ctypes.addressof(self._out)
        self._names, self._output_names = [a.name for a in self.inputs], [a.name for a in self.outputs]
        self._shapes, self._results = None, []  # of the last call
        # Scalars always land in the same memory and are copied out of it.
        self._scalars = {a.name: np.empty((), a.dtype) for a in self.outputs if not a.rank}
        for argument, tensor in zip(self.outputs, self._out):
            if not argument.rank:
                tensor.data = self._scalars[argument.name].ctypes.data
        lines = [raw.doc.decode()] + [f"    {a!r}  {a.doc}".rstrip() for a in self.inputs]
        self.__doc__ = "\n".join(lines + ["gives"] + [f"    {a!r}  {a.doc}".rstrip() for a in self.outputs]).strip()
        # Inputs named like a word of Python's are given by position or as **{"class": x}.
        self.__signature__ = inspect.Signature(
            [inspect.Parameter(a.name + "_" * keyword.iskeyword(a.name), inspect.Parameter.POSITIONAL_OR_KEYWORD,
                               annotation=a.type) for a in self.inputs], return_annotation=dict)

    @staticmethod
    def _tensors(arguments):
        """A DLTensor array that is filled again at each call, and the memory of its shapes."""
        tensors = (abi.DLTensor * max(1, len(arguments)))()
        shapes = []
        for tensor, argument in zip(tensors, arguments):
            shape = (ctypes.c_int64 * max(1, argument.rank))()
            tensor.device.device_type = 1
            tensor.ndim = argument.rank
            tensor.dtype = argument.raw_dtype
            tensor.shape = ctypes.cast(shape, ctypes.POINTER(ctypes.c_int64))
            shapes.append(shape)
        return tensors, shapes

    def signature(self):
        """`predict(x: f32[n, 2]) -> yhat: f32[n, 1]`, without what metrics are made of, and of many results the first ones."""
        results = [repr(output) for output in self.outputs if not output.name.endswith(TOTALS)]
        if len(results) > 5:
            results[4:] = [f"… ({len(results)} results)"]
        return f"{self.name}({', '.join(map(repr, self.inputs))}) -> {', '.join(results) or 'nothing'}"

    def __repr__(self):
        return f"<symc function {self.signature()}>"

    def __call__(self, /, *positional, **named):
        if len(positional) == 1 and isinstance(positional[0], Mapping):
            named = self._with_mapping(positional[0], named)
            positional = ()
        if "batch_size" in named and "batch_size" not in self._names:
            batch_size = named.pop("batch_size")
            return training.in_batches(self, dict(zip(self._names, self._bind(positional, named))), batch_size)
        if self._handle.unsaid:
            self._handle.say(self._names)
        arrays = []
        for argument, value in zip(self.inputs, self._bind(positional, named)):
            if type(value) is not np.ndarray or value.dtype != argument.dtype or not value.flags.c_contiguous:
                value = self._convert(argument, value)
            arrays.append(value)
        with self._handle.alone:
            return self._call_with(arrays)

    def _call_with(self, arrays):
        shapes = [array.shape for array in arrays]
        if shapes != self._shapes:  # most calls are like the one before
            self._shapes = None
            self._check_shapes(arrays)
            self._shapes = shapes
        apart = _apart(arrays) if len(arrays) > 1 else arrays
        for tensor, array in zip(self._in, apart):
            tensor.data = array.ctypes.data
        results = dict.fromkeys(self._output_names)
        for name, dtype, tensor, shape in self._results:
            results[name] = result = np.empty(shape, dtype)
            tensor.data = result.ctypes.data
        status = self._call(self._handle.pointer, self._index, self._in_address, self._out_address)
        if self._handle.failure:
            self._handle.raise_failure()
        if status:
            self._handle.check(status)
        for name, memory in self._scalars.items():
            results[name] = from_bf16(memory) if memory.dtype.metadata else memory[()]
        return results

    def _check_shapes(self, arrays):
        """Checks all inputs and notes the shapes of inputs and outputs for the call."""
        dims = {}
        for i, (argument, array) in enumerate(zip(self.inputs, arrays)):
            self._check_shape(argument, array, dims)
            self._in_shapes[i][:argument.rank] = array.shape
        self._results = []
        for i, argument in enumerate(self.outputs):
            if argument.rank:
                shape = self._output_shape(i, argument, dims)
                self._out_shapes[i][:len(shape)] = shape
                self._results.append((argument.name, argument.dtype, self._out[i], shape))

    def _with_mapping(self, mapping, named):
        """All inputs by name; of the mapping what the function does not take is left out."""
        own = {name: value for name, value in mapping.items() if name in self._names}
        for name in own.keys() & named.keys():
            raise TypeError(f"{self.name}() is given input {name!r} twice")
        return {**own, **named}

    def _bind(self, positional, named):
        names = self._names
        if not positional and len(named) == len(names):
            try:
                return [named[n] for n in names]
            except KeyError:
                pass  # told below
        if len(positional) > len(names):
            raise TypeError(f"{self.name}() takes {len(names)} inputs ({', '.join(names)}), {len(positional)} given")
        given = dict(zip(names, positional))
        for name, value in named.items():
            if name not in names:
                raise TypeError(f"{self.name}() has no input {name!r}; it has {', '.join(names)}")
            if name in given:
                raise TypeError(f"{self.name}() is given input {name!r} twice")
            given[name] = value
        missing = [n for n in names if n not in given]
        if missing:
            raise TypeError(f"{self.name}() needs {', '.join(map(repr, missing))}")
        return [given[n] for n in names]

    def _convert(self, argument, value):
        """`value` as a dense array, without a copy where it is one already."""
        where = f"{self.name}: argument {argument.name!r} is {argument.type}"
        if argument.name in self._handle.preparation["categories"]:
            preparation.refuse_texts(argument, value, where)
        if hasattr(value, "__dlpack__") and not isinstance(value, (np.ndarray, np.generic)):
            try:
                value = np.from_dlpack(value)
            except (BufferError, RuntimeError) as error:
                bits = "; of bf16 pass the bits" if argument.dtype.metadata else ""
                raise DTypeError(f"{where}, given a {type(value).__name__} that NumPy does not take: {error}{bits}") from None
        value = values.as_array(value, argument.dtype, where, (argument.name, argument.type))
        return value if value.flags.c_contiguous else np.ascontiguousarray(value)

    def _check_shape(self, argument, array, dims):
        def wrong(why=""):
            raise ShapeError(f"{self.name}: argument {argument.name!r} is {argument.type}, given shape {array.shape}{why}",
                             argument.name, argument.type, array.shape)

        if array.ndim != argument.rank:
            wrong()
        for size, want, dim in zip(array.shape, argument.shape, argument.dims):
            if dim < 0:
                if size != want:
                    wrong()
                continue
            bounds = self._dims[dim]
            name = bounds.name.decode()
            if dims.setdefault(dim, size) != size:
                wrong(f": {name!r} is {dims[dim]} in an earlier argument and {size} here")
            if not bounds.min <= size <= bounds.max or size % bounds.multiple_of:
                multiple = f", a multiple of {bounds.multiple_of}" if bounds.multiple_of > 1 else ""
                wrong(f": {name!r} must be {values.span(bounds.min, bounds.max)}{multiple}")

    def _output_shape(self, index, argument, dims):
        if not argument.derived and all(d < 0 or d in dims for d in argument.dims):
            return tuple(dims[d] if d >= 0 else s for s, d in zip(argument.shape, argument.dims))
        sizes = (ctypes.c_int64 * max(1, len(self._dims)))(*[dims.get(i, d.min) for i, d in enumerate(self._dims)])
        shape = (ctypes.c_int64 * max(1, argument.rank))()
        model = self._handle.model
        self._handle.check_model(model.contents.output_shape(model, self._index, index, sizes, shape))
        return tuple(shape[:argument.rank])


class Parameters(Mapping):
    """The parameters of a model by name, in the manifest's order, as writable views."""

    def __init__(self, handle):
        self._handle = handle
        model = handle.model.contents
        self._names = [model.parameters[i].name.decode() for i in range(model.parameter_count)]

    def __getitem__(self, name):
        if name not in self._names:
            raise KeyError(name)
        tensor = abi.DLTensor()
        self._handle.check(self._handle.model.contents.parameter(self._handle.pointer, name.encode(), ctypes.byref(tensor)))
        shape = tuple(tensor.shape[i] for i in range(tensor.ndim))
        dtype = abi.numpy_dtype(tensor.dtype)
        memory = (ctypes.c_char * (int(np.prod(shape, dtype=np.int64)) * dtype.itemsize)).from_address(tensor.data)
        memory._owner = self._handle  # the view outlives the model object
        self._handle.viewed = True
        return np.frombuffer(memory, dtype).reshape(shape)

    def __setitem__(self, name, value):
        view = self[name]
        given = f"{(view.dtype.metadata or {}).get('bits_of', view.dtype.name)}{list(view.shape)}"
        value = values.as_array(value, view.dtype, f"parameter {name!r} is {given}", (name, given))
        if value.shape != view.shape:
            raise ShapeError(f"parameter {name!r} has shape {view.shape}, given {value.shape}", name, view.shape, value.shape)
        view[...] = value

    def sizes(self):
        """How many elements each has."""
        model = self._handle.model.contents
        return [model.parameters[i].count for i in range(len(self._names))]

    def __iter__(self):
        return iter(self._names)

    def __len__(self):
        return len(self._names)

    def __repr__(self):
        return f"<symc parameters {self._names}>"


class Model(NotCopied):
    """An instance of a compiled model. Its functions are attributes: `m.predict(x=x)`, `m.train_step(x=x, y=y)`."""

    def __init__(self, path, threads=None, seed=None, show=None):
        self._handle = Handle(path, threads, seed, show)
        model = self._handle.model.contents
        self.name = model.name.decode()
        self._seed, self._epochs = self._handle.seed, 0
        self.manifest = json.loads(model.manifest.decode())
        self._handle.prepare(preparation.of_manifest(self.manifest))
        self.parameters = Parameters(self._handle)
        self.functions = {}
        fixed = {int(flag.rpartition("=")[2]) for flag in self.manifest.get("flags", []) if flag.startswith("--dim ")}
        for index in range(model.function_count):
            function = Function(self._handle, index, fixed)
            self.functions[function.name] = function
            if not hasattr(type(self), function.name) and function.name not in self.__dict__:
                setattr(self, function.name, function)

    def __repr__(self):
        counts = (sum(self.parameters.sizes()), "parameter"), (len(self.parameters), "tensor")
        parameters = " in ".join(f"{count:,} {what}{'s' * (count != 1)}" for count, what in counts)
        functions = "".join(f"\n  {function.signature()}" for function in self.functions.values())
        found = self._handle.preparation
        inputs = [f"{name} * {factor!r}" for name, factor in found["scale"].items()]
        inputs += [f"codes of {name}" for name in found["categories"]]
        prepared = f"\n  trained on {', '.join(inputs)} (m.prepared)" if inputs else ""
        return f"<symc model {self.name}: {parameters}{functions}{prepared}>"

    def __getattr__(self, name):
        have = self.__dict__.get("functions", {})
        raise AttributeError(f"the model has no function {name!r}" + (f"; it has {', '.join(have)}" if have else ""))

    @property
    def step(self):
        """The number of completed training steps, or the function of that name where the graph has one."""
        return self.functions["step"] if "step" in self.functions else self._steps()

    def _steps(self):
        return self._handle.model.contents.step(self._handle.pointer)

    @with_hints
    def fit(self, data, *, epochs=1, batch_size=None, validation=None, shuffle=True, callbacks=(), initial_epoch=None):
        """Trains as `symc train` does, with the same results: `data` are the inputs of train_step by name, whose first axis
        counts examples. Before the first step `standardize` layers are measured. Gives the history, a dict an epoch: epoch,
        steps, loss, metrics, with `validation` (data for evaluate) their val_…, seconds. Each of `callbacks` gets such a
        row; one that returns False ends the training. Another call goes on with the next epoch, and after `load_state` the
        first call goes on with the one that the steps of the state come to with this data; `initial_epoch`, how many epochs
        there have been, says another one."""
        step, callbacks = self._require("train_step"), training.functions_of(callbacks)
        epochs = values.whole_number(epochs, "epochs", 0, 2**31 - 1)
        measured = training.measuring(self)
        given = training.Data([step, *filter(None, [measured])], data, batch_size)
        held = None if validation is None else training.Data([self._require("evaluate")], validation, given.batch, "validation")
        if self._steps() == 0:
            training.measure(self, given)
        if initial_epoch is not None:
            self._epochs = values.whole_number(initial_epoch, "initial_epoch", 0, 2**31 - 1)
        elif self._epochs is None:
            self._epochs = self._steps() // -(-given.examples // given.batch)
        return training.fit(self, given, held, epochs, shuffle, callbacks)

    @with_hints
    def measure(self, data, batch_size=None):
        """Fills the parameters of `standardize` layers with the means and deviations over the data, inputs by name."""
        measured = training.measuring(self)
        if measured is None:
            raise TypeError("the model has no layer that measures its data: `standardize` does, in a graph with 'train'")
        training.measure(self, training.Data([measured], data, batch_size))

    def _require(self, function):
        if function not in self.functions:
            raise TypeError(f"the model has no function {function!r}; it has {', '.join(self.functions)}")
        return self.functions[function]

    def initialize(self, seed=0):
        """Initial parameters and optimizer state, drawn with `seed`, which is also that of dropout."""
        self._with("initialize", values.whole_number(seed, "seed", 0, 2**64 - 1))
        self._seed, self._epochs = int(seed), 0
        self._handle.prepare(preparation.of_manifest(self.manifest))

    @property
    def preparation(self):
        """How data were prepared in the training of the parameters, as `symc train` keeps it beside them or `--embed-params` in
        the library: {"scale": factors by input, "categories": lists of texts by input, one a column, whose places are their
        codes}. Functions do none of it."""
        self._handle.unsaid = {}
        return json.loads(json.dumps(self._handle.preparation))

    def prepared(self, data):
        """A dict of the inputs in `data` as they were in training: numbers multiplied, texts as their codes."""
        return preparation.prepared(self.functions.values(), self.preparation, data)

    def reset(self):
        """Streams begin anew: the next call of a function with a stream takes the first step."""
        if self._handle.model.contents.size <= abi.Model.reset.offset:
            raise LibraryError("the library was made by a symc without streams")
        self._with("reset")

    def load_parameters(self, path, allow_extra=False):
        """From safetensors; a missing tensor is an error, and an extra one unless `allow_extra`."""
        self._with("load_parameters_subset" if allow_extra else "load_parameters", _path(path))
        texts = metadata(path) if os.path.isfile(path) else {}  # a pipe has been read
        self._handle.prepare(preparation.of_metadata(texts, path))

    def save_parameters(self, path):
        self._with("save_parameters", _path(path))

    def save_state(self, path, note=None):
        """Parameters, optimizer state, step and random state; `note` is any text that `load_state` gives back."""
        self._with("save_state", _path(path), None if note is None else note.encode())

    def load_state(self, path):
        """What `save_state` wrote, so that training goes on as it would have there; gives the note."""
        note = ctypes.c_char_p()
        with self._handle.alone:  # which has the note until it loads another state
            self._handle.check(self._handle.model.contents.load_state(self._handle.pointer, _path(path), ctypes.byref(note)))
            note = note.value
        texts = metadata(path) if os.path.isfile(path) else {}  # a pipe has been read
        self._seed, self._epochs = int(texts.get("symc.seed", self._seed)), None  # `fit` finds how many epochs its steps are
        found = preparation.of_metadata(texts, path)
        if any(found.values()):  # a checkpoint of `symc train`
            self._handle.prepare(found)
        return note.decode() if note else ""

    def share_parameters(self, owner):
        """Uses the parameters of another instance of the same model from now on."""
        if not isinstance(owner, Model):
            raise TypeError("share_parameters needs a symc.Model")
        if self._handle.image is not owner._handle.image and self.name == owner.name:
            raise Error(f"the models are of two libraries, each compiled of a model {self.name}, which differ in "
                        f"{self._differs(owner)}: instances of one library share parameters; a.parameters[name] = "
                        "b.parameters[name] copies them, save_state and load_state carry over all")
        if owner is self:
            return
        first, second = sorted((self._handle, owner._handle), key=id)  # one order for all threads
        with first.alone, second.alone:
            self._handle.keep_viewed()
            self._handle.check(self._handle.model.contents.share_parameters(self._handle.pointer, owner._handle.pointer))
        self._handle.prepare(owner._handle.preparation)

    def _differs(self, other):
        """What two compilations of a model differ in."""
        said = {"graph_sha256": "the graph file", "flags": "flags", "target": "the target", "dims": "dims",
                "functions": "functions", "symc": "the version of symc"}
        parts = [what + (f" ({' '.join(self.manifest[key])} and {' '.join(other.manifest[key])})" if key == "flags" else "")
                 for key, what in said.items() if self.manifest.get(key) != other.manifest.get(key)]
        return ", ".join(parts) or "their bytes"

    def reserve(self, **dims):
        """Allocates ahead for these values of the symbolic dimensions."""
        self._with("reserve", self._dim_values(dims))

    def plan(self, function, **dims):
        """The memory of one call: {"arena_bytes", "live_bytes"}."""
        model, arena, live = self._handle.model, ctypes.c_int64(), ctypes.c_int64()
        index = list(self.functions).index(function)
        self._handle.check_model(model.contents.plan(model, index, self._dim_values(dims), ctypes.byref(arena), ctypes.byref(live)))
        return {"arena_bytes": arena.value, "live_bytes": live.value}

    def _dim_values(self, dims):
        model = self._handle.model.contents
        known = [model.dims[i] for i in range(model.dim_count)]
        names = [d.name.decode() for d in known]
        for name in dims:
            if name not in names:
                raise ValueError(f"the model has no symbolic dimension {name!r}; it has {', '.join(names) or 'none'}")
        return (ctypes.c_int64 * max(1, len(known)))(*[
            values.whole_number(dims[n], n, d.min, d.max) if n in dims else d.min for n, d in zip(names, known)])

    def _with(self, function, *arguments):
        with self._handle.alone:
            self._handle.check(getattr(self._handle.model.contents, function)(self._handle.pointer, *arguments))


def _show(label, value):
    print(f"{label}: {value}", flush=True)


def load(path, threads=None, seed=None, show=_show):
    """Opens a library that `symc compile` wrote. Without `threads` and `seed` those that it was compiled with are used.
    What the graph prints goes to `show(label, array)`: to standard output, unless another function or None is given."""
    if not os.path.exists(path):
        raise FileNotFoundError(f"{os.fspath(path)}: no such library")
    if os.path.isdir(path):
        raise LibraryError(f"{os.fspath(path)}: is a directory")
    return Model(path, threads, seed, show)
