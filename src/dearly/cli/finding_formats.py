"""What a check found, as the formats that tools read: JSON, GitHub's workflow commands, SARIF 2.1.0."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

import msgspec

from dearly import __version__
from dearly.language import CODES, CheckReport, Diagnostic, Package
from dearly.language.diagnostics import Fix, visible
from dearly.language.program import Span
from dearly.language.templates.codes import TEMPLATE_CODES

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_REFERENCES = ("docs/language.md", "docs/templates.md")
"""Where the codes stand with their causes: those of rules, and those of what templates say."""


def findings_json(package: Package, report: CheckReport) -> str:
    """One object: whether the package is valid, its version and commit, counts, and every diagnostic."""
    counts = Counter(found.severity for found in report.diagnostics)
    program = report.program
    return _pretty(
        {
            "valid": program is not None,
            "version": program.version if program else None,
            "commit": package.commit,
            "summary": {
                "errors": counts["error"],
                "warnings": counts["warning"],
                "blocks": len(program.blocks) if program else None,
                "segments": len(program.segments) if program else None,
                "templates": len(program.templates) if program else None,
            },
            "diagnostics": [_finding(found) for found in report.diagnostics],
        }
    )


def _finding(found: Diagnostic) -> dict[str, Any]:
    """Lines and columns from 1, ``end_column`` exclusive; file "" and zeros where there is no place."""
    span = found.span
    return {
        "code": found.code,
        "severity": found.severity,
        "message": found.message,
        "hint": found.hint,
        **_json_place(span),
        "fix": None if found.fix is None else _json_fix(found.fix),
    }


def _json_fix(fix: Fix) -> dict[str, Any]:
    """Edits that belong together; each replaces what stands at its place, which may be nothing."""
    edits = [{**_json_place(edit.span), "replacement": edit.replacement} for edit in fix.edits]
    return {"title": fix.title, "certain": fix.certain, "edits": edits}


def _json_place(span: Span) -> dict[str, Any]:
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _reference(code: str) -> str:
    rules, templates = _REFERENCES
    return templates if code in TEMPLATE_CODES else rules


def _pretty(told: Mapping[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(_as_plain(told)), indent=2).decode()


def _as_plain(told: Any) -> Any:
    """Plain integers, and texts without what cannot stand in JSON: names of files may be no UTF-8."""
    if isinstance(told, str):
        return told.encode("utf-8", "backslashreplace").decode()
    if isinstance(told, int) and not isinstance(told, bool):
        return int(told)  # a template's lines also know their columns
    if isinstance(told, Mapping):
        return {name: _as_plain(value) for name, value in told.items()}
    return [_as_plain(one) for one in told] if isinstance(told, list) else told


# ---------------------------------------------------------------------------------------------------- GitHub


def github_commands(report: CheckReport, folder: Path) -> Iterator[str]:
    """A workflow command a finding: GitHub shows each beside its line (docs.github.com, workflow commands).

    ``folder`` is where the package lies; paths are told from the working directory, which in a workflow is
    the repository's.
    """
    for found in report.diagnostics:
        properties = {**_github_place(found.span, folder), "title": found.code}
        told = ",".join(f"{name}={_escape_property(value)}" for name, value in properties.items())
        message = f"{found.message}\n{found.hint}" if found.hint else found.message
        yield f"::{found.severity} {told}::{_escape_message(message)}"


def _github_place(span: Span, folder: Path) -> dict[str, str]:
    """GitHub takes columns only within one line."""
    if not span.file:
        return {}
    place = {"file": str(_from_here(folder / span.file)), "line": str(span.line)}
    if span.end_line > span.line:
        return {**place, "endLine": str(span.end_line)}
    return {**place, "col": str(span.column), "endColumn": str(max(span.column, span.end_column - 1))}


def _escape_message(text: str) -> str:
    lines = text.encode("utf-8", "backslashreplace").decode().replace("\r", "\n").split("\n")
    return "%0A".join(visible(line).replace("%", "%25") for line in lines)


def _escape_property(text: str) -> str:
    return _escape_message(text).replace(":", "%3A").replace(",", "%2C")


def _from_here(path: Path) -> PurePath:
    """The path from the working directory, if it lies below that; else the whole path."""
    whole, here = Path(os.path.abspath(path)), Path.cwd()  # noqa: PTH100 - resolve() would follow links
    return whole.relative_to(here) if whole.is_relative_to(here) else whole


# ----------------------------------------------------------------------------------------------------- SARIF


def sarif_log(report: CheckReport, folder: Path) -> str:
    """A SARIF 2.1.0 log of one run; every code that a check knows is a rule of it."""
    codes = sorted({*CODES, *(found.code for found in report.diagnostics)})
    places = {code: place for place, code in enumerate(codes)}
    driver = {
        "name": "dearly",
        "semanticVersion": __version__,
        "rules": [_sarif_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(found, places, folder) for found in report.diagnostics],
    }
    return _pretty({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _sarif_rule(code: str) -> dict[str, Any]:
    return {
        "id": code,
        "shortDescription": {"text": code.replace("-", " ").capitalize()},
        "help": {"text": f"Dearly's {_reference(code)} tells what leads to `{code}`, and what to do."},
        "defaultConfiguration": {"level": CODES.get(code, "error")},
    }


def _sarif_result(found: Diagnostic, places: Mapping[str, int], folder: Path) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": places[found.code],
        "level": found.severity,
        "message": {"text": f"{found.message}\n{found.hint}" if found.hint else found.message},
        "locations": [{"physicalLocation": _sarif_place(found.span, folder)}],
    }
    return result if found.fix is None else {**result, "fixes": [_sarif_fix(found.fix, folder)]}


def _sarif_fix(fix: Fix, folder: Path) -> dict[str, Any]:
    """One change an edit (SARIF 2.1.0, section 3.55); an empty region is an insertion."""
    changes = [
        {
            "artifactLocation": _sarif_file(edit.span, folder),
            "replacements": [
                {"deletedRegion": _sarif_region(edit.span), "insertedContent": {"text": edit.replacement}}
            ],
        }
        for edit in fix.edits
    ]
    return {"description": {"text": fix.title}, "artifactChanges": changes}


def _sarif_place(span: Span, folder: Path) -> dict[str, Any]:
    """A finding without a place is of the whole package."""
    location = _sarif_file(span, folder)
    if not span.file:
        return {"artifactLocation": location}
    return {"artifactLocation": location, "region": _sarif_region(span)}


def _sarif_file(span: Span, folder: Path) -> dict[str, Any]:
    path = _from_here(folder / span.file)
    uri = quote(os.fsencode(path.as_posix()))
    return {"uri": f"file://{uri}"} if path.is_absolute() else {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _sarif_region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
