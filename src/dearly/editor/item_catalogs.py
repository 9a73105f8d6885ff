"""Which catalog the items of a list are of, as far as what was written tells."""

from __future__ import annotations

from collections.abc import Mapping

from dearly.language.checking.symbols import Symbols
from dearly.language.checking.template_files import shown_name
from dearly.language.syntax import tree
from dearly.language.types import ItemRef, SetOf, Type

_MAX_NAMES = 20
"""Values that lead to values are followed so far: they may lead in a circle while they are being written."""


def lists_shown(symbols: Symbols) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """For each template that some block shows: the catalogs of each list that it is given, by name."""
    shown: dict[str, dict[str, tuple[str, ...]]] = {}
    for block in symbols.blocks.values():
        for branch in block.branches:
            template = shown_name(branch.template.value)
            lists = shown.setdefault(template, {}) if template is not None else {}
            for items in branch.lists:
                catalog = catalog_of_list(items, symbols)
                known = lists.setdefault(items.name.text, ())
                if catalog is not None and catalog not in known:
                    lists[items.name.text] = (*known, catalog)
    return shown


def catalog_of_list(items: tree.ItemListDeclaration, symbols: Symbols) -> str | None:
    """The catalog of a list's items; None where that is not known."""
    for strategy in (items.strategy, *items.fillers):
        if (catalog := catalog_of_strategy(strategy, symbols)) is not None:
            return catalog
    return None


def catalog_of_strategy(strategy: tree.ItemStrategy, symbols: Symbols) -> str | None:
    """The catalog of what a strategy gives; None where that is not known."""
    match strategy:
        case tree.RecommendedItems(catalog) | tree.TrendingItems(catalog) | tree.ListedItems(catalog):
            return catalog.text if catalog.text in symbols.catalogs else None
        case tree.SimilarItems(item) | tree.TogetherItems(item):
            return _catalog(_written_type(item, symbols))
        case tree.RecentItems(event, name):
            return _catalog(_property_type(event, name, symbols))


def _catalog(kind: Type | None) -> str | None:
    if isinstance(kind, SetOf):
        kind = kind.element
    return kind.catalog if isinstance(kind, ItemRef) else None


def _property_type(event: tree.Name, name: tree.Name, symbols: Symbols) -> Type | None:
    schema = symbols.events.get(event.text)
    declared = schema.fields.get(name.text) if schema is not None else None
    return declared.type if declared is not None else None


def _written_type(node: tree.Expression, symbols: Symbols) -> Type | None:
    for _ in range(_MAX_NAMES):
        match node:
            case tree.Else(operand):
                node = operand
            case tree.Picked():
                return _property_type(node.events.event, node.property, symbols)
            case tree.Reference(name, None) if name.text in symbols.values:
                node = symbols.values[name.text].expression
            case tree.Reference(name):
                field = symbols.profile.get(name.text) or symbols.context.get(name.text)
                return field.type if field is not None else None
            case _:
                return None
    return None
