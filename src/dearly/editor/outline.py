"""The outline of a rules file, the names of a package by what is typed of them, and what can be folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from dearly.editor.analysis import Analysis
from dearly.editor.symbols import Occurrence
from dearly.language.program import Span
from dearly.language.syntax import tree
from dearly.language.syntax.tree import Declaration

DeclarationKind: TypeAlias = OneOf[
    "profile",
    "context",
    "settings",
    "event",
    "catalog",
    "segment",
    "value",
    "lifecycle",
    "score",
    "cap",
    "experiment",
    "block",
    "trigger",
    "test",
    "field",
    "state",
    "template",
]

MAX_SYMBOLS = 500
"""A search in the whole package gives so many at most."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the outline: ``span`` is all of it, ``name_span`` its name."""

    name: str
    kind: DeclarationKind
    detail: str
    span: Span
    name_span: Span
    children: tuple[Entry, ...] = ()


def outline(analysis: Analysis, file: str) -> tuple[Entry, ...]:
    """The declarations of a file, in order, with their parts."""
    declared = [one for one in analysis.declarations if one.span.file == file]
    return tuple(_entry(one) for one in declared)


def _entry(declared: Declaration) -> Entry:
    match declared:
        case tree.ProfileDeclaration(fields):
            return Entry("profile", "profile", "", declared.span, declared.span, tuple(_fields(fields)))
        case tree.ContextDeclaration(fields):
            return Entry("context", "context", "", declared.span, declared.span, tuple(_fields(fields)))
        case tree.SettingsDeclaration():
            return Entry("settings", "settings", "", declared.span, declared.span)
        case tree.TestDeclaration(title):
            return Entry(title.value or "test", "test", "test", declared.span, title.span)
        case tree.SchemaDeclaration(kind, name, fields):
            return Entry(name.text, kind, kind, declared.span, name.span, tuple(_fields(fields)))
        case _:
            return _definition(declared, _KINDS[type(declared)], getattr(declared, "title", ""))


def _definition(declared: _Definition, kind: DeclarationKind, title: str) -> Entry:
    detail = f"{kind}: {title}" if title else kind
    name = declared.name
    return Entry(name.text, kind, detail, declared.span, name.span, tuple(_parts(declared)))


_Definition: TypeAlias = (
    tree.SegmentDeclaration
    | tree.ValueDeclaration
    | tree.LifecycleDeclaration
    | tree.ScoreDeclaration
    | tree.CapDeclaration
    | tree.ExperimentDeclaration
    | tree.BlockDeclaration
    | tree.TriggerDeclaration
)
_KINDS: dict[type[_Definition], DeclarationKind] = {
    tree.SegmentDeclaration: "segment",
    tree.ValueDeclaration: "value",
    tree.LifecycleDeclaration: "lifecycle",
    tree.ScoreDeclaration: "score",
    tree.CapDeclaration: "cap",
    tree.ExperimentDeclaration: "experiment",
    tree.BlockDeclaration: "block",
    tree.TriggerDeclaration: "trigger",
}


def _fields(fields: Sequence[tree.FieldDeclaration]) -> Iterator[Entry]:
    for field in fields:
        kind = f"{'set of ' if field.is_set else ''}{field.type.text}{'?' if field.optional else ''}"
        yield Entry(field.name.text, "field", kind, field.span, field.name.span)


def _parts(declared: _Definition) -> Iterator[Entry]:
    """The stages, tiers, variants or branches."""
    match declared:
        case tree.LifecycleDeclaration(_, states):
            yield from (Entry(one.name.text, "state", "stage", one.span, one.name.span) for one in states)
        case tree.ScoreDeclaration(tiers=tiers):
            yield from (Entry(one.name.text, "state", "tier", one.span, one.name.span) for one in tiers)
        case tree.ExperimentDeclaration(variants=variants):
            yield from (Entry(one.name.text, "state", "variant", one.span, one.name.span) for one in variants)
        case tree.BlockDeclaration(branches=branches):
            for branch in branches:
                kind = "otherwise" if branch.condition is None else "when"
                yield Entry(branch.template.value, "template", kind, branch.span, branch.template.span)
        case _:
            pass


def find_symbols(analysis: Analysis, query: str) -> tuple[Occurrence, ...]:
    """Where what is named like the query is declared: its letters in this order, the shortest names first."""
    wanted = query.casefold()
    found = [
        one
        for symbol, places in analysis.occurrences.items()
        if _is_within(wanted, symbol.name)
        for one in places[:MAX_SYMBOLS]
        if one.declares
    ]
    found.sort(key=lambda one: (len(one.symbol.name), one.symbol.name, one.span.file, one.span.line))
    return tuple(found[:MAX_SYMBOLS])


def _is_within(letters: str, name: str) -> bool:
    rest = iter(name)
    return all(letter in rest for letter in letters)


def folds(analysis: Analysis, file: str, text: str) -> tuple[tuple[int, int], ...]:
    """The first and last lines, counted from 1, of what can be folded: declarations, runs of comments."""
    found = [
        (one.span.line, one.span.end_line)
        for one in analysis.declarations
        if one.span.file == file and one.span.end_line > one.span.line
    ]
    return tuple(sorted([*found, *_comment_runs(text)]))


def _comment_runs(text: str) -> Iterator[tuple[int, int]]:
    first: int | None = None
    lines = [*text.split("\n"), ""]
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith("#"):
            first = first or number
        elif first is not None:
            if number - first > 1:
                yield first, number - 1
            first = None
