"""Which of a customer's fields and events an answer depends on, known before anybody asks.

Send time reads only that. A horizon of ``D`` microseconds means the events with ``now - D < t``, which is
exactly what ``within D`` looks at; None means all of them. Time only moves windows forward, so what suffices
for an answer also suffices for its next flip.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dearly.language.calendar import TIMEZONE_FIELD
from dearly.language.program import (
    Aggregate,
    Branch,
    ContextField,
    DayStart,
    ExcludeTouched,
    Expression,
    ItemList,
    Occurs,
    Period,
    Pick,
    ProfileField,
    Program,
    Recently,
    Recommended,
    ScoreRef,
    Selection,
    Strategy,
    Template,
    TierIs,
    TimeSince,
    Today,
    VariantIs,
)
from dearly.language.traversal import block_expressions, definitions, list_strategies, walk_with_names
from dearly.language.types import DAY_US, ItemRef

RECOMMENDATION_HORIZON_US = 400 * DAY_US
"""How far back ``recommended`` looks for what a customer touched."""

PERIOD_HORIZONS_US: Mapping[Period, int] = {
    "today": 2 * DAY_US,
    "this week": 8 * DAY_US,
    "this month": 32 * DAY_US,
    "this year": 367 * DAY_US,
}
"""No calendar period is longer, whatever the clocks do in it."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """Fields by name, event types with how far back each is needed (None: all of it), scores, experiments.

    ``context_fields`` come with the call; the customer's time zone is a profile field.
    """

    profile_fields: frozenset[str] = frozenset()
    events: Mapping[str, int | None] = field(default_factory=dict)
    context_fields: frozenset[str] = frozenset()
    scores: frozenset[str] = frozenset()
    experiments: frozenset[str] = frozenset()


def combine_requirements(parts: Iterable[Requirements]) -> Requirements:
    """What suffices for every part: all their fields, and each event type as far back as any part needs."""
    needs = _Needs()
    for part in parts:
        needs.profile_fields |= part.profile_fields
        needs.context_fields |= part.context_fields
        needs.scores |= part.scores
        needs.experiments |= part.experiments
        for event, horizon_us in part.events.items():
            needs.add_events(event, horizon_us)
    return needs.settled()


def expression_requirements(program: Program, expressions: Iterable[Expression]) -> Requirements:
    """What expressions need, through every name that they lead to."""
    needs = _Needs()
    for expression in walk_with_names(program, expressions):
        match expression:
            case ProfileField(name):
                needs.profile_fields.add(name)
            case ContextField(name):
                needs.context_fields.add(name)
            case ScoreRef(score) | TierIs(score):
                needs.scores.add(score)
            case VariantIs(experiment):
                needs.experiments.add(experiment)
            case Today() | DayStart():
                needs.add_zone(program)
            case Occurs() | Aggregate() | Pick() | TimeSince():
                needs.add_selection(program, expression.selection)
            case _:
                pass
    return needs.settled()


def names_requirements(program: Program, names: Iterable[str]) -> Requirements:
    """What segments, values and lifecycles need together."""
    return expression_requirements(program, [part for name in names for part in definitions(program, name)])


def block_requirements(program: Program, block_name: str) -> Requirements:
    """What a block may need, whichever of its branches decides: conditions, templates and item lists."""
    block = program.blocks[block_name]
    evaluated = expression_requirements(program, block_expressions(block))
    touched = [_list_events(program, items) for branch in block.branches for items in branch.lists]
    shown = [_template_requirements(program, branch) for branch in block.branches]
    return combine_requirements([evaluated, *shown, *touched])


def touching_events(program: Program, catalog: str) -> tuple[tuple[str, str], ...]:
    """Each (event type, property) through which customers touch the items of a catalog."""
    return tuple(
        (event, name)
        for event, schema in program.events.items()
        for name, declared in schema.fields.items()
        if declared.type == ItemRef(catalog)
    )


def horizon_us(selection: Selection) -> int | None:
    """How far back selected events may lie; None when there is no limit to it."""
    limits = [selection.within_us]
    if selection.period is not None:
        limits.append(PERIOD_HORIZONS_US[selection.period])
    return min((limit for limit in limits if limit is not None), default=None)


def reads_zone(selection: Selection) -> bool:
    """Whether which events are selected depends on the customer's time zone."""
    instants = (selection.since, selection.before)
    by_day = any(isinstance(instant, DayStart) for instant in instants)
    return by_day or selection.period is not None or selection.weekdays is not None


@dataclass(slots=True)
class _Needs:
    """Requirements that are being gathered."""

    profile_fields: set[str] = field(default_factory=set)
    events: dict[str, int | None] = field(default_factory=dict)
    context_fields: set[str] = field(default_factory=set)
    scores: set[str] = field(default_factory=set)
    experiments: set[str] = field(default_factory=set)

    def add_events(self, event: str, reach_us: int | None) -> None:
        known_us = self.events.get(event, 0)
        self.events[event] = None if known_us is None or reach_us is None else max(known_us, reach_us)

    def add_selection(self, program: Program, selection: Selection) -> None:
        """What selecting takes; the conditions on the events apart."""
        reach_us = horizon_us(selection)
        self.add_events(selection.event, reach_us)
        if selection.sequence is not None:
            # What follows an event is younger than it, so the selection's own horizon covers it.
            self.add_events(selection.sequence.event, reach_us)
        if reads_zone(selection):
            self.add_zone(program)

    def add_zone(self, program: Program) -> None:
        if TIMEZONE_FIELD in program.profile:
            self.profile_fields.add(TIMEZONE_FIELD)

    def settled(self) -> Requirements:
        return Requirements(
            frozenset(self.profile_fields),
            self.events,
            frozenset(self.context_fields),
            frozenset(self.scores),
            frozenset(self.experiments),
        )


def _list_events(program: Program, items: ItemList) -> Requirements:
    """The history that a list starts from, and that which says what it leaves out."""
    needs = _Needs()
    for strategy in list_strategies(items):
        for event, reach_us in _strategy_events(program, items.catalog, strategy).items():
            needs.add_events(event, reach_us)
    for exclusion in items.excluding:
        if isinstance(exclusion, ExcludeTouched):
            needs.add_selection(program, exclusion.selection)
    return needs.settled()


def _strategy_events(program: Program, catalog: str, strategy: Strategy) -> Mapping[str, int | None]:
    match strategy:
        case Recommended():
            events = {event for event, _ in touching_events(program, catalog)}
            return dict.fromkeys(sorted(events), RECOMMENDATION_HORIZON_US)
        case Recently(event=event):
            return {event: None}
        case _:
            return {}


def _template_requirements(program: Program, branch: Branch) -> Requirements:
    template = program.templates[branch.template]
    translations = [template, *template.locales.values()]
    return combine_requirements([_reads(program, one) for one in translations])


def _reads(program: Program, template: Template) -> Requirements:
    own = Requirements(template.profile_fields, context_fields=template.context_fields)
    return combine_requirements([own, names_requirements(program, sorted(template.names))])
