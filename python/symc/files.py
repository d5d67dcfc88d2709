# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Files that appear whole or not at all."""
import contextlib
import errno
import json
import os
import secrets
import stat
import struct


def _give(descriptor, old):
    """Gives a new file the owner and the group of an old one; gives the bits of the old mode that it may take over: never
    the rights of another owner's program, nor what another group may do for this process's."""
    for owner, bits in ((old.st_uid, 0o7777), (-1, 0o777)):
        with contextlib.suppress(OSError):  # not everybody may give files away
            os.fchown(descriptor, owner, old.st_gid)
            return bits
    return 0o707


def metadata(path):
    """What a safetensors file that the library has taken says beside its tensors: texts by key."""
    with open(path, "rb") as file:
        size, = struct.unpack("<Q", file.read(8))
        return json.loads(file.read(size)).get("__metadata__", {})


def write(path, text):
    """Writes a file that appears whole or not at all, with mode and owner of the one that was there. Where a symbolic
    link points is written to, and so is a device or a pipe."""
    path = os.path.realpath(path)
    try:
        old = os.stat(path)
    except FileNotFoundError:
        old = None
    if old and not stat.S_ISREG(old.st_mode):
        with open(os.open(path, os.O_WRONLY), "w", encoding="utf-8") as out:  # nothing is made, should it be gone
            out.write(text)
        return
    if old and not os.access(path, os.W_OK):  # who may not write to a file may not replace it
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name[:50]}.{secrets.token_hex(8)}.symc")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if old else 0o666)
    try:
        with open(descriptor, "w", encoding="utf-8") as out:
            if old:
                os.fchmod(descriptor, stat.S_IMODE(old.st_mode) & _give(descriptor, old))
            out.write(text)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
