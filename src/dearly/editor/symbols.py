"""What a name in rules or a template stands for, and every place where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from dearly.language.program import Span

Kind: TypeAlias = OneOf[
    "profile field",
    "context field",
    "segment",
    "value",
    "lifecycle",
    "score",
    "experiment",
    "event",
    "catalog",
    "block",
    "cap",
    "trigger",
    "property",
    "stage",
    "tier",
    "variant",
    "list",
    "template",
]


OWNED: Mapping[Kind, Kind] = {
    "event": "property",
    "catalog": "property",
    "lifecycle": "stage",
    "score": "tier",
    "experiment": "variant",
    "template": "list",
}
"""What things own whose names nobody else knows."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A thing that has a name.

    ``owner`` is the event or catalog of a property, the lifecycle of a stage, the score of a tier, the
    experiment of a variant, and the template that a list is given to; nothing for what the whole package
    knows by its name.
    """

    kind: Kind
    name: str
    owner: str = ""

    def __str__(self) -> str:
        return f"{self.owner}.{self.name}" if self.owner else self.name


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place where a symbol stands: just its name, without quotes around it."""

    symbol: Symbol
    span: Span
    declares: bool = False
    """Whether it is declared there."""


def contains(span: Span, line: int, column: int) -> bool:
    """Whether a position, counted from 1, lies within a place or at its end."""
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)


def within_quotes(span: Span) -> Span:
    """The place of a text constant without its quotes."""
    return Span(span.file, span.line, span.column + 1, span.end_line, span.end_column - 1)
