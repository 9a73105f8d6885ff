"""What happens around content: caps, experiments, triggers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import TypeAlias

from dearly.language.program.expressions import NOWHERE, Expression, Selection, Span

Whose: TypeAlias = OneOf["customer", "package"]
"""Whose time zone a clock is read in."""


@dataclass(frozen=True, slots=True)
class Limit:
    """``at most N per ..``: either a rolling window of so long, or a calendar unit in somebody's zone."""

    count: int
    rolling_us: int | None = None
    calendar: OneOf["day", "week", "month"] | None = None
    zone: Whose = "package"
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Cap:
    """How often what counts toward it may be shown; every limit holds."""

    name: str
    limits: tuple[Limit, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Variant:
    """One arm of an experiment; weights are shares of those who are not held out."""

    name: str
    weight: float
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Experiment:
    """A split test among those of whom ``audience`` is true (None: everybody).

    ``holdout`` is a share, 0 to less than 1. ``goal`` selects the events that count as success when they come
    within ``goal.within_us`` after an exposure.
    """

    name: str
    title: str
    audience: Expression | None
    variants: tuple[Variant, ...]
    holdout: float
    goal: Selection
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Entering:
    """A customer enters a segment."""

    segment: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Leaving:
    """A customer leaves a segment."""

    segment: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Becomes:
    """A lifecycle moves to a stage, or a score to a tier."""

    subject: str
    state: str
    span: Span = field(default=NOWHERE, compare=False)


Moment: TypeAlias = Entering | Leaving | Becomes


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From and until a minute of the day (0 to 1439), over midnight when ``until`` is the earlier."""

    from_minute: int
    until_minute: int
    zone: Whose = "package"
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Trigger:
    """What is emitted when something comes to pass; what falls into quiet hours waits for their end."""

    name: str
    moment: Moment
    limits: tuple[Limit, ...]
    quiet: QuietHours | None
    emit: Mapping[str, Expression]
    span: Span = field(default=NOWHERE, compare=False)
