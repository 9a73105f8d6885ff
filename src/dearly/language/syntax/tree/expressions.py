"""What conditions and values were written, with their places, before names and types are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from dearly.language.program import Span


@dataclass(frozen=True, slots=True)
class Name:
    """One identifier."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class TextLiteral:
    """A quoted text, unescaped and in NFC."""

    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class NumberLiteral:
    """A number as a double; ``text`` is its spelling (``3`` and ``3.0`` differ as a count)."""

    value: float
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class BoolLiteral:
    """``true`` or ``false``."""

    value: bool
    span: Span


@dataclass(frozen=True, slots=True)
class DateLiteral:
    """``2026-03-01``: days since the epoch."""

    days: int
    span: Span


@dataclass(frozen=True, slots=True)
class TimeLiteral:
    """``2026-03-01T10:00:00Z``: microseconds since the epoch."""

    time_us: int
    span: Span


@dataclass(frozen=True, slots=True)
class ListLiteral:
    """``["a", "b"]``: at least one constant."""

    elements: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Duration:
    """``7 days``: microseconds, more than 0. Units: second(s), minute(s), hour(s), day(s), week(s)."""

    us: int
    span: Span


@dataclass(frozen=True, slots=True)
class Reference:
    """``NAME`` or ``QUALIFIER.NAME`` (``customer.country``)."""

    name: Name
    qualifier: Name | None
    span: Span


@dataclass(frozen=True, slots=True)
class Today:
    """``today``, the customer's local date; with ``plus``, so many days later (or, negative, earlier)."""

    plus: Duration | None
    span: Span


@dataclass(frozen=True, slots=True)
class Now:
    """``now``, or ``now + 3 hours``, ``now - 3 hours`` (then the duration's microseconds are negative)."""

    plus: Duration | None
    span: Span


@dataclass(frozen=True, slots=True)
class Not:
    """``not CONDITION``, and what ``not in`` and its like are made of."""

    operand: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class And:
    """``CONDITION and CONDITION ..``: two or more."""

    operands: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Or:
    """``CONDITION or CONDITION ..``: two or more."""

    operands: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Compare:
    """``LEFT == RIGHT`` and its like."""

    operator: OneOf["==", "!=", "<", "<=", ">", ">="]
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class In:
    """``LEFT in [..]``; ``not in`` is :class:`Not` around it."""

    left: Expression
    choices: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Matches:
    """``LEFT contains|starts with|ends with|is like RIGHT``; ``contains`` is of texts, or set and element."""

    operator: OneOf["contains", "starts with", "ends with", "is like"]
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class SetMatches:
    """``LEFT any of|all of|none of RIGHT``, where RIGHT is a list or another set."""

    operator: OneOf["any of", "all of", "none of"]
    left: Expression
    right: Expression | ListLiteral
    span: Span


@dataclass(frozen=True, slots=True)
class Between:
    """``x between LOW and HIGH``, both included; ``not between`` is :class:`Not` around it."""

    operand: Expression
    low: Expression
    high: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class DateCompare:
    """``x before T`` (earlier than) or ``x since T`` (at or later than), of dates or times."""

    operator: OneOf["before", "since"]
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class IsPresent:
    """``x is present`` or, ``missing=True``, ``x is missing``."""

    operand: Expression
    missing: bool
    span: Span


@dataclass(frozen=True, slots=True)
class IsStage:
    """``LIFECYCLE is [not] STAGE``, ``SCORE is [not] TIER``, ``EXPERIMENT is [not] VARIANT``."""

    subject: Name
    stage: Name
    negated: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Else:
    """``OPERAND else DEFAULT``."""

    operand: Expression
    default: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``LEFT + RIGHT`` and its like; a chain of them leans to the left."""

    operator: OneOf["+", "-", "*", "/"]
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Negate:
    """``-OPERAND``."""

    operand: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Followed:
    """``[not] followed by EVENT [where ..] [within D]``."""

    negated: bool
    event: Name
    where: Expression | None
    within: Duration | None
    span: Span


@dataclass(frozen=True, slots=True)
class Events:
    """``EVENT [where ..]``, and any of its windows: see :class:`~dearly.language.program.Selection`.

    ``since`` and ``before`` are date or time literals. ``weekdays`` are numbers, 0 for Monday.
    """

    event: Name
    where: Expression | None
    within: Duration | None
    older_than: Duration | None
    since: Expression | None
    before: Expression | None
    period: Period | None
    weekdays: Weekdays | None
    followed: Followed | None
    span: Span


@dataclass(frozen=True, slots=True)
class Period:
    """``today``, ``this week``, ``this month`` or ``this year``."""

    name: OneOf["today", "this week", "this month", "this year"]
    span: Span


@dataclass(frozen=True, slots=True)
class Weekdays:
    """``on monday``, ``on weekdays``, ``on weekends``, ``on monday or friday``: numbers, 0 for Monday."""

    days: frozenset[int]
    span: Span


@dataclass(frozen=True, slots=True)
class Quantified:
    """``any``, ``no`` (no count), or ``at least|at most|exactly|more than|fewer than N`` events."""

    quantifier: OneOf["any", "no", "at least", "at most", "exactly", "more than", "fewer than"]
    count: NumberLiteral | None
    events: Events
    span: Span


@dataclass(frozen=True, slots=True)
class Aggregated:
    """``count of E ..`` or ``sum|average|min|max|distinct of E.p ..``."""

    kind: OneOf["count", "sum", "average", "min", "max", "distinct"]
    property: Name | None
    events: Events
    span: Span


@dataclass(frozen=True, slots=True)
class Picked:
    """``latest|first|top E.p ..``."""

    which: OneOf["latest", "first", "top"]
    property: Name
    events: Events
    span: Span


@dataclass(frozen=True, slots=True)
class Elapsed:
    """``time since last|first E ..``."""

    which: OneOf["latest", "first"]
    events: Events
    span: Span


Expression: TypeAlias = (
    TextLiteral
    | NumberLiteral
    | BoolLiteral
    | DateLiteral
    | TimeLiteral
    | Duration
    | Reference
    | Today
    | Now
    | Not
    | And
    | Or
    | Compare
    | In
    | Matches
    | SetMatches
    | Between
    | DateCompare
    | IsPresent
    | IsStage
    | Else
    | Arithmetic
    | Negate
    | Quantified
    | Aggregated
    | Picked
    | Elapsed
)
