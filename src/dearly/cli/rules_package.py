"""A command's rules package: the checked program, or all that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dearly import DearlyError
from dearly.language import Package, Program, check_package, render_text
from dearly.language.revisions import read_rules, rules_source


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
        shown = "\n".join(
            render_text(found, package.files) for found in report.diagnostics if found.severity == "error"
        )
        raise RulesBroken(f"the rules in {rules} have errors:\n{shown}")
    return CheckedRules(package, report.program)


def load_program(rules: str) -> Program:
    """The program of :func:`load_rules`."""
    return load_rules(rules).program


def version_text(version: str, commit: str | None) -> str:
    """A package's version, and the commit where it came from one: ``1f6c.., commit 09ab..``."""
    return f"{version}, commit {commit[:12]}" if commit else version


def place_in(rules: str, place: str) -> str:
    """Where a package's file (or a line of it) is: a path, or as git spells it: ``rules@main:hero.rules``."""
    source = rules_source(rules)
    return str(source / place) if isinstance(source, Path) else f"{source}:{place}"
