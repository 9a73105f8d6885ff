"""From a backup to a store of either kind."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from dearly.store.opening import open_store
from dearly.store.sqlite import opened_backup


def restore_backup(path: Path, url: str, progress: Callable[[str, int], None] | None = None) -> None:
    """Load a backup (an SQLite store's file) into the store of a URL, which is empty, or made.

    ``progress`` is told what is being read, and how much of it was; see :meth:`dearly.store.Store.load`.

    Raises:
        StoreUrlError: the URL names no kind of store.
        StoreUnavailable: the file is no backup, or was made by a newer Dearly; or the store cannot be opened,
            or is not empty.
    """
    with opened_backup(path):
        pass  # it is one: a mistaken name shall not make a store by the way
    with closing(open_store(url)) as store:
        store.load(path, progress or _tell_nobody)


def _tell_nobody(_what: str, _count: int) -> None:
    """For those who ask for no progress."""
