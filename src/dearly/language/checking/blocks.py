"""Blocks: their branches, and the lists of items that a branch hands to its template."""

from __future__ import annotations

from dearly.language.checking.branches import Way, check_ways
from dearly.language.checking.definitions import Definitions, may_be_missing
from dearly.language.checking.expressions import check_condition, check_value
from dearly.language.checking.scopes import Scope, find_catalog, find_event, find_property_type
from dearly.language.checking.selections import whole_number
from dearly.language.checking.symbols import check_name, report_duplicate
from dearly.language.checking.template_files import NAMING, shown_name
from dearly.language.checking.typing_rules import type_of
from dearly.language.program import (
    Block,
    Branch,
    Expression,
    ItemList,
    Listed,
    Literal,
    ProfileField,
    Recently,
    Recommended,
    Schema,
    SegmentRef,
    SimilarTo,
    StageIs,
    Strategy,
    Trending,
    ValueRef,
)
from dearly.language.spelling import describe, quoted
from dearly.language.syntax import tree
from dearly.language.traversal import walk
from dearly.language.types import BOOL, ItemRef
from dearly.language.values import ValueProblem, check_id

MAX_ITEMS = 100
"""A list holds this many items at most."""

DEFAULT_ITEMS = 6
"""A list without a ``limit`` holds this many (a ``listed`` one: all that are listed)."""

PERSONAL = (ProfileField, SegmentRef, ValueRef, StageIs)
"""What reads the customer in the ``where`` of an item list."""

EVERYTHING = Literal(True, BOOL)
"""The ``where`` that a list without one has."""


def check_block(declared: tree.BlockDeclaration, scope: Scope, definitions: Definitions) -> Block:
    """The checked block; branches in which something is wrong, which is reported, are left out of it."""
    ways: list[Way] = []
    branches: list[Branch] = []
    for written in declared.branches:
        condition = check_condition(written.condition, scope) if written.condition is not None else None
        if condition is not None:
            may_be_missing(condition, scope, definitions)
        place = written.condition.span if written.condition is not None else written.template.span
        ways.append(Way(written.condition is None, condition, place))
        template = _template_name(written.template, scope)
        lists = _item_lists(written.lists, scope, definitions)
        if written.condition is None:
            _check_impersonal(lists or (), scope)
        is_whole = (condition is None) == (written.condition is None)
        if is_whole and template is not None and lists is not None:
            branches.append(Branch(condition, template, lists, written.span))
    name = declared.name
    check_ways(ways, f"The block `{name.text}`", name.span, scope.findings)
    return Block(name.text, tuple(branches), span=name.span)


def _template_name(written: tree.TextLiteral, scope: Scope) -> str | None:
    name = shown_name(written.value)
    if name is not None:
        return name
    message = f"A template is shown by its path under templates/, ending in .html; {NAMING}"
    hint = 'Write `show "hero/cart.html"` for templates/hero/cart.html; its .txt and .subject come along.'
    scope.findings.add("template-name", written.span, message, hint)
    return None


def _item_lists(
    written: tuple[tree.ItemListDeclaration, ...], scope: Scope, definitions: Definitions
) -> tuple[ItemList, ...] | None:
    lists: list[ItemList] = []
    seen: set[str] = set()
    for declared in written:
        name = declared.name
        if name.text in seen:
            message = f"This branch has a list `{name.text}` already."
            scope.findings.add("duplicate-list", name.span, message, "Give it another name.")
        seen.add(name.text)
        _check_list_name(name, scope)
        checked = _item_list(declared, scope, definitions)
        if checked is not None:
            lists.append(checked)
    return tuple(lists) if len(lists) == len(written) else None


def _check_impersonal(lists: tuple[ItemList, ...], scope: Scope) -> None:
    """An ``otherwise`` is shown to those of whom nothing may be known, so its lists are the same for all."""
    for found in lists:
        strategy = None if isinstance(found.strategy, Trending | Listed) else found.strategy.span
        reading = (one.span for one in walk(found.where or EVERYTHING) if isinstance(one, PERSONAL))
        place = strategy or next(reading, None)
        if place is not None:
            message = "This reads the customer, and an `otherwise` is for those of whom nothing may be known."
            hint = "Take `trending` or `listed` items here, and show this one under `when true` before it."
            scope.findings.add("personal-otherwise", place, message, hint)


def _check_list_name(name: tree.Name, scope: Scope) -> None:
    check_name(name, "list", scope.findings)
    kind = scope.symbols.kind_of(name.text)
    if kind in ("segment", "value", "lifecycle"):
        report_duplicate(name, "list", f"a {kind}, which templates can read too", scope.findings)


def _item_list(declared: tree.ItemListDeclaration, scope: Scope, definitions: Definitions) -> ItemList | None:
    found = _strategy(declared.strategy, scope, definitions)
    limit = _limit(declared, scope)
    if found is None:
        return None
    catalog, strategy = found
    where: Expression | None = None
    if declared.where is not None:
        inside = scope.inside_items(catalog)
        where = check_condition(declared.where, inside)
        if where is not None:
            may_be_missing(where, inside, definitions)
    return ItemList(declared.name.text, catalog.name, strategy, limit, where, span=declared.span)


def _limit(declared: tree.ItemListDeclaration, scope: Scope) -> int:
    if declared.limit is not None:
        limit = whole_number(declared.limit, "A limit", 1, MAX_ITEMS, "bad-limit", scope.findings)
        return limit or DEFAULT_ITEMS
    if isinstance(declared.strategy, tree.ListedItems):
        return min(len(declared.strategy.item_ids), MAX_ITEMS)
    return DEFAULT_ITEMS


def _strategy(
    written: tree.ItemStrategy, scope: Scope, definitions: Definitions
) -> tuple[Schema, Strategy] | None:
    match written:
        case tree.RecommendedItems():
            catalog = find_catalog(written.catalog, scope)
            return (catalog, Recommended(written.span)) if catalog else None
        case tree.TrendingItems():
            catalog = find_catalog(written.catalog, scope)
            return (catalog, Trending(written.within.us, written.span)) if catalog else None
        case tree.SimilarItems():
            return _similar(written, scope, definitions)
        case tree.RecentItems():
            return _recent(written, scope)
        case tree.ListedItems():
            return _listed(written, scope)
        case _:
            raise NotImplementedError(written)


def _similar(
    written: tree.SimilarItems, scope: Scope, definitions: Definitions
) -> tuple[Schema, SimilarTo] | None:
    item = check_value(written.item, scope)
    if item is None:
        return None
    may_be_missing(item, scope, definitions)
    kind = type_of(item)
    if not isinstance(kind, ItemRef):
        message = f"`similar to` takes an item, and {quoted(item)} is {describe(kind)}."
        hint = "Name a field whose type is a catalog: `similar to latest product_viewed.product_id`."
        scope.findings.add("not-an-item", written.item.span, message, hint)
        return None
    catalog = scope.symbols.catalogs.get(kind.catalog)
    return (catalog, SimilarTo(item, written.span)) if catalog is not None else None


def _recent(written: tree.RecentItems, scope: Scope) -> tuple[Schema, Recently] | None:
    event = find_event(written.event, scope)
    kind = find_property_type(event, written.property, scope) if event is not None else None
    if event is None or kind is None:
        return None
    if not isinstance(kind, ItemRef):
        name = f"{event.name}.{written.property.text}"
        message = f"`recently` takes a property that names an item, and `{name}` is {describe(kind)}."
        items = [other.name for other in event.fields.values() if isinstance(other.type, ItemRef)]
        hint = "Give the property a catalog as its type."
        if items:
            hint = f"Write `recently {event.name}.{items[0]}`."
        scope.findings.add("not-an-item", written.property.span, message, hint)
        return None
    strategy = Recently(event.name, written.property.text, written.span)
    catalog = scope.symbols.catalogs.get(kind.catalog)
    return (catalog, strategy) if catalog is not None else None


def _listed(written: tree.ListedItems, scope: Scope) -> tuple[Schema, Listed] | None:
    catalog = find_catalog(written.catalog, scope)
    item_ids: dict[str, None] = {}
    for item in written.item_ids:
        try:
            check_id(item.value)
        except ValueProblem as problem:
            scope.findings.add("bad-item-id", item.span, f"An item's id: {problem}")
        if item.value in item_ids:
            message = f'"{item.value}" is listed already; an item is shown once.'
            scope.findings.add("repeated-item", item.span, message, "Leave it out.")
        item_ids[item.value] = None
    return (catalog, Listed(tuple(item_ids), written.span)) if catalog is not None else None
