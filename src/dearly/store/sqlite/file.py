"""Which file stands at a store's path, now and at every use."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from dearly.store.contract import StoreUnavailable

FileIdentity: TypeAlias = tuple[int, int]


class StoreFile:
    """A path, and the file that was last seen there.

    A connection goes on working on a file that was moved or deleted under it; what it then writes is lost.
    So every use compares, which costs a microsecond; and as soon as the file is missed all connections are
    closed, so that none still maps the shared memory (``-shm``) of whatever file is put there next.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.identity = _identity(path)
        self._listeners: list[Callable[[], None]] = []

    def when_it_changes(self, close_connections: Callable[[], None]) -> None:
        """Have this called when the file is gone or another."""
        self._listeners.append(close_connections)

    def check(self) -> FileIdentity:
        """The file that stands at the path now.

        Raises:
            StoreUnavailable: none does.
        """
        try:
            identity = _identity(self.path)
        except StoreUnavailable:
            self._tell()
            raise
        if identity != self.identity:
            self._tell()
            self.identity = identity
        return identity

    def _tell(self) -> None:
        for close_connections in self._listeners:
            close_connections()


def _identity(path: Path) -> FileIdentity:
    try:
        status = os.stat(path)  # noqa: PTH116 (on every read's path; Path.stat takes twice as long)
    except OSError as error:
        raise StoreUnavailable(
            f"The store {path} is gone ({error.strerror}). Put the file back; no restart is needed."
        ) from None
    return status.st_dev, status.st_ino
