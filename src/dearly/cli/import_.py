"""``dearly import``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from dearly.cli.importing import Counts, Plan, RejectsFile, count_rows, make_plans, read_mapping, run_plan
from dearly.cli.options import DEFAULT_RULES, DEFAULT_STORE, JsonOption, RulesOption, StoreOption, WrongOption
from dearly.cli.progress import track_progress
from dearly.cli.rules_package import load_program
from dearly.store import Store, open_store

DRY_RUN = (
    "Nothing was written. Ids that come twice, or are kept with other content, show in a real import only."
)


def import_(
    mapping: Annotated[
        Path, typer.Argument(metavar="MAPPING.toml", help="What becomes what: docs/import.md.")
    ],
    store: StoreOption = DEFAULT_STORE,
    rules: RulesOption = DEFAULT_RULES,
    rejects: Annotated[
        Path | None,
        typer.Option(help="Where rejected rows are kept. Default: MAPPING.rejects.jsonl, here."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row, write nothing.")] = False,
    json: JsonOption = False,
) -> None:
    """Import profiles, items and events from files.

    CSV, JSON lines or Parquet; safe to run twice. Exit code 1 when rows were rejected: they are kept, with
    line and reason, in the rejects file.
    """
    begun_s = time.monotonic()
    plans = make_plans(read_mapping(mapping), mapping, load_program(rules))
    rejects = rejects or Path(f"{mapping.stem}.rejects.jsonl")
    _refuse_to_replace(rejects, [mapping, *(plan.table.path for plan in plans)])
    kept_rejects = RejectsFile(rejects)
    opened = None if dry_run else open_store(store)
    try:
        counts = run_plans(plans, opened, kept_rejects, int(time.time() * 1_000_000))
    finally:
        kept_rejects.close()
        if opened:
            opened.close()
    seconds = time.monotonic() - begun_s
    if json:
        typer.echo(msgspec.json.encode(_as_json(counts, seconds, kept_rejects)))
    else:
        _print_summary(counts, seconds, kept_rejects, dry_run=dry_run)
    if kept_rejects.count:
        raise typer.Exit(1)


def _refuse_to_replace(rejects: Path, sources: Sequence[Path]) -> None:
    for source in sources:
        if rejects.exists() and rejects.samefile(source):
            raise WrongOption(f"--rejects {rejects}: this is what is imported. Name another file.")


def run_plans(plans: Sequence[Plan], store: Store | None, rejects: RejectsFile, now_us: int) -> list[Counts]:
    """Import all sections, showing progress; without a store, only check them.

    Raises:
        DearlyError: a file or the store cannot be used; the whole batches before are kept.
    """
    counts: list[Counts] = []
    for plan in plans:
        with track_progress(plan.title, count_rows(plan.table.path), "rows") as advance:
            counts.append(run_plan(plan, store, rejects, now_us, advance))
    return counts


def _as_json(counts: Sequence[Counts], seconds: float, rejects: RejectsFile) -> dict[str, object]:
    rows = sum(each.rows for each in counts)
    return {
        "sections": [asdict(each) for each in counts],
        "rows": rows,
        "written": sum(each.written for each in counts),
        "duplicates": sum(each.duplicates for each in counts),
        "rejected": rejects.count,
        "rejects_file": str(rejects.path) if rejects.count else None,
        "seconds": round(seconds, 3),
        "rows_per_s": round(rows / seconds) if seconds else None,
    }


def _print_summary(counts: Sequence[Counts], seconds: float, rejects: RejectsFile, *, dry_run: bool) -> None:
    table = Table()
    table.add_column("section", no_wrap=True)
    names = ("rows", "skipped", "checked" if dry_run else "written", "duplicates", "rejected")
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for each in counts:
        numbers = (each.rows, each.skipped, each.written, each.duplicates, each.rejected)
        table.add_row(each.section, *(f"{number:,}" for number in numbers))
    console = Console(highlight=False)
    console.print(table)
    rows = sum(each.rows for each in counts)
    console.print(f"{rows:,} rows in {seconds:.1f} s, {rows / max(seconds, 1e-9):,.0f} a second")
    if dry_run:
        console.print(DRY_RUN)
    if rejects.count:
        console.print(f"{rejects.count:,} rejected: see {rejects.path}")
