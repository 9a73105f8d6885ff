"""A command's rules package: the checked program, or all that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import typer

from dearly import DearlyError
from dearly.content import unserved_names
from dearly.language import Diagnostic, Package, Program, check_package, render_text
from dearly.language.revisions import read_rules, rules_source

_NAMED = 5
"""So many declarations are named that are not served yet."""


class RulesBroken(DearlyError):
    """The rules package has errors, so the command cannot go by it."""


@dataclass(frozen=True, slots=True)
class CheckedRules:
    """A package without errors: its files, and the program that they make."""

    package: Package
    program: Program


def load_rules(rules: str) -> CheckedRules:
    """The package that ``--rules`` names, checked: a directory, or ``DIR@REVISION`` of a git repository.

    Raises:
        PackageError: it cannot be read.
        RulesBroken: it has errors; the message shows each with its line.
    """
    package = read_rules(rules_source(rules))
    report = check_package(package)
    if report.program is None:
        raise RulesBroken(broken_text(rules, report.diagnostics, package.files))
    return CheckedRules(package, report.program)


def broken_text(rules: str, diagnostics: Iterable[Diagnostic], sources: Mapping[str, bytes]) -> str:
    """That a package has errors, and each with its line."""
    return f"the rules in {rules} have errors:\n{errors_text(diagnostics, sources)}"


def errors_text(diagnostics: Iterable[Diagnostic], sources: Mapping[str, bytes]) -> str:
    """The errors among findings, each with its line."""
    return "\n".join(render_text(found, sources) for found in diagnostics if found.severity == "error")


def load_program(rules: str) -> Program:
    """The program of :func:`load_rules`."""
    return load_rules(rules).program


def note_unserved(program: Program) -> None:
    """Say on standard error what no server honours yet, and so no answer about customers either."""
    names = unserved_names(program)
    if names:
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        listed = ", ".join(one[0].lower() + one[1:] for one in names[:_NAMED])
        typer.echo(f"Not served yet, and left out of what is told here: {listed}{more}.", err=True)


def version_text(version: str, commit: str | None) -> str:
    """A package's version, and the commit where it came from one: ``1f6c.., commit 09ab..``."""
    return f"{version}, commit {commit[:12]}" if commit else version


def place_in(rules: str, place: str) -> str:
    """Where a package's file (or a line of it) is: a path, or as git spells it: ``rules@main:hero.rules``."""
    source = rules_source(rules)
    return str(source / place) if isinstance(source, Path) else f"{source}:{place}"
