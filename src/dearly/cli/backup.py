"""``dearly backup``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from dearly import DearlyError
from dearly.cli.options import DEFAULT_STORE, JsonOption, StoreOption
from dearly.cli.progress import show_steps
from dearly.store import look_into_backup, open_store

ERASURE = (
    "Customers who are erased from the store from now on are still in this file: erase them again when it is "
    "restored, and delete it when you need it no more."
)


class FileInTheWay(DearlyError):
    """The backup would replace something."""


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; not there yet.")],
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """Write the whole store, as of one instant, to a new file.

    Servers may go on meanwhile. The file is an SQLite store, whatever kind the store is, and is opened once
    it is written, to see that it can be. `dearly restore` makes a store of it again. Whoever is erased later
    is still in a backup that was made before: keep backups no longer than you need them.
    """
    if file.exists():
        raise FileInTheWay(f"{file} is there already, and a backup replaces nothing. Name another file.")
    begun_s = time.monotonic()
    opened = open_store(store, create=False)
    try:
        with show_steps("backup") as step:
            step(f"writing {file}")
            opened.backup(file)
            step("opening it")
            told = _look_at(file)
    finally:
        opened.close()
    if json:
        typer.echo(msgspec.json.encode({"file": str(file), **told}))
        return
    typer.echo(
        f"{file}: {told['bytes'] / 1e6:,.1f} MB, {told['customers']:,} customers, feed up to "
        f"{told['feed_position']:,}. {time.monotonic() - begun_s:.1f} s"
    )
    typer.echo(f"  make a store of it: dearly restore {file} --store URL")
    typer.echo(f"  {ERASURE}")


def _look_at(file: Path) -> dict[str, int]:
    contents = look_into_backup(file)
    return {"bytes": file.stat().st_size, **contents._asdict()}
