"""``dearly restore``."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from dearly.cli.options import DEFAULT_STORE, StoreOption
from dearly.cli.progress import track_progress
from dearly.store import open_store, restore_backup

AFTERWARDS = (
    "Erase again whoever was erased since the backup was made. Readers of the feed begin anew: their resume "
    "tokens are of the store that was."
)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `dearly backup` wrote.")],
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Make a store of a backup, of whichever kind.

    The store has to be empty, or not there yet: nothing is replaced, so running this twice does no harm. It
    is filled wholly or not at all. Whoever was erased before the backup was made stays out; whoever was
    erased after it is back, and has to be erased again.
    """
    begun_s = time.monotonic()
    unit = "pages" if store.startswith("sqlite:") else "rows"
    with track_progress("restoring", None, unit) as advance:
        restore_backup(file, store, _by_difference(advance))
    restored = open_store(store)
    try:
        customers, (_, newest) = restored.count_customers(), restored.feed_ends()
    finally:
        restored.close()
    seconds = time.monotonic() - begun_s
    typer.echo(f"{customers:,} customers, feed up to {newest:,}, as {file} has them. {seconds:.1f} s")
    typer.echo(f"  {AFTERWARDS}")


def _by_difference(advance: Callable[[int], None]) -> Callable[[str, int], None]:
    """What is told how many there are by now, for what is told how many more there are."""
    counts: dict[str, int] = {}

    def progress(what: str, count: int) -> None:
        advance(count - counts.get(what, 0))
        counts[what] = count

    return progress
