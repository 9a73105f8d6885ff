"""The checked program: what a rules package means, with every name resolved and every type known.

This is plain frozen data. The checker makes it; the evaluators, the store, the recommender and the server
read it. Expressions carry the place they came from (``span``), which does not take part in comparison, so
that equal conditions are equal wherever they were written.

Meaning, in short (the whole is in docs/language.md):

* Every expression gives a value of its type or ``None``, which is *missing* (for ``bool``: *unknown*).
* ``now`` is an argument. An event counts when ``event.time_us <= now``.
"""

from __future__ import annotations

from collections.abc import Mapping
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


@dataclass(frozen=True, slots=True)
class Selection:
    """Events of one type at times t: ``t <= now``, ``now - within_us < t``, ``t <= now - older_than_us``.

    ``where`` keeps an event only when its condition is *true* of it. ``sequence`` is asked last.
    """

    event: str
    where: Expression | None = None
    within_us: int | None = None
    older_than_us: int | None = None
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
    take date and time properties.
    """

    kind: OneOf["count", "sum", "average", "min", "max"]
    selection: Selection
    property: str | None
    type: Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Pick:
    """The property of the latest or first selected event by (time, source, id); missing without one."""

    which: OneOf["latest", "first"]
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
    | EventProperty
    | ItemProperty
    | SegmentRef
    | ValueRef
    | StageIs
    | Not
    | And
    | Or
    | Compare
    | In
    | TextMatch
    | SetContains
    | Presence
    | Else
    | Arithmetic
    | Negate
    | Occurs
    | Aggregate
    | Pick
    | TimeSince
)


# --------------------------------------------------------------------------------------------- declarations


@dataclass(frozen=True, slots=True)
class Field:
    """A declared field of a profile, catalog or event.

    ``optional`` fields may be missing. A field with neither ``?`` nor a default is required where data
    comes in (an event or item without it is refused); a *profile* field may always be missing unless it has
    a default, since a customer may be unknown.
    """

    name: str
    type: Type
    optional: bool
    default: Value | None = None
    sensitive: bool = False
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Schema:
    """A catalog's or an event's declared fields by name, in the order written."""

    name: str
    fields: Mapping[str, Field]
    span: Span = field(default=NOWHERE, compare=False)


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
class Recommended:
    """``recommended CATALOG``: what the customer's recent events point to."""

    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class SimilarTo:
    """``similar to EXPR``: neighbours of one item (of the list's catalog); the item itself is left out."""

    item: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Trending:
    """``trending CATALOG within D``: what many customers touched of late."""

    within_us: int
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Recently:
    """``recently EVENT.PROPERTY``: the items this customer touched last, latest first, without repeats."""

    event: str
    property: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Listed:
    """``listed CATALOG ["id", ..]``: an editor's list, in its order."""

    item_ids: tuple[str, ...]
    span: Span = field(default=NOWHERE, compare=False)


Strategy: TypeAlias = Recommended | SimilarTo | Trending | Recently | Listed


@dataclass(frozen=True, slots=True)
class ItemList:
    """``NAME = STRATEGY, limit N, where CONDITION``: one list of items that a template may loop over."""

    name: str
    catalog: str
    strategy: Strategy
    limit: int
    where: Expression | None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Branch:
    """One ``when`` of a block (``condition`` None: ``otherwise``).

    ``template`` is the name without its ending: ``hero/cart`` for ``templates/hero/cart.html``.
    """

    condition: Expression | None
    template: str
    lists: tuple[ItemList, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Block:
    """Content decided per recipient: the first branch whose condition is true; the last is ``otherwise``."""

    name: str
    branches: tuple[Branch, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Template:
    """A template's sources (HTML, and text and subject where the author wrote them) and what they read."""

    name: str
    html: str
    text: str | None = None
    subject: str | None = None
    profile_fields: frozenset[str] = frozenset()
    """Fields read as ``customer.FIELD``."""
    names: frozenset[str] = frozenset()
    """Values, segments and lifecycles read by name."""


@dataclass(frozen=True, slots=True)
class Program:
    """A whole checked rules package. ``version`` is the content hash of its files."""

    version: str
    profile: Mapping[str, Field]
    catalogs: Mapping[str, Schema]
    events: Mapping[str, Schema]
    segments: Mapping[str, Segment]
    values: Mapping[str, NamedValue]
    lifecycles: Mapping[str, Lifecycle]
    blocks: Mapping[str, Block]
    templates: Mapping[str, Template]
    evaluation_order: tuple[str, ...]
    """Segments, values and lifecycles by name, each after all that it refers to."""
