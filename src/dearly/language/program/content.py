"""What somebody sees: blocks, their branches, lists of items, templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from dearly.language.program.expressions import NOWHERE, Expression, Selection, Span


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


@dataclass(frozen=True, slots=True)
class BoughtTogether:
    """``bought together with EXPR``: what others bought besides one item; the item itself is left out."""

    item: Expression
    span: Span = field(default=NOWHERE, compare=False)


Strategy: TypeAlias = Recommended | SimilarTo | BoughtTogether | Trending | Recently | Listed


@dataclass(frozen=True, slots=True)
class ExcludeTouched:
    """``excluding EVENT.PROPERTY ..``: the items that the selected events name."""

    selection: Selection
    property: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ExcludeItems:
    """``excluding EXPR``: one item, or a set of items; nothing where it is missing.

    A written list is a :class:`~dearly.language.program.Literal` set.
    """

    items: Expression
    span: Span = field(default=NOWHERE, compare=False)


Exclusion: TypeAlias = ExcludeTouched | ExcludeItems


@dataclass(frozen=True, slots=True)
class ItemList:
    """``NAME = STRATEGY [or else STRATEGY ..], limit N, where ..``: items that a template may loop over.

    ``fillers`` are the strategies after ``or else``, in order: each fills what those before it left open, by
    the same ``where``, exclusions and limit. ``diverse_by`` names a field of the catalog: as long as others
    are to be had, no value of it is shown more often than another.
    """

    name: str
    catalog: str
    strategy: Strategy
    limit: int
    where: Expression | None
    fillers: tuple[Strategy, ...] = ()
    excluding: tuple[Exclusion, ...] = ()
    diverse_by: str | None = None
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
    purposes: tuple[str, ...] = ()
    """What the customer must have agreed to; none named is all that there are."""
    counts_toward: tuple[str, ...] = ()
    """The caps that showing it counts toward."""
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
    context_fields: frozenset[str] = frozenset()
    """Fields read as ``context.FIELD``."""
    locales: Mapping[str, Template] = field(default_factory=dict)
    """Its translations by language tag (BCP 47): ``de`` for ``hero/cart.de.html``."""
