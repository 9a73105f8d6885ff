"""The lists of items that a branch hands to its template: where they come from, what is left out of them."""

from __future__ import annotations

from collections.abc import Iterable

from dearly.language.checking.definitions import Definitions, may_be_missing
from dearly.language.checking.expressions import check_condition
from dearly.language.checking.item_sources import Source, check_exclusions, check_source
from dearly.language.checking.scopes import Scope, listing
from dearly.language.checking.selections import whole_number
from dearly.language.checking.symbols import check_name, report_duplicate
from dearly.language.program import Expression, ItemList, Schema, Strategy
from dearly.language.syntax import tree
from dearly.language.types import SetOf

MAX_ITEMS = 100
"""A list holds this many items at most."""

DEFAULT_ITEMS = 6
"""A list without a ``limit`` holds this many (a ``listed`` one: all that are listed)."""

MAX_PARTS = 10
"""A list has this many strategies, and this many things to exclude, at most."""


def check_item_lists(
    written: tuple[tree.ItemListDeclaration, ...], scope: Scope, definitions: Definitions
) -> tuple[ItemList, ...] | None:
    """The checked lists of one branch; None when something in them is wrong, which is reported."""
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


def _check_list_name(name: tree.Name, scope: Scope) -> None:
    check_name(name, "list", scope.findings)
    kind = scope.symbols.kind_of(name.text)
    if kind in ("segment", "value", "lifecycle"):
        report_duplicate(name, "list", f"a {kind}, which templates can read too", scope.findings)


def _item_list(declared: tree.ItemListDeclaration, scope: Scope, definitions: Definitions) -> ItemList | None:
    if _has_too_many_parts(declared, scope):
        return None
    source = check_source(declared.strategy, scope, definitions)
    limit = _limit(declared, scope)
    if source is None:
        return None
    catalog, strategy = source
    fillers = _fillers(declared.fillers, source, scope, definitions)
    excluding = check_exclusions(declared.excluding, catalog, scope, definitions)
    diverse_by = _diverse_by(declared.diverse_by, catalog, scope)
    where = _where(declared.where, catalog, scope, definitions)
    if fillers is None or excluding is None:
        return None
    return ItemList(
        declared.name.text,
        catalog.name,
        strategy,
        limit,
        where,
        fillers,
        excluding,
        diverse_by,
        declared.span,
    )


def _has_too_many_parts(declared: tree.ItemListDeclaration, scope: Scope) -> bool:
    parts = (("`or else`", declared.fillers), ("`excluding`", declared.excluding))
    for what, written in parts:
        if len(written) > MAX_PARTS:
            message = f"A list has at most {MAX_PARTS} times {what}; this one has {len(written):,}."
            scope.findings.add("bad-limit", written[MAX_PARTS].span, message, "Keep those that matter.")
            return True
    return False


def _limit(declared: tree.ItemListDeclaration, scope: Scope) -> int:
    if declared.limit is not None:
        limit = whole_number(declared.limit, "A limit", 1, MAX_ITEMS, "bad-limit", scope.findings)
        return limit or DEFAULT_ITEMS
    if isinstance(declared.strategy, tree.ListedItems):
        listed = min(len(declared.strategy.item_ids), MAX_ITEMS)
        # Whoever fills up a list means it to be filled.
        return max(listed, DEFAULT_ITEMS) if declared.fillers else listed
    return DEFAULT_ITEMS


def _fillers(
    written: Iterable[tree.ItemStrategy], first: Source, scope: Scope, definitions: Definitions
) -> tuple[Strategy, ...] | None:
    """What fills the list up; None when some of it is wrong or of another catalog, which is reported."""
    catalog, fillers, faulty = first.catalog, [], False
    for one in written:
        source = check_source(one, scope, definitions)
        if source is None:
            faulty = True
        elif source.catalog.name != catalog.name:
            faulty = True
            message = (
                f"A list of `{catalog.name}` items cannot be filled up with `{source.catalog.name}` items."
            )
            hint = "Give them a list of their own, joined with `; and NAME = ..`."
            scope.findings.add("mixed-catalogs", one.span, message, hint)
        else:
            fillers.append(source.strategy)
    return None if faulty else tuple(fillers)


def _diverse_by(written: tree.Name | None, catalog: Schema, scope: Scope) -> str | None:
    if written is None:
        return None
    declared = catalog.fields.get(written.text)
    if declared is None:
        if not scope.symbols.is_excused(written.text):
            near = scope.findings.did_you_mean(written.text, catalog.fields, at=written.span)
            message = f"The catalog `{catalog.name}` has no field `{written.text}`."
            hint = near or listing("It has", catalog.fields)
            scope.findings.add("unknown-property", written.span, message, hint)
    elif isinstance(declared.type, SetOf):
        message = f"Lists are `diverse by` a field of one value, and `{written.text}` is a {declared.type}."
        hint = f"Give `{catalog.name}` a field for the one that counts."
        scope.findings.add("type-mismatch", written.span, message, hint)
    return written.text


def _where(
    written: tree.Expression | None, catalog: Schema, scope: Scope, definitions: Definitions
) -> Expression | None:
    if written is None:
        return None
    inside = scope.inside_items(catalog)
    where = check_condition(written, inside)
    if where is not None:
        may_be_missing(where, inside, definitions)
    return where
