"""What a condition or value says: expressions over one customer, with every name resolved and typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import TypeAlias

from dearly.language.types import Type, Value


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a rules file or template: 1-based line and column, ``end_column`` exclusive."""

    file: str = ""
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.file else "(nowhere)"


NOWHERE = Span()


# ---------------------------------------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: text, number, bool, date, time or duration, in its plain form (see ``types``)."""

    value: Value
    type: Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ProfileField:
    """The customer's own field; its declared default already stands in the facts."""

    name: str
    type: Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ContextField:
    """What this one call brought along under that name; only in blocks and their templates."""

    name: str
    type: Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Today:
    """The customer's local date, and so many days on. Only as one side of a comparison of dates."""

    plus_days: int = 0
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Now:
    """This instant, and so much on. Only as one side of a comparison of times."""

    plus_us: int = 0
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class DayStart:
    """The first instant of a date (days since the epoch) in the customer's zone; a ``time``."""

    days: int
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class EventProperty:
    """Inside an event's ``where``: a property of the event looked at."""

    name: str
    type: Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ItemProperty:
    """Inside an item list's ``where``: a property of the item looked at."""

    name: str
    type: Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class SegmentRef:
    """Membership in a segment: the segment's own condition, unknown included."""

    name: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ValueRef:
    """A named value."""

    name: str
    type: Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class StageIs:
    """Whether a lifecycle stands at a stage. Always known: see :class:`Lifecycle`."""

    lifecycle: str
    stage: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ScoreRef:
    """A model's probability for the customer, 0 to 1; missing where there is none."""

    score: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class TierIs:
    """Whether a score lies in one of its tiers; unknown when the score is missing."""

    score: str
    tier: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class VariantIs:
    """Whether the customer was assigned that variant. Always known: who is in none is not in this one."""

    experiment: str
    variant: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """Kleene's not: unknown stays unknown."""

    operand: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """Kleene's and over two or more operands."""

    operands: tuple[Expression, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """Kleene's or over two or more operands."""

    operands: tuple[Expression, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """Both sides have comparable types; text compares by code point; unknown when a side is missing."""

    operator: OneOf["==", "!=", "<", "<=", ">", ">="]
    left: Expression
    right: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class In:
    """``left in [..]``: one of at least one constant; unknown when ``left`` is missing."""

    left: Expression
    choices: tuple[Literal, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class TextMatch:
    """Text against text. ``is like`` is equality after :func:`dearly.evaluation.facts.fold_case`."""

    operator: OneOf["contains", "starts with", "ends with", "is like"]
    left: Expression
    right: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class SetContains:
    """Whether the set has the element; unknown when either is missing."""

    set: Expression
    element: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class SetCompare:
    """Two sets of one element type; unknown when either is missing.

    ``any of``: they share an element. ``all of``: ``right`` lies within ``left``. ``none of``: they share
    none. A written list is a :class:`Literal` whose value is a ``frozenset``.
    """

    operator: OneOf["any of", "all of", "none of"]
    left: Expression
    right: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Presence:
    """``x is present`` (or, ``missing=True``, ``x is missing``). Never unknown."""

    operand: Expression
    missing: bool
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Else:
    """``operand`` unless it is missing, then ``default`` (which may itself be missing)."""

    operand: Expression
    default: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """IEEE doubles, left to right; missing when a side is, on division by zero, or when not finite."""

    operator: OneOf["+", "-", "*", "/"]
    left: Expression
    right: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Negate:
    """A number's negative; missing when the number is."""

    operand: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Sequence:
    """``[not] followed by EVENT [where ..] [within D]``, asked of each event A of the selection at time a.

    Positive: some B with ``a < b`` and (given ``within_us``) ``b <= a + within_us``, ``b <= now``.
    Negated with ``within_us``: no such B *and* ``a + within_us <= now``. Negated without: no B with
    ``a < b <= now``.
    """

    negated: bool
    event: str
    where: Expression | None
    within_us: int | None
    span: Span = field(default=NOWHERE, compare=False)


Instant: TypeAlias = Literal | DayStart
"""A fixed time: a ``time`` literal, or the start of a day in the customer's zone."""

Period: TypeAlias = OneOf["today", "this week", "this month", "this year"]
"""A calendar period that contains ``now``, in the customer's zone; weeks begin on Monday."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Events of one type at times t that pass every limit given:

    * ``t <= now``, always;
    * ``within_us``: ``now - within_us < t``; ``older_than_us``: ``t <= now - older_than_us``;
    * ``since``: ``since <= t``; ``before``: ``t < before``;
    * ``period``: ``period_start(now) <= t`` in the customer's zone;
    * ``weekdays``: t's local date is one of them (0 is Monday).

    ``where`` keeps an event only when its condition is *true* of it. ``sequence`` is asked last.
    """

    event: str
    where: Expression | None = None
    within_us: int | None = None
    older_than_us: int | None = None
    since: Instant | None = None
    before: Instant | None = None
    period: Period | None = None
    weekdays: frozenset[int] | None = None
    sequence: Sequence | None = None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Occurs:
    """How many events are selected: ``any`` is at least 1, ``no`` exactly 0, ``more than`` one more."""

    quantifier: OneOf["at least", "at most", "exactly"]
    count: int
    selection: Selection
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A number over the selected events.

    ``count`` has no property and is never missing. ``sum`` and ``average`` follow the exact-sum rule
    (millionths, half to even); ``sum`` of nothing is 0. ``average``, ``min`` and ``max`` of nothing are
    missing. Events whose property is missing are left out, except from ``count``. ``min`` and ``max`` also
    take date and time properties. ``distinct`` counts how many different values there are, of any type but
    a set; 0 of nothing.
    """

    kind: OneOf["count", "sum", "average", "min", "max", "distinct"]
    selection: Selection
    property: str | None
    type: Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Pick:
    """A property of the selected events, in their order by (time, source, id); missing without any.

    ``latest`` and ``first``: that of the last or first event, which may lack it. ``top``: the value that most
    events have, events without the property left out; of several such values, the one that was last seen
    latest.
    """

    which: OneOf["latest", "first", "top"]
    selection: Selection
    property: str
    type: Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class TimeSince:
    """``now`` minus the time of the latest or first selected event, a duration; missing when there is none.

    Only compared with durations (or under ``else`` and presence), so that every flip has an instant.
    """

    which: OneOf["latest", "first"]
    selection: Selection
    span: Span = field(default=NOWHERE, compare=False)


Expression: TypeAlias = (
    Literal
    | ProfileField
    | ContextField
    | Today
    | Now
    | DayStart
    | EventProperty
    | ItemProperty
    | SegmentRef
    | ValueRef
    | StageIs
    | ScoreRef
    | TierIs
    | VariantIs
    | Not
    | And
    | Or
    | Compare
    | In
    | TextMatch
    | SetContains
    | SetCompare
    | Presence
    | Else
    | Arithmetic
    | Negate
    | Occurs
    | Aggregate
    | Pick
    | TimeSince
)
