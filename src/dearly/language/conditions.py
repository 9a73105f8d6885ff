"""One condition that stands in no file, checked against a package as if it were a segment of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dearly.language.diagnostics import Diagnostic
from dearly.language.package import Package, check_package
from dearly.language.program import Expression, Program, Span
from dearly.language.syntax.parser import parse_rules

CONDITION = "condition"
"""What places in the condition are called, where a file's name would stand."""

_FILE = f"{CONDITION}.rules"
_NAME = "the_condition_asked_about"


@dataclass(frozen=True, slots=True)
class CheckedCondition:
    """A condition, unless something is wrong; the program that its names are of; and everything found.

    Findings about the condition itself lie in a file called ``condition``.
    """

    expression: Expression | None
    program: Program | None
    diagnostics: tuple[Diagnostic, ...]


def check_condition(package: Package, text: str) -> CheckedCondition:
    """Check a condition together with the package whose names it uses; never raises on bad input."""
    name, file = _NAME, _FILE
    written = b"\n".join(data for path, data in package.files.items() if path.endswith(".rules"))
    while name.encode() in written or file in package.files:
        name, file = f"{name}_", f"{CONDITION}/{file}"
    around = f"segment {name} {{\n{text}\n}}\n"
    declared, _ = parse_rules(around, file)
    files = {**package.files, file: around.encode("utf-8", "surrogatepass")}
    report = check_package(replace(package, files=files))
    found = tuple(_moved(each, file, text) for each in report.diagnostics)
    if len(declared) > 1:
        return CheckedCondition(None, None, (*found, _more_than_one(text)))
    if report.program is None:
        return CheckedCondition(None, None, found)
    return CheckedCondition(report.program.segments[name].condition, report.program, found)


def _moved(found: Diagnostic, file: str, text: str) -> Diagnostic:
    """The finding with its place counted from the beginning of the condition."""
    if found.span.file != file:
        return found
    last = text.count("\n") + 1
    line, end_line = (min(max(line - 1, 1), last) for line in (found.span.line, found.span.end_line))
    return replace(found, span=replace(found.span, file=CONDITION, line=line, end_line=end_line))


def _more_than_one(text: str) -> Diagnostic:
    place = Span(CONDITION, 1, 1, text.count("\n") + 1, len(text.rpartition("\n")[2]) + 1)
    message = "This is more than one condition: a brace ends it, and something else begins."
    return Diagnostic("syntax-error", "error", message, place, "Join conditions with `and` or `or`.")
