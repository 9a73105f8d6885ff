"""Tests that authors write: a customer, what happens when, and what is then expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from dearly.language.program.expressions import NOWHERE, Expression, Span
from dearly.language.types import Value


@dataclass(frozen=True, slots=True)
class LocalMoment:
    """A date and time of day, in the scenario customer's zone: microseconds as if that zone were UTC."""

    local_us: int


@dataclass(frozen=True, slots=True)
class After:
    """So much later than the scenario's first moment."""

    us: int


@dataclass(frozen=True, slots=True)
class Happens:
    """An event at the step's moment; declared defaults are not filled in yet."""

    event: str
    properties: Mapping[str, Value]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Holds:
    """A condition is true, or with ``negated`` is not true (false, or unknown)."""

    condition: Expression
    negated: bool
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Shows:
    """A block shows a template, named as :class:`~dearly.language.program.Branch` names it."""

    block: str
    template: str
    negated: bool
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Contains:
    """A block's rendered HTML contains a text."""

    block: str
    text: str
    negated: bool
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Emitted:
    """A trigger emitted at the step's moment or since the step before."""

    trigger: str
    negated: bool
    span: Span = field(default=NOWHERE, compare=False)


Expectation: TypeAlias = Holds | Shows | Contains | Emitted


@dataclass(frozen=True, slots=True)
class Step:
    """One ``at``: when, and then either an event or expectations (events at one instant come first)."""

    at: LocalMoment | After
    happens: Happens | None
    expects: tuple[Expectation, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A ``test``: one customer on a fake clock.

    ``consents`` is None where the test says nothing of it: the customer agrees to everything. The steps stand
    as written; the first has a :class:`LocalMoment`.
    """

    name: str
    profile: Mapping[str, Value]
    context: Mapping[str, Value]
    consents: frozenset[str] | None
    steps: tuple[Step, ...]
    span: Span = field(default=NOWHERE, compare=False)
