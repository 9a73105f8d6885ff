"""A command's rules package: the checked program, or all that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dearly import DearlyError
from dearly.language import Package, Program, check_package, read_package, render_text


class RulesBroken(DearlyError):
    """The rules package has errors, so the command cannot go by it."""


@dataclass(frozen=True, slots=True)
class CheckedRules:
    """A package without errors: its files, and the program that they make."""

    package: Package
    program: Program


def load_program(rules: Path) -> Program:
    """The program of :func:`load_rules`."""
    return load_rules(rules).program


def load_rules(rules: Path) -> CheckedRules:
    """The checked package of a directory.

    Raises:
        PackageError: the directory cannot be read.
        RulesBroken: it has errors; the message shows each with its line.
    """
    package = read_package(rules)
    report = check_package(package)
    if report.program is None:
        shown = "\n".join(
            render_text(found, package.files) for found in report.diagnostics if found.severity == "error"
        )
        raise RulesBroken(f"the rules in {rules} have errors:\n{shown}")
    return CheckedRules(package, report.program)
