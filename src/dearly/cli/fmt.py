"""``dearly fmt``."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Annotated

import typer

from dearly import DearlyError
from dearly.cli.options import DEFAULT_RULES
from dearly.cli.regular_file import open_regular, replace_file
from dearly.language import Diagnostic, read_package, render_text
from dearly.language.diagnostics import visible
from dearly.language.formatting import Unformattable, format_rules
from dearly.language.package import is_rules_path
from dearly.language.syntax.source import MAX_FILE_BYTES, decode_rules

ENDING = ".rules"


class NotARulesFile(DearlyError):
    """What was named is neither a directory nor a rules file."""


class _Outcome(Enum):
    """What came of a file, as the last line counts it."""

    CHANGED = auto()
    UNCHANGED = auto()
    UNREADABLE = auto()


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    data: bytes


def fmt(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="DIR|FILE",
            envvar="DEARLY_RULES",
            help="The rules package, or some of its files. Default: rules.",
            show_default=False,
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; list what would change, and exit with 1 if anything."),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; show what would change, line by line.")
    ] = False,
) -> None:
    """Lay out rules files in their one layout.

    Comments stay at their places, and nothing changes its meaning. Only files that end in .rules are touched.
    Exit code 1 when a file cannot be read, and with --check when one is not laid out so.
    """
    package = Path((context.default_map or {}).get("rules", DEFAULT_RULES))
    files = [file for path in paths or [package] for file in _files(path)]
    outcomes = Counter(_format(file, check=check, diff=diff) for file in files)
    typer.echo(_tally(outcomes, would=check or diff))
    if outcomes[_Outcome.UNREADABLE] or (check and outcomes[_Outcome.CHANGED]):
        raise typer.Exit(1)


def _files(path: Path) -> Iterator[_File]:
    """The rules files of a package, or the one that is named, with their bytes."""
    if path.is_dir():
        for name, data in sorted(read_package(path).files.items()):
            if is_rules_path(name):
                yield _File(path / name, data)
    else:
        yield _File(path, _read(path))


def _read(path: Path) -> bytes:
    if not path.exists():
        raise NotARulesFile(f"There is no {path}. Name a rules package's directory, or some of its files.")
    if path.suffix != ENDING:
        raise NotARulesFile(f"{path}: expected a directory, or a file whose name ends in {ENDING}.")
    if path.is_symlink():
        raise NotARulesFile(f"{path} is a link, which is not followed. Name the file itself.")
    try:
        with open_regular(path) as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise NotARulesFile(f"{path} cannot be read: {error.strerror}.") from None


def _format(file: _File, *, check: bool, diff: bool) -> _Outcome:
    """Lay out one file, or say what would be done."""
    text = decode_rules(file.data, str(file.path))
    if isinstance(text, Diagnostic):
        return _cannot_be_read(file, (text,))
    try:
        formatted = format_rules(text, str(file.path))
    except Unformattable as problem:
        return _cannot_be_read(file, problem.diagnostics)
    if formatted.encode() == file.data:
        return _Outcome.UNCHANGED
    if diff:
        typer.echo(_difference(file, text, formatted), nl=False)
    elif check:
        typer.echo(visible(f"would change {file.path}"))
    else:
        replace_file(file.path, formatted.encode())
        typer.echo(visible(f"changed {file.path}"))
    return _Outcome.CHANGED


def _cannot_be_read(file: _File, diagnostics: Sequence[Diagnostic]) -> _Outcome:
    for found in diagnostics:
        typer.echo(render_text(found, {str(file.path): file.data}) + "\n")
    return _Outcome.UNREADABLE


def _difference(file: _File, before: str, after: str) -> str:
    if before == after:
        return f"{file.path}: its line ends, or its byte order mark\n"
    lines = difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        f"{file.path} as it is",
        f"{file.path} laid out",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _tally(outcomes: Counter[_Outcome], *, would: bool) -> str:
    changed, unchanged, unreadable = (outcomes[outcome] for outcome in _Outcome)
    told = [f"{_counted(changed)} {'would be changed' if would else 'changed'}"] if changed else []
    if unchanged or not outcomes:
        told.append(f"{_counted(unchanged)} left as {'it was' if unchanged == 1 else 'they were'}")
    if unreadable:
        told.append(f"{_counted(unreadable)} could not be read")
    return ", ".join(told) + "."


def _counted(files: int) -> str:
    return "1 file" if files == 1 else f"{files:,} files"
