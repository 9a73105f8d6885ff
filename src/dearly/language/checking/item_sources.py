"""Where the items of a list come from, and which are left out of it: strategies and exclusions."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from dearly.language.checking.definitions import Definitions, look_into, may_be_missing
from dearly.language.checking.expressions import check_selection, check_value
from dearly.language.checking.scopes import MOST_LISTED, Scope, find_catalog, find_event, find_property_type
from dearly.language.checking.typing_rules import type_of
from dearly.language.program import (
    BoughtTogether,
    ExcludeItems,
    ExcludeTouched,
    Exclusion,
    Expression,
    Listed,
    Literal,
    Recently,
    Recommended,
    Schema,
    SimilarTo,
    Strategy,
    Trending,
)
from dearly.language.spelling import describe, quoted
from dearly.language.syntax import tree
from dearly.language.types import ItemRef, SetOf
from dearly.language.values import ValueProblem, check_id


class Source(NamedTuple):
    """A strategy, and the catalog that its items are of."""

    catalog: Schema
    strategy: Strategy


def check_source(written: tree.ItemStrategy, scope: Scope, definitions: Definitions) -> Source | None:
    """The checked strategy; None when something in it is wrong, which is reported."""
    match written:
        case tree.RecommendedItems():
            catalog = find_catalog(written.catalog, scope)
            return Source(catalog, Recommended(written.span)) if catalog else None
        case tree.TrendingItems():
            catalog = find_catalog(written.catalog, scope)
            return Source(catalog, Trending(written.within.us, written.span)) if catalog else None
        case tree.SimilarItems() | tree.TogetherItems():
            return _near_item(written, scope, definitions)
        case tree.RecentItems():
            return _recent(written, scope)
        case tree.ListedItems():
            return _listed(written, scope)


def _near_item(
    written: tree.SimilarItems | tree.TogetherItems, scope: Scope, definitions: Definitions
) -> Source | None:
    item = check_value(written.item, scope)
    if item is None:
        return None
    may_be_missing(item, scope, definitions)
    kind = type_of(item)
    together = isinstance(written, tree.TogetherItems)
    if not isinstance(kind, ItemRef):
        form = "bought together with" if together else "similar to"
        message = f"`{form}` takes an item, and {quoted(item)} is {describe(kind)}."
        hint = f"Name a field whose type is a catalog: `{form} latest product_viewed.product_id`."
        scope.findings.add("not-an-item", written.item.span, message, hint)
        return None
    catalog = scope.symbols.catalogs.get(kind.catalog)
    if catalog is None:
        return None
    return Source(catalog, BoughtTogether(item, written.span) if together else SimilarTo(item, written.span))


def _recent(written: tree.RecentItems, scope: Scope) -> Source | None:
    event = find_event(written.event, scope)
    kind = find_property_type(event, written.property, scope) if event is not None else None
    if event is None or kind is None:
        return None
    if not isinstance(kind, ItemRef):
        _report_no_item("recently", event, written.property, scope)
        return None
    catalog = scope.symbols.catalogs.get(kind.catalog)
    strategy = Recently(event.name, written.property.text, written.span)
    return Source(catalog, strategy) if catalog is not None else None


def _report_no_item(form: str, event: Schema, name: tree.Name, scope: Scope) -> None:
    """Report that a property names no item; ``form`` is ``recently`` or ``excluding``."""
    kind = event.fields[name.text].type
    message = (
        f"`{form}` takes a property that names an item, and `{event.name}.{name.text}` is {describe(kind)}."
    )
    looked_at = islice(event.fields.values(), MOST_LISTED)
    items = next((other.name for other in looked_at if isinstance(other.type, ItemRef)), None)
    hint = f"Write `{form} {event.name}.{items}`." if items else "Give the property a catalog as its type."
    scope.findings.add("not-an-item", name.span, message, hint)


def _listed(written: tree.ListedItems, scope: Scope) -> Source | None:
    catalog = find_catalog(written.catalog, scope)
    item_ids = _item_ids(written.item_ids, scope)
    return Source(catalog, Listed(item_ids, written.span)) if catalog is not None else None


def _item_ids(written: Iterable[tree.TextLiteral], scope: Scope) -> tuple[str, ...]:
    """The ids, each once; what is no id is reported."""
    item_ids: dict[str, None] = {}
    for item in written:
        try:
            check_id(item.value)
        except ValueProblem as problem:
            scope.findings.add("bad-item-id", item.span, f"An item's id: {problem}")
        if item.value in item_ids:
            message = f'"{item.value}" is listed already; once is enough.'
            scope.findings.add("repeated-item", item.span, message, "Leave it out.")
        item_ids[item.value] = None
    return tuple(item_ids)


# ------------------------------------------------------------------------------------------------ exclusions


def check_exclusions(
    written: tuple[tree.Exclusion, ...], catalog: Schema, scope: Scope, definitions: Definitions
) -> tuple[Exclusion, ...] | None:
    """What is left out of a list of this catalog; None when some of it is wrong, which is reported."""
    found = [_exclusion(one, catalog, scope, definitions) for one in written]
    exclusions = tuple(one for one in found if one is not None)
    return exclusions if len(exclusions) == len(written) else None


def _exclusion(
    written: tree.Exclusion, catalog: Schema, scope: Scope, definitions: Definitions
) -> Exclusion | None:
    if isinstance(written, tree.TouchedExclusion):
        return _touched(written, catalog, scope, definitions)
    items = _excluded_items(written.items, catalog, scope, definitions)
    return ExcludeItems(items, written.span) if items is not None else None


def _touched(
    written: tree.TouchedExclusion, catalog: Schema, scope: Scope, definitions: Definitions
) -> ExcludeTouched | None:
    selection = check_selection(written.events, scope)
    event = scope.symbols.events.get(written.events.event.text)
    kind = find_property_type(event, written.property, scope) if event is not None else None
    if event is None or selection is None or kind is None:
        return None
    look_into(selection, scope, definitions)
    if not isinstance(kind, ItemRef):
        _report_no_item("excluding", event, written.property, scope)
        return None
    if kind.catalog != catalog.name:
        _report_other_catalog(f"`{event.name}.{written.property.text}`", kind, catalog, written, scope)
        return None
    return ExcludeTouched(selection, written.property.text, written.span)


def _excluded_items(
    written: tree.Expression | tree.ListLiteral, catalog: Schema, scope: Scope, definitions: Definitions
) -> Expression | None:
    if isinstance(written, tree.ListLiteral):
        return _excluded_list(written, catalog, scope)
    items = check_value(written, scope)
    if items is None:
        return None
    may_be_missing(items, scope, definitions)
    kind = type_of(items)
    element = kind.element if isinstance(kind, SetOf) else kind
    if not isinstance(element, ItemRef):
        message = f"`excluding` takes items, and {quoted(items)} is {describe(kind)}."
        hint = f"Name what the customer touched, `excluding EVENT.PROPERTY`, or `{catalog.name}` items."
        scope.findings.add("not-an-item", written.span, message, hint)
        return None
    if element.catalog != catalog.name:
        _report_other_catalog(quoted(items), element, catalog, written, scope)
        return None
    return items


def _excluded_list(written: tree.ListLiteral, catalog: Schema, scope: Scope) -> Literal | None:
    texts = [one for one in written.elements if isinstance(one, tree.TextLiteral)]
    for other in written.elements:
        if not isinstance(other, tree.TextLiteral):
            message = "What is excluded by a list are ids of items, and an id is a text."
            scope.findings.add(
                "bad-item-id", other.span, message, 'Write, for example, `excluding ["A100"]`.'
            )
    if len(texts) < len(written.elements):
        return None
    return Literal(frozenset(_item_ids(texts, scope)), SetOf(ItemRef(catalog.name)), written.span)


def _report_other_catalog(
    what: str,
    kind: ItemRef,
    catalog: Schema,
    written: tree.TouchedExclusion | tree.Expression,
    scope: Scope,
) -> None:
    message = f"This list is of `{catalog.name}` items, and {what} names `{kind.catalog}` items."
    hint = f"Exclude `{catalog.name}` items, or leave this out: it would exclude nothing."
    scope.findings.add("mixed-catalogs", written.span, message, hint)
