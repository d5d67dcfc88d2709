# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""The compiler of this build in the process, through include/symc/compiler.h, and the ways in which graphs are compiled."""
import ctypes
import os
import pathlib

import symc

VARIANTS = {"fused": {}, "unfused": {"debug_fusion": "off"}, "O0": {"opt_level": 1}, "O3": {"opt_level": 4},
            "separate": {"debug_arena": "separate"}, "poisoned": {"debug_arena": "poisoned"},
            "unfused-O0": {"debug_fusion": "off", "opt_level": 1},  # symc_opt_level: 0 is the default
            # `predict` gives the value of every op, too.
            "values": {"debug_fusion": "off", "opt_level": 1, "debug_values": 1}}


P, S, I = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32


class Options(ctypes.Structure):
    """symc_compile_options of include/symc/compiler.h."""
    _fields_ = [("size", ctypes.c_uint32), ("opt_level", I), ("input", S), ("text", S), ("text_size", ctypes.c_uint64),
                ("output", S), ("emit", S), ("header", I), ("threads", I), ("seed", ctypes.c_uint64), ("target", S),
                ("triple", S), ("cpus", ctypes.POINTER(S)), ("gpu_archs", P), ("dim_names", P), ("dim_values", P),
                ("functions", P), ("cpu_count", I), ("gpu_arch_count", I), ("dim_count", I), ("function_count", I),
                ("functions_required", I), ("params", S), ("allow_extra", I), ("fast_math", I), ("time_passes", I),
                ("log_device_placement", I), ("debug_fusion", S), ("debug_arena", S), ("debug_verify", I),
                ("debug_values", I)]


class Told(ctypes.Structure):
    """The beginning of symc_diagnostic."""
    _fields_ = [("size", ctypes.c_uint32), ("severity", I), ("code", S), ("message", S)]


RECEIVER = ctypes.CFUNCTYPE(None, P, ctypes.POINTER(Told))


class SessionOptions(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("reserved", I), ("user", P), ("diagnostic", RECEIVER)]


def load_compiler():
    program = pathlib.Path(symc.find_compiler()).resolve()
    compiler = ctypes.CDLL(str(program.parent.parent / "lib" / "libSymcCompiler.so"))
    compiler.symc_session_create.restype = P
    compiler.symc_session_compile.argtypes = [P, P, P]
    compiler.symc_session_destroy.argtypes = [P]
    return compiler


class Failed(Exception):
    pass


class Session:
    """A session that keeps the errors that it is told."""

    def __init__(self, compiler):
        self.compiler, self.errors = compiler, []

        def receive(_, told):
            if told.contents.severity == 0:
                self.errors.append(f"error[{told.contents.code.decode()}]: {told.contents.message.decode()}")
        self.receiver = RECEIVER(receive)
        settings = SessionOptions(size=ctypes.sizeof(SessionOptions), diagnostic=self.receiver)
        self.handle = compiler.symc_session_create(ctypes.byref(settings))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.compiler.symc_session_destroy(self.handle)


def options_for(source, cpu, **settings):
    options = Options(size=ctypes.sizeof(Options), input=os.fsencode(source), debug_verify=1)
    if cpu:
        options.cpus, options.cpu_count = (S * 1)(cpu.encode()), 1
    functions = settings.pop("functions", None)
    if functions:
        options.function_names = (S * len(functions))(*map(str.encode, functions))  # kept as long as the options
        options.functions, options.function_count = ctypes.cast(options.function_names, P), len(functions)
    for key, value in settings.items():
        setattr(options, key, os.fsencode(value) if isinstance(value, (str, os.PathLike)) else value)
    return options


def compile_graph(compiler, source, library, variant, cpu, **more):
    options = options_for(source, cpu, output=library, **VARIANTS[variant], **more)
    with Session(compiler) as session:
        outcome = compiler.symc_session_compile(session.handle, ctypes.byref(options), None)
        if outcome:
            raise Failed("\n".join([f"{variant}: outcome {outcome} of the compiler", *session.errors]))
