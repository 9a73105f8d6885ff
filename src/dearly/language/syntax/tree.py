"""What was written, with its places, before names and types are known: the parser's tree, plain frozen data.

``parser`` makes it from text, ``checker`` turns it into a :class:`~dearly.language.program.Program`. Names
are unresolved: a bare word may still be a field, a segment, a value or a property.
"""

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


# ---------------------------------------------------------------------------------------------- expressions


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
class IsPresent:
    """``x is present`` or, ``missing=True``, ``x is missing``."""

    operand: Expression
    missing: bool
    span: Span


@dataclass(frozen=True, slots=True)
class IsStage:
    """``LIFECYCLE is [not] STAGE`` (later also ``score is TIER``, ``experiment is VARIANT``)."""

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
    """``EVENT [where ..] [within D] [older than D] [[not] followed by ..]``."""

    event: Name
    where: Expression | None
    within: Duration | None
    older_than: Duration | None
    followed: Followed | None
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
    """``count of E ..`` or ``sum|average|min|max of E.p ..``."""

    kind: OneOf["count", "sum", "average", "min", "max"]
    property: Name | None
    events: Events
    span: Span


@dataclass(frozen=True, slots=True)
class Picked:
    """``latest|first E.p ..``."""

    which: OneOf["latest", "first"]
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
    | Not
    | And
    | Or
    | Compare
    | In
    | Matches
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


# --------------------------------------------------------------------------------------------- declarations


@dataclass(frozen=True, slots=True)
class FieldDeclaration:
    """``NAME [set of] TYPE[?] [= default] [@annotation ..]``."""

    name: Name
    type: Name
    is_set: bool
    optional: bool
    default: Expression | None
    annotations: tuple[Name, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ProfileDeclaration:
    """``profile { .. }``."""

    fields: tuple[FieldDeclaration, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class SchemaDeclaration:
    """``catalog NAME { .. }`` or ``event NAME { .. }``."""

    kind: OneOf["catalog", "event"]
    name: Name
    fields: tuple[FieldDeclaration, ...]
    span: Span


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
class RecommendedItems:
    """``recommended CATALOG``."""

    catalog: Name
    span: Span


@dataclass(frozen=True, slots=True)
class SimilarItems:
    """``similar to EXPR``: the catalog is that of the expression's type."""

    item: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class TrendingItems:
    """``trending CATALOG within D``."""

    catalog: Name
    within: Duration
    span: Span


@dataclass(frozen=True, slots=True)
class RecentItems:
    """``recently EVENT.PROPERTY``."""

    event: Name
    property: Name
    span: Span


@dataclass(frozen=True, slots=True)
class ListedItems:
    """``listed CATALOG ["id", ..]``."""

    catalog: Name
    item_ids: tuple[TextLiteral, ...]
    span: Span


ItemStrategy: TypeAlias = RecommendedItems | SimilarItems | TrendingItems | RecentItems | ListedItems


@dataclass(frozen=True, slots=True)
class ItemListDeclaration:
    """``NAME = STRATEGY [, limit N] [, where CONDITION]``."""

    name: Name
    strategy: ItemStrategy
    limit: NumberLiteral | None
    where: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class BranchDeclaration:
    """``when CONDITION show "T" [with ..]``, or ``otherwise show "T" [with ..]`` (condition None)."""

    condition: Expression | None
    template: TextLiteral
    lists: tuple[ItemListDeclaration, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class BlockDeclaration:
    """``block NAME { .. }``."""

    name: Name
    branches: tuple[BranchDeclaration, ...]
    span: Span


Declaration: TypeAlias = (
    ProfileDeclaration
    | SchemaDeclaration
    | SegmentDeclaration
    | ValueDeclaration
    | LifecycleDeclaration
    | BlockDeclaration
)
