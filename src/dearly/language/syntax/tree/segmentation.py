"""What was declared of who somebody is."""

from __future__ import annotations

from dataclasses import dataclass

from dearly.language.program import Span
from dearly.language.syntax.tree.expressions import Expression, Name, NumberLiteral


@dataclass(frozen=True, slots=True)
class SegmentDeclaration:
    """``segment NAME ["title"] { CONDITION }``."""

    name: Name
    title: str
    condition: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class ValueDeclaration:
    """``value NAME = EXPRESSION``."""

    name: Name
    expression: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class StageDeclaration:
    """``NAME when CONDITION``, or ``NAME otherwise`` (condition None)."""

    name: Name
    condition: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class LifecycleDeclaration:
    """``lifecycle NAME { .. }``."""

    name: Name
    stages: tuple[StageDeclaration, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TierDeclaration:
    """``NAME >= NUMBER``, or ``NAME`` alone for the last (``at_least`` None)."""

    name: Name
    at_least: NumberLiteral | None
    span: Span


@dataclass(frozen=True, slots=True)
class ScoreDeclaration:
    """``score NAME ["title"] { predict CONDITION [among CONDITION] features .. tiers .. }``.

    Each part may be missing or stand twice; the checker says so. ``features`` are names, ``auto`` among them.
    """

    name: Name
    title: str
    predict: tuple[Expression, ...]
    among: tuple[Expression, ...]
    features: tuple[Name, ...]
    tiers: tuple[TierDeclaration, ...]
    span: Span
