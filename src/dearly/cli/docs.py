"""``dearly docs``."""

from __future__ import annotations

import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from dearly import DearlyError
from dearly.cli.options import DEFAULT_RULES, RulesArgument, moment_us
from dearly.cli.package_site.pages import site_files, site_of
from dearly.cli.package_site.sizes import Sizes, count_sizes
from dearly.cli.progress import track_progress
from dearly.cli.rules_package import load_rules, note_unserved
from dearly.language import Program
from dearly.language.values import time_to_stored
from dearly.store import open_store

GENERATOR = '<meta name="generator" content="dearly docs">'
"""Stands in every page: a folder whose index has it is a site of ours, and may be written over."""


class SiteNotWritten(DearlyError):
    """The pages cannot be put where they were asked for."""


def docs(
    rules: RulesArgument = DEFAULT_RULES,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the pages go.")] = Path("build/rules-docs"),
    store: Annotated[
        str | None,
        typer.Option(
            envvar="DEARLY_STORE",
            metavar="URL",
            help="Tell sizes too: how many customers of this store are where.",
        ),
    ] = None,
    now: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Sizes as of then, such as 2026-03-01T10:00:00Z. Default: now."),
    ] = None,
) -> None:
    """Write a small static site about a rules package.

    Each segment, block, lifecycle, value, score, experiment and trigger has a page: what it says, how
    many customers it holds, what it uses and what uses it, and a picture of that. Open index.html. Run it
    again and the pages are written anew.
    """
    _require_ours(out)
    checked = load_rules(rules)
    now_us = time.time_ns() // 1_000 if now is None else moment_us("--now", now)
    if store is not None:
        note_unserved(checked.program)
    sizes = None if store is None else _sizes(checked.program, store, now_us)
    as_of = "" if sizes is None else time_to_stored(now_us)
    site = site_of(checked.program, str(rules), sizes, as_of)
    try:
        count = _write(out, dict(site_files(site)))
    except OSError as error:
        raise SiteNotWritten(f"--out {out}: cannot be written ({error.strerror}).") from None
    typer.echo(f"{out / 'index.html'}: {count:,} pages")


def _sizes(program: Program, url: str, now_us: int) -> Sizes:
    opened = open_store(url, create=False)
    try:
        with track_progress("counting", None, "customers") as advance:
            return count_sizes(program, opened, now_us, advance)
    finally:
        opened.close()


def _require_ours(out: Path) -> None:
    """A folder with other things in it is not written over.

    Raises:
        SiteNotWritten: it is such a folder, or no folder.
    """
    if out.exists() and not out.is_dir():
        raise SiteNotWritten(f"--out {out}: expected a folder, and it is a file.")
    if out.is_dir() and any(out.iterdir()) and not _is_ours(out / "index.html"):
        raise SiteNotWritten(
            f"--out {out}: there are other things in it. Name a new folder, or an empty one."
        )


def _is_ours(index: Path) -> bool:
    return index.is_file() and GENERATOR in index.read_text(encoding="utf-8", errors="replace")


def _write(out: Path, files: dict[str, str]) -> int:
    """Write the pages beside the old ones, and put them in their place when they are all there.

    Whoever is killed between the two moves leaves the old ones in ``.NAME.*/old``, beside the place.
    """
    place = Path(os.path.realpath(out))
    place.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent, ignore_cleanup_errors=True) as beside:
        fresh, old = Path(beside, "new"), Path(beside, "old")
        fresh.mkdir()
        for name, text in files.items():
            (fresh / name).write_text(text, encoding="utf-8")
        if place.exists():
            place.rename(old)
        try:
            fresh.rename(place)
        except OSError:
            if old.exists():
                old.rename(place)
            raise
    return len(files)
