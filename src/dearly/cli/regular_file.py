"""Opening files that somebody named: never waiting at a pipe for what nobody writes."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def open_regular(path: Path) -> BinaryIO:
    """A file's bytes, for reading.

    Raises:
        OSError: it cannot be opened, or is a directory, pipe, socket or device; ``strerror`` says which.
    """
    _refuse_others(path.stat().st_mode, path)  # a socket cannot even be opened
    file = open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")  # noqa: SIM115, PTH123 (handed out)
    try:
        _refuse_others(os.fstat(file.fileno()).st_mode, path)  # it may have been changed in between
    except OSError:
        file.close()
        raise
    return file


def read_regular(path: Path) -> str:
    """A file's text.

    Raises:
        OSError: as :func:`open_regular`.
        UnicodeDecodeError: it is not UTF-8.
    """
    with open_regular(path) as file:
        return file.read().decode()


def _refuse_others(mode: int, path: Path) -> None:
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise OSError(errno.EINVAL, f"expected a file, got {kind}", str(path))
