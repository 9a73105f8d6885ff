"""``dearly check``."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dearly.cli.finding_formats import findings_json, github_commands, sarif_log
from dearly.cli.options import DEFAULT_RULES, RulesArgument
from dearly.cli.rules_package import version_text
from dearly.content import check_renderable, check_servable, unserved_names
from dearly.language import CheckReport, Package, render_text
from dearly.language.revisions import Revision, read_rules, rules_source


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def check(
    rules: RulesArgument = DEFAULT_RULES,
    format: Annotated[  # noqa: A002 - named for its flag, as the settings file and the environment name it
        Format,
        typer.Option(
            "--format",
            help="Text with carets; JSON; GitHub's workflow commands, for annotations; or SARIF 2.1.0.",
        ),
    ] = Format.TEXT,
    servable: Annotated[
        bool,
        typer.Option("--servable", help="Refuse what is checked but not served yet, as a server would."),
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings fail the check, too.")] = False,
) -> None:
    """Check a rules package.

    Every finding comes with its place and what to do. Exit code 1 when there are errors among them, or with
    --strict any finding; 2 when there is no package to check.
    """
    source = rules_source(rules)
    package = read_rules(source)
    report = check_servable(package) if servable else check_renderable(package)
    folder = source.directory if isinstance(source, Revision) else source
    match format:
        case Format.TEXT:
            _print_text(package, report, rules)
        case Format.JSON:
            typer.echo(findings_json(package, report))
        case Format.GITHUB:
            _print_commands(package, report, rules, folder)
        case Format.SARIF:
            typer.echo(sarif_log(report, folder))
    if report.program is None or (strict and report.diagnostics):
        raise typer.Exit(1)


def _print_text(package: Package, report: CheckReport, rules: str) -> None:
    for found in report.diagnostics:
        typer.echo(render_text(found, package.files) + "\n")
    typer.echo(f"{rules}: {_tally(package, report)}")


def _print_commands(package: Package, report: CheckReport, rules: str, folder: Path) -> None:
    for command in github_commands(report, folder):
        typer.echo(command)
    typer.echo(f"{rules}: {_tally(package, report)}")


def _tally(package: Package, report: CheckReport) -> str:
    counts = Counter(found.severity for found in report.diagnostics)
    tally = ", ".join(_counted(counts[severity], severity) for severity in ("error", "warning"))
    if report.program is None:
        return tally
    program = report.program
    holds = (
        _counted(len(program.blocks), "block"),
        _counted(len(program.segments), "segment"),
        _counted(len(program.templates), "template"),
    )
    unserved = len(unserved_names(program))
    note = f"; {unserved:,} not served yet: see --servable" if unserved else ""
    return f"{tally}; version {version_text(program.version, package.commit)} with {', '.join(holds)}{note}"


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count or 'no'} {thing}s"
