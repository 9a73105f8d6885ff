"""What was written in a ``test``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from dearly.language.program import Span
from dearly.language.syntax.tree.expressions import Expression, ListLiteral, Name, TextLiteral


@dataclass(frozen=True, slots=True)
class GivenField:
    """``NAME: CONSTANT`` within braces; the constant may be a list, for a set."""

    name: Name
    value: Expression | ListLiteral
    span: Span


@dataclass(frozen=True, slots=True)
class GivenDeclaration:
    """``given profile { .. }``, ``given context { .. }``, ``consents to A, B`` (``to nothing``: no names).

    ``profile``, ``context`` and ``consents`` are None where they are not written.
    """

    profile: tuple[GivenField, ...] | None
    context: tuple[GivenField, ...] | None
    consents: tuple[Name, ...] | None
    span: Span


@dataclass(frozen=True, slots=True)
class AtMoment:
    """``2026-03-01 10:00[:00]``: microseconds since the epoch as if the clock were UTC's."""

    local_us: int
    span: Span


@dataclass(frozen=True, slots=True)
class AtOffset:
    """``+48:00`` or ``+47:59:59``: so much after the first ``at``."""

    us: int
    span: Span


@dataclass(frozen=True, slots=True)
class HappensDeclaration:
    """``EVENT { NAME: CONSTANT, .. }``."""

    event: Name
    properties: tuple[GivenField, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectHolds:
    """A condition; also ``BLOCK contains "text"``, which only the checker can tell from one."""

    condition: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectShows:
    """``BLOCK shows "hero/cart.html"``, or ``not BLOCK shows ..``."""

    block: Name
    template: TextLiteral
    negated: bool
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectEmitted:
    """``emitted TRIGGER``, or ``not emitted TRIGGER``."""

    trigger: Name
    negated: bool
    span: Span


ExpectDeclaration: TypeAlias = ExpectHolds | ExpectShows | ExpectEmitted


@dataclass(frozen=True, slots=True)
class StepDeclaration:
    """``at MOMENT`` and then an event, or ``expect ..`` (several with commas), or both in that order."""

    at: AtMoment | AtOffset
    happens: HappensDeclaration | None
    expects: tuple[ExpectDeclaration, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TestDeclaration:
    """``test "title" { given .. at .. }``."""

    title: TextLiteral
    given: tuple[GivenDeclaration, ...]
    steps: tuple[StepDeclaration, ...]
    span: Span
