"""Who somebody is: segments, named values, lifecycles, scores."""

from __future__ import annotations

from dataclasses import dataclass, field

from dearly.language.program.expressions import NOWHERE, Expression, Span
from dearly.language.types import Type


@dataclass(frozen=True, slots=True)
class Segment:
    """The customers of whom the condition is true."""

    name: str
    title: str
    condition: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A named expression."""

    name: str
    expression: Expression
    type: Type
    may_be_missing: bool
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage; ``condition`` is None for ``otherwise``."""

    name: str
    condition: Expression | None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The first stage, top to bottom, whose condition is *true*; the last has none (``otherwise``)."""

    name: str
    stages: tuple[Stage, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Tier:
    """A named part of a score's range; ``at_least`` is None for the last, which has no lower end."""

    name: str
    at_least: float | None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Score:
    """A likelihood to be learnt: of ``label`` coming true, among those of whom ``among`` is true.

    ``label`` looks forward from a cutoff: its windows reach as far after it as they otherwise reach back.
    ``features`` are named values; ``automatic`` adds recency, frequency, monetary and the like. ``tiers``
    stand from the highest down; the first whose ``at_least`` is reached is the customer's.
    """

    name: str
    title: str
    label: Expression
    among: Expression | None
    features: tuple[str, ...]
    automatic: bool
    tiers: tuple[Tier, ...]
    span: Span = field(default=NOWHERE, compare=False)
