"""What the rules of the grammar share while they turn a tree into syntax nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, TypeAlias

from lark import Token

from dearly.language.diagnostics import Diagnostic
from dearly.language.program import Span
from dearly.language.syntax.source import Source, place

Built: TypeAlias = Any
"""A syntax node, or the token of a keyword or sign: each rule knows from the grammar which stands where."""


@dataclass(slots=True)
class Building:
    """Where the declaration being built stands, and what was found wrong with it on the way."""

    source: Source
    start: int
    problems: list[Diagnostic] = field(default_factory=list)

    def span(self, token: Token) -> Span:
        """Where a token stands in the file."""
        start, end = token.start_pos or 0, token.end_pos or 0
        return place(self.source, self.start + start, self.start + end)

    def span_of(self, built: Built) -> Span:
        """Where a token or node stands."""
        return self.span(built) if isinstance(built, Token) else built.span

    def around(self, children: Sequence[Built]) -> Span:
        """From the first child to the last."""
        first, last = self.span_of(children[0]), self.span_of(children[-1])
        return Span(first.file, first.line, first.column, last.end_line, last.end_column)

    def report(self, code: str, message: str, span: Span, hint: str) -> None:
        """Note an error. The declaration is then not used, but is built to its end, to find further ones."""
        self.problems.append(Diagnostic(code, "error", message, span, hint))

    def each_once(self, parts: Sequence[Part], owner: str) -> dict[str, Built]:
        """What the parts hold by their kinds; a second one of a kind is an error."""
        found: dict[str, Built] = {}
        for part in parts:
            if part.kind in found:
                called = "calendar period" if part.kind == "period" else f"`{part.kind}`"
                message = f"This is the second {called} of one {owner}."
                hint = _JOIN_CONDITIONS if part.kind == "where" else "Leave one out."
                self.report("repeated-clause", message, part.span, hint)
            found[part.kind] = part.value
        return found


_JOIN_CONDITIONS = "Join conditions in parentheses: `where (A and B)`."


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a node that its children may hold in any order: what it is called, and what it says."""

    kind: str
    value: Built
    span: Span


@dataclass(frozen=True, slots=True)
class Clock:
    """What a clock shows, or a stop watch: ``21:00``, ``+47:59:59``, in microseconds."""

    us: int
    span: Span


def values_of(children: Sequence[Built], kind: str) -> tuple[Built, ...]:
    """What the parts of one kind say, in order."""
    return tuple(part.value for part in of_kind(children, Part) if part.kind == kind)


def part(kind: str) -> Rule:
    """The rule of a part that begins with its keyword and says one thing."""

    def make(building: Building, children: list[Built]) -> Built:
        return Part(kind, children[1], building.around(children))

    return make


def part_of_all(kind: str, node: type) -> Rule:
    """The rule of a part that says several things of one class."""

    def make(building: Building, children: list[Built]) -> Built:
        return Part(kind, tuple(of_kind(children, node)), building.around(children))

    return make


def of_kind(children: Sequence[Built], kind: type | UnionType) -> list[Built]:
    """The children that are of one class, or of one of several."""
    return [child for child in children if isinstance(child, kind)]


Rule: TypeAlias = Callable[[Building, list[Built]], Built]
"""Makes a node of the children that one rule of the grammar found."""
