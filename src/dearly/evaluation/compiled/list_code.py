"""Code for item lists: the items they start from, the condition they filter by, what they leave out."""

from __future__ import annotations

from dataclasses import dataclass, field

from dearly.evaluation.compiled.event_code import selected_rows
from dearly.evaluation.compiled.expression_code import Scope, holds, value
from dearly.evaluation.compiled.runtime import ListKey, SeedKey
from dearly.evaluation.compiled.source import Source
from dearly.language.program import (
    BoughtTogether,
    ExcludeItems,
    ExcludeTouched,
    Exclusion,
    Expression,
    ItemList,
    ItemProperty,
    SimilarTo,
)
from dearly.language.traversal import list_strategies


@dataclass(frozen=True, slots=True)
class WrittenLists:
    """The functions, by name, that answer for the program's item lists."""

    seeds: dict[SeedKey, str] = field(default_factory=dict)
    filters: dict[ListKey, str] = field(default_factory=dict)
    exclusions: dict[ListKey, str] = field(default_factory=dict)


def write_lists(source: Source) -> WrittenLists:
    """Write the functions of every item list of every branch."""
    written = WrittenLists()
    for block in source.plan.program.blocks.values():
        for position, branch in enumerate(block.branches):
            for items in branch.lists:
                _write_list(source, items, (block.name, position, items.name), written)
    return written


def _write_list(source: Source, items: ItemList, key: ListKey, written: WrittenLists) -> None:
    for place, strategy in enumerate(list_strategies(items)):
        if isinstance(strategy, SimilarTo | BoughtTogether):
            name = written.seeds[key, place] = source.name("s")
            source.function(name, [f"return {value(strategy.item, Scope(source)).text}"])
    if items.where is not None:
        name = written.filters[key] = source.name("f")
        _write_filter(source, items.where, name)
    if items.excluding:
        name = written.exclusions[key] = source.name("n")
        parts = [_exclusion_text(source, exclusion) for exclusion in items.excluding]
        source.function(name, [f"return frozenset().union({', '.join(parts)})"])


def _write_filter(source: Source, where: Expression, name: str) -> None:
    scope = Scope(source, row=ItemProperty)
    condition = holds(where, scope).text
    source.function(name, [*scope.ahead, "def keep(p):", f"    return {condition}", "return keep"])


def _exclusion_text(source: Source, exclusion: Exclusion) -> str:
    match exclusion:
        case ExcludeTouched():
            rows = selected_rows(source, exclusion.selection)
            return f"touched_items({rows}, {source.constant(exclusion.property)})"
        case ExcludeItems():
            return f"named_items({value(exclusion.items, Scope(source)).text})"
