"""What was declared of content: blocks and their lists of items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from dearly.language.program import Span
from dearly.language.syntax.tree.expressions import (
    Duration,
    Events,
    Expression,
    ListLiteral,
    Name,
    NumberLiteral,
    TextLiteral,
)


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


@dataclass(frozen=True, slots=True)
class TogetherItems:
    """``bought together with EXPR``."""

    item: Expression
    span: Span


ItemStrategy: TypeAlias = (
    RecommendedItems | SimilarItems | TogetherItems | TrendingItems | RecentItems | ListedItems
)


@dataclass(frozen=True, slots=True)
class TouchedExclusion:
    """``excluding EVENT.PROPERTY [where ..] [within ..]``."""

    property: Name
    events: Events
    span: Span


@dataclass(frozen=True, slots=True)
class ItemsExclusion:
    """``excluding EXPR`` or ``excluding ["id", ..]``: items, not events."""

    items: Expression | ListLiteral
    span: Span


Exclusion: TypeAlias = TouchedExclusion | ItemsExclusion


@dataclass(frozen=True, slots=True)
class ItemListDeclaration:
    """``NAME = STRATEGY [or else STRATEGY ..]``, then ``limit``, ``excluding``, ``diverse by``, ``where``."""

    name: Name
    strategy: ItemStrategy
    fillers: tuple[ItemStrategy, ...]
    limit: NumberLiteral | None
    excluding: tuple[Exclusion, ...]
    diverse_by: Name | None
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
    """``block NAME { [purpose A, B] [counts toward CAP, ..] .. }``."""

    name: Name
    purposes: tuple[Name, ...]
    counts_toward: tuple[Name, ...]
    branches: tuple[BranchDeclaration, ...]
    span: Span
