"""``dearly query``: the audience of a condition that stands in no rules file yet."""

from __future__ import annotations

import csv
import importlib
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from dearly import DearlyError
from dearly.cli.options import (
    DEFAULT_RULES,
    DEFAULT_STORE,
    RulesOption,
    StoreOption,
    WrongOption,
    moment_us,
)
from dearly.cli.progress import track_progress
from dearly.cli.rules_package import RulesBroken, broken_text, errors_text, note_unserved
from dearly.cli.spread import spread
from dearly.language import Program, render_text
from dearly.language.conditions import CONDITION, check_condition
from dearly.language.program import Expression
from dearly.language.revisions import read_rules, rules_source
from dearly.language.values import time_to_stored
from dearly.store import Store, StoreUnavailable, open_store, shown_url

if TYPE_CHECKING:
    from dearly.evaluation.sql import Statement
    from dearly.warehouse import Warehouse

SHOWN = 10
NEEDED = ("duckdb", "pyarrow", "sqlglot")
"""What the extra ``warehouse`` brings."""


class Dialect(StrEnum):
    """For which engine the statement is printed."""

    DUCKDB = "duckdb"
    POSTGRES = "postgres"
    SPARK = "spark"


class Format(StrEnum):
    """How the audience is told."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


class ConditionBroken(DearlyError):
    """The condition has errors."""


class ExtraMissing(DearlyError):
    """What an extra brings is not installed."""


@dataclass(frozen=True, slots=True)
class Question:
    """A checked condition with the program whose names it uses, and the instant asked about."""

    text: str
    condition: Expression
    program: Program
    now_us: int


@dataclass(frozen=True, slots=True)
class Audience:
    """Who was found, and among how many."""

    customer_ids: Sequence[str]
    """All of them, ascending."""
    customers: int


def query(
    condition: Annotated[
        str, typer.Argument(metavar="CONDITION", help="As in a segment: 'any order_completed today'.")
    ],
    limit: Annotated[
        int | None,
        typer.Option(min=0, help=f"Show so many ids, in their order. Default: {SHOWN}, or all with csv."),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(min=1, help="Show so many ids instead, spread evenly, the same each time."),
    ] = None,
    now: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="As of then, such as 2026-03-01T10:00:00Z. Default: now."),
    ] = None,
    sql: Annotated[
        Dialect | None,
        typer.Option("--sql", help="Print the statement for this engine, and ask nobody: needs no store."),
    ] = None,
    warehouse: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Export the whole store here, unless it was before, and ask that. Default: export what the "
            "condition needs, each time.",
        ),
    ] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Export to --warehouse anew, whatever is there.")
    ] = False,
    format: Annotated[  # noqa: A002 - named for its flag, as the settings file and the environment name it
        Format, typer.Option("--format", help="Text, JSON for tools, or CSV with an id a line.")
    ] = Format.TEXT,
    store: StoreOption = DEFAULT_STORE,
    rules: RulesOption = DEFAULT_RULES,
) -> None:
    """Tell how many customers a condition holds of, and who.

    The condition may use every name of the package. Nothing is written to the store. Exit code 1 when the
    rules have errors.
    """
    _require_warehouse()
    if limit is not None and sample is not None:
        raise WrongOption("Expected either --limit or --sample, got both. Leave one out.")
    if refresh and warehouse is None:
        raise WrongOption(
            "--refresh is about the export in --warehouse DIR. Name it, or leave --refresh out."
        )
    if not condition.strip():
        raise WrongOption("Expected a condition, such as 'any order_completed today', got nothing.")
    now_us = time.time_ns() // 1_000 if now is None else moment_us("--now", now)
    question = _check(condition, rules, now_us)
    if sql is not None:
        typer.echo(_statement_text(question, sql))
        return
    note_unserved(question.program)
    audience = _ask(question, store, warehouse, refresh=refresh)
    if sample is not None:
        shown = spread(audience.customer_ids, sample)
    else:
        most = limit if limit is not None else None if format is Format.CSV else SHOWN
        shown = list(audience.customer_ids[:most])
    _tell(question, audience, shown, format)


def _require_warehouse() -> None:
    for name in NEEDED:
        try:
            importlib.import_module(name)
        except ImportError:
            raise ExtraMissing(
                f"`dearly query` needs {name}, which is not installed. Install the extra: "
                "pip install 'dearly[warehouse]'."
            ) from None


def _check(text: str, rules: str, now_us: int) -> Question:
    package = read_rules(rules_source(rules))
    checked = check_condition(package, text)
    sources = {**package.files, CONDITION: text.encode("utf-8", "surrogatepass")}
    own = [found for found in checked.diagnostics if found.span.file == CONDITION]
    if checked.expression is None or checked.program is None:
        if shown := errors_text(own, sources):
            raise ConditionBroken(f"the condition has errors:\n{shown}")
        raise RulesBroken(broken_text(rules, checked.diagnostics, sources))
    for found in own:
        typer.echo(render_text(found, sources), err=True)
    return Question(text, checked.expression, checked.program, now_us)


# ----------------------------------------------------------------------------------------------- the audience


def _ask(question: Question, url: str, directory: Path | None, *, refresh: bool) -> Audience:
    from dearly.evaluation.sql import compile_audience
    from dearly.warehouse import find_audience

    statement = compile_audience(question.program, question.condition)
    with _exported(question, statement, url, directory, refresh=refresh) as warehouse:
        found = find_audience(warehouse, statement, question.now_us)
        return Audience(found, warehouse.manifest.customers)


@contextmanager
def _exported(
    question: Question, statement: Statement, url: str, directory: Path | None, *, refresh: bool
) -> Iterator[Warehouse]:
    from dearly.warehouse import needed_extent, open_warehouse, whole_extent

    program = question.program
    if directory is not None:
        if refresh or not directory.exists():
            _export(question, whole_extent(program), url, directory)
        with open_warehouse(directory, program) as warehouse:
            _require_same_store(warehouse, directory, url)
            as_of = time_to_stored(warehouse.manifest.exported_us)
            typer.echo(f"{directory}: {warehouse.manifest.customers:,} customers, exported {as_of}", err=True)
            yield warehouse
        return
    extent = needed_extent(program, question.condition, statement, question.now_us)
    with tempfile.TemporaryDirectory(prefix="dearly-query-") as folder:
        _export(question, extent, url, Path(folder) / "export")
        with open_warehouse(Path(folder) / "export", program) as warehouse:
            yield warehouse


def _require_same_store(warehouse: Warehouse, directory: Path, url: str) -> None:
    """An export is asked without its store; but where there is one, it is the one that was exported.

    Raises:
        WrongOption: it is another.
    """
    try:
        opened = open_store(url, create=False)
    except StoreUnavailable:
        return
    try:
        if opened.identity() != warehouse.manifest.store:
            raise WrongOption(
                f"The export in {directory} is of another store than {shown_url(url)}. Name that one with "
                "--store, or export anew: --refresh."
            )
    finally:
        opened.close()


def _export(question: Question, extent: object, url: str, directory: Path) -> None:
    from dearly.warehouse import Extent, export_store

    assert isinstance(extent, Extent)
    opened: Store = open_store(url, create=False)
    try:
        with track_progress("reading the store", None, "customers") as advance:
            exported_us = time.time_ns() // 1_000
            export_store(opened, question.program, extent, directory, exported_us, advance)
    finally:
        opened.close()


# ----------------------------------------------------------------------------------------------------- output


def _statement_text(question: Question, dialect: Dialect) -> str:
    from dearly.evaluation.sql import compile_audience, inline_sql

    statement = compile_audience(question.program, question.condition, dialect.value)
    tables = [f"--   {name} ({', '.join(columns)})" for name, columns in statement.reads.items()]
    as_of = time_to_stored(question.now_us)
    heading = [f"-- as of {as_of}; it reads (`--warehouse DIR` writes such tables, as Parquet)", *tables]
    return "\n".join([*heading, f"{inline_sql(statement, question.now_us)};"])


def _tell(question: Question, audience: Audience, shown: Sequence[str], told_as: Format) -> None:
    match told_as:
        case Format.CSV:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(["customer_id"])
            writer.writerows([customer_id] for customer_id in shown)
        case Format.JSON:
            told = {
                "condition": question.text,
                "as_of": time_to_stored(question.now_us),
                "rules_version": question.program.version,
                "size": len(audience.customer_ids),
                "customers": audience.customers,
                "share": _share(audience),
                "customer_ids": shown,
            }
            typer.echo(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())
        case Format.TEXT:
            typer.echo(_as_text(question, audience, shown))


def _as_text(question: Question, audience: Audience, shown: Sequence[str]) -> str:
    size, share = len(audience.customer_ids), _share(audience)
    percent = f" ({share:.1%})" if share is not None else ""
    as_of = time_to_stored(question.now_us)
    lines = [f"{size:,} of {audience.customers:,} customers{percent}, as of {as_of}"]
    lines += [f"  {customer_id}" for customer_id in shown]
    if shown and len(shown) < size:
        lines.append(f"  and {size - len(shown):,} more")
    return "\n".join(lines)


def _share(audience: Audience) -> float | None:
    return len(audience.customer_ids) / audience.customers if audience.customers else None
