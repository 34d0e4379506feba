"""Files opened only if they are regular: a FIFO or a device could keep its reader waiting for ever."""

from __future__ import annotations

import errno
import os
import stat
from io import FileIO

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def open_regular(path: str | os.PathLike[str]) -> FileIO:
    """The file, opened for reading without a buffer; raises OSError, also for what is no regular file."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:
        raise OSError(errno.EINVAL, f"its name cannot be one ({error})", path) from None
    kind = irregular(os.fstat(handle).st_mode)
    if kind is not None:
        os.close(handle)
        raise OSError(errno.EINVAL, f"it is {kind}, and only regular files are read", path)
    return FileIO(handle, "rb")


def read_regular(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a regular file; raises OSError."""
    with open_regular(path) as file:
        return file.read()


def irregular(mode: int) -> str | None:
    """What a file of this st_mode is (`a FIFO`); None for a regular file."""
    return None if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "no regular file")
