"""Files that somebody named: read without waiting at a pipe for what nobody writes, replaced whole."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
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


def replace_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, with the mode that it had; what is no file is written to as it is.

    Raises:
        OSError: it cannot be written; what was there stands.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(_mode_for(target))
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _mode_for(target: Path) -> int:
    """The mode of a file that is there, or that a new one gets."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _refuse_others(mode: int, path: Path) -> None:
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise OSError(errno.EINVAL, f"expected a file, got {kind}", str(path))
