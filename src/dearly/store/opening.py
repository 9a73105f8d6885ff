"""From a URL to the store it names."""

from __future__ import annotations

from pathlib import Path

from dearly import DearlyError
from dearly.store.contract import Store
from dearly.store.sqlite import SqliteStore


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
    return SqliteStore(Path(path))
