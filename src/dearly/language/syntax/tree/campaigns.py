"""What was declared of caps, experiments and triggers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from dearly.language.program import Span
from dearly.language.syntax.tree.expressions import Duration, Events, Expression, Name, NumberLiteral

Unit: TypeAlias = OneOf["day", "week", "month"]
Whose: TypeAlias = OneOf["customer", "package"]


@dataclass(frozen=True, slots=True)
class LimitDeclaration:
    """``at most N per D``, or ``at most N per day|week|month [in customer timezone]``."""

    count: NumberLiteral
    rolling: Duration | None
    calendar: Unit | None
    zone: Whose
    span: Span


@dataclass(frozen=True, slots=True)
class CapDeclaration:
    """``cap NAME { at most .. }``."""

    name: Name
    limits: tuple[LimitDeclaration, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class VariantDeclaration:
    """``NAME WEIGHT``."""

    name: Name
    weight: NumberLiteral
    span: Span


@dataclass(frozen=True, slots=True)
class ExperimentDeclaration:
    """``experiment NAME ["title"] { [audience CONDITION] variants .. [holdout N%] goal EVENTS }``.

    Each part may be missing or stand twice; the checker says so.
    """

    name: Name
    title: str
    audiences: tuple[Expression, ...]
    variants: tuple[VariantDeclaration, ...]
    holdouts: tuple[NumberLiteral, ...]
    goals: tuple[Events, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class MembershipMoment:
    """``entering SEGMENT`` or ``leaving SEGMENT``."""

    change: OneOf["entering", "leaving"]
    segment: Name
    span: Span


@dataclass(frozen=True, slots=True)
class StateMoment:
    """``LIFECYCLE becomes STAGE`` or ``SCORE becomes TIER``."""

    subject: Name
    state: Name
    span: Span


@dataclass(frozen=True, slots=True)
class QuietDeclaration:
    """``quiet 21:00 to 08:00 [in customer timezone]``: minutes of the day."""

    from_minute: int
    until_minute: int
    zone: Whose
    span: Span


@dataclass(frozen=True, slots=True)
class EmitDeclaration:
    """``NAME: EXPRESSION`` within ``emit { .. }``."""

    name: Name
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class TriggerDeclaration:
    """``trigger NAME { when MOMENT [at most ..] [quiet ..] emit { .. } }``."""

    name: Name
    moments: tuple[MembershipMoment | StateMoment, ...]
    limits: tuple[LimitDeclaration, ...]
    quiet: tuple[QuietDeclaration, ...]
    emits: tuple[tuple[EmitDeclaration, ...], ...]
    span: Span
