"""``dearly check``."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from dearly.cli.options import DEFAULT_RULES
from dearly.content import check_renderable
from dearly.language import CheckReport, Diagnostic, Package, read_package, render_text


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"


def check(
    rules: Annotated[
        Path, typer.Argument(metavar="DIR", envvar="DEARLY_RULES", help="The rules package.")
    ] = DEFAULT_RULES,
    format: Annotated[  # noqa: A002 - named for its flag, as the settings file and the environment name it
        Format, typer.Option("--format", help="Text with carets, or JSON for tools.")
    ] = Format.TEXT,
) -> None:
    """Check a rules package.

    Every finding comes with its place and what to do. Exit code 1 when there are errors among them.
    """
    package = read_package(rules)
    report = check_renderable(package)
    if format is Format.JSON:
        typer.echo(msgspec.json.format(msgspec.json.encode(_as_json(report)), indent=2).decode())
    else:
        _print_text(package, report, rules)
    if report.program is None:
        raise typer.Exit(1)


def _print_text(package: Package, report: CheckReport, rules: Path) -> None:
    for found in report.diagnostics:
        typer.echo(render_text(found, package.files) + "\n")
    counts = Counter(found.severity for found in report.diagnostics)
    tally = ", ".join(_counted(counts[severity], severity) for severity in ("error", "warning"))
    if report.program is None:
        typer.echo(f"{rules}: {tally}")
        return
    program = report.program
    holds = (
        _counted(len(program.blocks), "block"),
        _counted(len(program.segments), "segment"),
        _counted(len(program.templates), "template"),
    )
    typer.echo(f"{rules}: {tally}; version {program.version} with {', '.join(holds)}")


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count or 'no'} {thing}s"


def _as_json(report: CheckReport) -> dict[str, Any]:
    return {
        "valid": report.program is not None,
        "version": report.program.version if report.program else None,
        "diagnostics": [_finding(found) for found in report.diagnostics],
    }


def _finding(found: Diagnostic) -> dict[str, Any]:
    span = found.span
    return {
        "code": found.code,
        "severity": found.severity,
        "message": found.message,
        "hint": found.hint,
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
