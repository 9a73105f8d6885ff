"""``dearly scrub``."""

from __future__ import annotations

import time

import typer

from dearly.cli.options import DEFAULT_STORE, StoreOption
from dearly.cli.progress import show_steps
from dearly.store import StoreUnavailable, open_store, shown_url


def scrub(store: StoreOption = DEFAULT_STORE) -> None:
    """Overwrite what deleted rows left in a store's files.

    A server does so by itself within a minute after somebody was erased, unless it was told --no-scrub. Of an
    SQLite store it takes moments. A PostgreSQL store is written anew (VACUUM FULL), each table locked
    meanwhile: do it where nobody sends. Safe to do at any time, and twice.
    """
    begun_s = time.monotonic()
    opened = open_store(store, create=False)
    try:
        with show_steps("scrub") as step:
            step(f"overwriting what was deleted in {shown_url(store)}")
            was_done = opened.scrub()
    finally:
        opened.close()
    if not was_done:
        raise StoreUnavailable(f"Somebody else is scrubbing {shown_url(store)}. Try again later.")
    typer.echo(f"{shown_url(store)}: scrubbed. {time.monotonic() - begun_s:.1f} s")
