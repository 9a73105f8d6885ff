"""What somebody sees: what the grammar's rules for blocks and lists of items become."""

from __future__ import annotations

from collections.abc import Mapping

from dearly.language.syntax import tree
from dearly.language.syntax.building import (
    Building,
    Built,
    Part,
    Rule,
    of_kind,
    part,
    part_of_all,
    values_of,
)
from dearly.language.syntax.event_rules import events_of

_QUALIFIERS = ("customer", "context", "item")
"""What may stand before the dot of a reference; before that of a property stands an event."""


def _block(building: Building, children: list[Built]) -> Built:
    found = building.each_once(of_kind(children, Part), "block")
    branches = tuple(of_kind(children, tree.BranchDeclaration))
    purposes, caps = found.get("purpose", ()), found.get("counts toward", ())
    return tree.BlockDeclaration(children[1], purposes, caps, branches, building.around(children))


def _branch(building: Building, children: list[Built]) -> Built:
    is_when = children[0].type == "WHEN"
    condition, template = (children[1], children[3]) if is_when else (None, children[2])
    lists = tuple(of_kind(children, tree.ItemListDeclaration))
    return tree.BranchDeclaration(condition, template, lists, building.around(children))


# -------------------------------------------------------------------------------------------- lists of items


def _item_list(building: Building, children: list[Built]) -> Built:
    options = of_kind(children, Part)
    once = [option for option in options if option.kind != "excluding"]
    found = building.each_once(once, "list")
    strategy, *fillers = of_kind(children, tree.ItemStrategy)
    return tree.ItemListDeclaration(
        children[0],
        strategy,
        tuple(fillers),
        found.get("limit"),
        values_of(options, "excluding"),
        found.get("diverse by"),
        found.get("where"),
        building.around(children),
    )


def _recommended(building: Building, children: list[Built]) -> Built:
    return tree.RecommendedItems(children[1], building.around(children))


def _similar(building: Building, children: list[Built]) -> Built:
    return tree.SimilarItems(children[1], building.around(children))


def _together(building: Building, children: list[Built]) -> Built:
    return tree.TogetherItems(children[1], building.around(children))


def _trending(building: Building, children: list[Built]) -> Built:
    return tree.TrendingItems(children[1], children[3], building.around(children))


def _recently(building: Building, children: list[Built]) -> Built:
    return tree.RecentItems(children[1], children[3], building.around(children))


def _listed(building: Building, children: list[Built]) -> Built:
    catalog, elements = children[1], children[2].elements
    for element in elements:
        if not isinstance(element, tree.TextLiteral):
            building.report(
                "syntax-error", "An item's id is a text.", element.span, "Put it in double quotes."
            )
    return tree.ListedItems(catalog, tuple(of_kind(elements, tree.TextLiteral)), building.around(children))


def _excluding(building: Building, children: list[Built]) -> Built:
    excluded = children[1]
    span = building.around(children)
    if not isinstance(excluded, tree.TouchedExclusion):
        excluded = _excluded(excluded)
    return Part("excluding", excluded, span)


def _excluded(items: tree.Expression | tree.ListLiteral) -> tree.Exclusion:
    """Items, but for ``EVENT.PROPERTY``, which looks like a reference."""
    if isinstance(items, tree.Reference) and items.qualifier and items.qualifier.text not in _QUALIFIERS:
        events = tree.Events(items.qualifier, None, None, None, None, None, None, None, None, items.span)
        return tree.TouchedExclusion(items.name, events, items.span)
    return tree.ItemsExclusion(items, items.span)


def _touched(building: Building, children: list[Built]) -> Built:
    event, _, name, *clauses = children
    events = events_of(event, clauses, building)
    return tree.TouchedExclusion(name, events, building.around(children))


CONTENT_RULES: Mapping[str, Rule] = {
    "block": _block,
    "purpose": part_of_all("purpose", tree.Name),
    "counts_toward": part_of_all("counts toward", tree.Name),
    "branch": _branch,
    "item_list": _item_list,
    "recommended": _recommended,
    "similar": _similar,
    "together": _together,
    "trending": _trending,
    "recently": _recently,
    "listed": _listed,
    "limit": part("limit"),
    "item_where": part("where"),
    "diverse": part("diverse by"),
    "excluding": _excluding,
    "touched": _touched,
}
"""How each rule about content becomes a node."""
