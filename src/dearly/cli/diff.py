"""``dearly diff``: for whom a change of the rules changes something."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Annotated

import typer

from dearly.cli.diffing.comparison import compare
from dearly.cli.diffing.data import report_json
from dearly.cli.diffing.markdown import report_markdown
from dearly.cli.diffing.sides import load_sides, name_sides
from dearly.cli.diffing.text import report_text
from dearly.cli.diffing.wording import Report
from dearly.cli.options import DEFAULT_RULES, DEFAULT_STORE, RulesOption, StoreOption, moment_us
from dearly.cli.progress import track_progress
from dearly.cli.rules_package import note_unserved
from dearly.language.values import time_to_stored
from dearly.store import open_store


class Format(StrEnum):
    """How a comparison is printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


_FORMS = {Format.TEXT: report_text, Format.JSON: report_json, Format.MARKDOWN: report_markdown}


def diff(
    before: Annotated[
        str,
        typer.Argument(
            metavar="REV..REV",
            help="Two revisions of the rules; or one, against what --rules names; or a first package.",
        ),
    ],
    after: Annotated[
        str | None,
        typer.Argument(metavar="[PACKAGE]", help="A second package: DIR, DIR@REVISION, or a revision."),
    ] = None,
    now: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="As of then, such as 2026-03-01T10:00:00Z. Default: now."),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    rules: RulesOption = DEFAULT_RULES,
    fail_over: Annotated[
        float | None,
        typer.Option(
            min=0, max=100, metavar="PERCENT", help="Exit with 1 when more of the customers are affected."
        ),
    ] = None,
    format: Annotated[  # noqa: A002 - named for its flag, as the settings file and the environment name it
        Format, typer.Option("--format", help="Text, JSON, or Markdown for a review.")
    ] = Format.TEXT,
) -> None:
    """Compare two packages on the customers of a store.

    Tells who enters and leaves each segment, who moves through a lifecycle, whose block shows other content
    and which clause decided before and decides now, who sees a template that changed, and whose values are
    others. What means the same on both sides is not evaluated; nothing is written to the store. Exit code 1
    when one of the packages has errors, or more customers are affected than --fail-over allows.
    """
    now_us = time.time_ns() // 1_000 if now is None else moment_us("--now", now)
    old, new = load_sides(*name_sides(before, after, rules))
    note_unserved(new.program)
    opened = open_store(store, create=False)
    try:
        with track_progress("comparing", None, "customers") as advance:
            comparison = compare(opened, old.program, new.program, now_us, advance)
    finally:
        opened.close()
    report = Report(old, new, time_to_stored(now_us), comparison)
    typer.echo(_FORMS[format](report))
    if fail_over is not None and report.percent > fail_over:
        typer.echo(
            f"{report.percent:.1f} % of the customers are affected; --fail-over allows {fail_over:g} %.",
            err=True,
        )
        raise typer.Exit(1)
