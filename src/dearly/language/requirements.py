"""Which of a customer's fields and events an answer depends on, known before anybody asks.

Send time reads only that. A horizon of ``D`` microseconds means the events with ``now - D < t``, which is
exactly what ``within D`` looks at; None means all of them. Time only moves windows forward, so what suffices
for an answer also suffices for its next flip.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dearly.language.program import (
    Aggregate,
    Block,
    Branch,
    Expression,
    ItemList,
    Occurs,
    Pick,
    ProfileField,
    Program,
    Recently,
    Recommended,
    Selection,
    SimilarTo,
    TimeSince,
)
from dearly.language.traversal import definitions, walk_with_names
from dearly.language.types import DAY_US, ItemRef

RECOMMENDATION_HORIZON_US = 400 * DAY_US
"""How far back ``recommended`` looks for what a customer touched."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """Profile fields by name, and event types with how far back each is needed (None: all of it)."""

    profile_fields: frozenset[str] = frozenset()
    events: Mapping[str, int | None] = field(default_factory=dict)


def combine_requirements(parts: Iterable[Requirements]) -> Requirements:
    """What suffices for every part: all their fields, and each event type as far back as any part needs."""
    fields: set[str] = set()
    horizons: dict[str, int | None] = {}
    for part in parts:
        fields |= part.profile_fields
        for event, horizon_us in part.events.items():
            _extend(horizons, event, horizon_us)
    return Requirements(frozenset(fields), horizons)


def expression_requirements(program: Program, expressions: Iterable[Expression]) -> Requirements:
    """What expressions need, through every name that they lead to."""
    fields: set[str] = set()
    horizons: dict[str, int | None] = {}
    for expression in walk_with_names(program, expressions):
        match expression:
            case ProfileField():
                fields.add(expression.name)
            case Occurs() | Aggregate() | Pick() | TimeSince():
                _add_selection(horizons, expression.selection)
            case _:
                pass
    return Requirements(frozenset(fields), horizons)


def names_requirements(program: Program, names: Iterable[str]) -> Requirements:
    """What segments, values and lifecycles need together."""
    return expression_requirements(program, [part for name in names for part in definitions(program, name)])


def block_requirements(program: Program, block_name: str) -> Requirements:
    """What a block may need, whichever of its branches decides: conditions, templates and item lists."""
    block = program.blocks[block_name]
    touched = [_list_events(program, items) for branch in block.branches for items in branch.lists]
    shown = [_template_requirements(program, branch) for branch in block.branches]
    return combine_requirements([expression_requirements(program, _expressions(block)), *shown, *touched])


def touching_events(program: Program, catalog: str) -> tuple[tuple[str, str], ...]:
    """Each (event type, property) through which customers touch the items of a catalog."""
    return tuple(
        (event, name)
        for event, schema in program.events.items()
        for name, declared in schema.fields.items()
        if declared.type == ItemRef(catalog)
    )


def _add_selection(horizons: dict[str, int | None], selection: Selection) -> None:
    _extend(horizons, selection.event, selection.within_us)
    if selection.sequence is not None:
        # What follows an event is younger than it, so the selection's own horizon covers it.
        _extend(horizons, selection.sequence.event, selection.within_us)


def _extend(horizons: dict[str, int | None], event: str, horizon_us: int | None) -> None:
    known_us = horizons.get(event, 0)
    horizons[event] = None if known_us is None or horizon_us is None else max(known_us, horizon_us)


def _expressions(block: Block) -> list[Expression]:
    """The conditions of the branches and all that their item lists evaluate."""
    found = [branch.condition for branch in block.branches]
    for branch in block.branches:
        for items in branch.lists:
            found.append(items.where)
            found.append(items.strategy.item if isinstance(items.strategy, SimilarTo) else None)
    return [expression for expression in found if expression is not None]


def _list_events(program: Program, items: ItemList) -> Requirements:
    """The history that a list's strategy starts from."""
    match items.strategy:
        case Recommended():
            events = {event for event, _ in touching_events(program, items.catalog)}
            return Requirements(events=dict.fromkeys(sorted(events), RECOMMENDATION_HORIZON_US))
        case Recently(event=event):
            return Requirements(events={event: None})
        case _:
            return Requirements()


def _template_requirements(program: Program, branch: Branch) -> Requirements:
    template = program.templates[branch.template]
    named = names_requirements(program, sorted(template.names))
    return combine_requirements([Requirements(template.profile_fields), named])
