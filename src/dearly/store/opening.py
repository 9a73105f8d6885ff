"""From a URL to the store it names."""

from __future__ import annotations

from pathlib import Path

from dearly import DearlyError
from dearly.store.contract import Store, StoreUnavailable
from dearly.store.sqlite import SqliteStore

_WHY_FILE = "each command and thread opens it for itself, and would find it empty."


class StoreUrlError(DearlyError):
    """The URL names no kind of store that there is."""


def open_store(url: str) -> Store:
    """The store at ``sqlite:///relative.db`` or ``sqlite:////absolute.db``; a file that is not there is made.

    Raises:
        StoreUrlError: the URL is none of these.
        StoreUnavailable: the store cannot be opened; the message says why and what to do.
    """
    scheme, separator, path = url.partition(":///")
    if not separator or scheme != "sqlite" or not path:
        raise StoreUrlError(
            "Expected a store's URL, such as sqlite:///dearly.db or sqlite:////var/lib/dearly.db, "
            f"got {url!r}."
        )
    if path == ":memory:":
        raise StoreUrlError(
            f"Expected a store in a file, such as sqlite:///dearly.db, got {url!r}: {_WHY_FILE}"
        )
    file = Path(path)
    if file.exists() and not file.is_file():
        raise StoreUnavailable(f"The store {path} is no file, but a directory or device. Name a file.")
    return SqliteStore(file)
