"""What the rules of the grammar share while they turn a tree into syntax nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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


def of_kind(children: Sequence[Built], kind: type) -> list[Built]:
    """The children that are of one class."""
    return [child for child in children if isinstance(child, kind)]


Rule: TypeAlias = Callable[[Building, list[Built]], Built]
"""Makes a node of the children that one rule of the grammar found."""
