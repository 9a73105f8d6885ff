"""What two programs declare otherwise, and so what must be evaluated to see for whom it matters.

What means the same on both sides, through all the names and fields that it leads to, gives everybody the same
answer and is not evaluated. Places in files do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dearly.language.calendar import TIMEZONE_FIELD
from dearly.language.program import (
    Aggregate,
    Block,
    BoughtTogether,
    Branch,
    ContextField,
    DayStart,
    ExcludeItems,
    Expression,
    Field,
    ItemList,
    Occurs,
    Pick,
    ProfileField,
    Program,
    Recently,
    ScoreRef,
    SegmentRef,
    Selection,
    SimilarTo,
    StageIs,
    TierIs,
    TimeSince,
    Today,
    ValueRef,
    VariantIs,
)
from dearly.language.traversal import definitions, walk


@dataclass(frozen=True, slots=True)
class Declarations:
    """The names of one kind that one side alone declares, and those that both do, otherwise."""

    kind: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Structure:
    """What is otherwise.

    ``names`` are segments, values and lifecycles that may answer otherwise, those of one side alone among
    them. ``blocks`` may decide otherwise, ``templates`` print otherwise.
    """

    declarations: tuple[Declarations, ...]
    names: frozenset[str]
    blocks: frozenset[str]
    templates: frozenset[str]


def compare_structure(before: Program, after: Program) -> Structure:
    """What two programs declare otherwise, deep equality apart from places."""
    names = _changed_names(before, after)
    templates = {
        name
        for name in before.templates.keys() & after.templates.keys()
        if _prints_otherwise(before, after, name, names)
    }
    blocks = {
        name
        for name in before.blocks.keys() | after.blocks.keys()
        if name not in before.blocks
        or name not in after.blocks
        or before.blocks[name].branches != after.blocks[name].branches
        or _reads_otherwise(before, after, _conditions(after.blocks[name]), names)
        or any(lists_differ(before, after, branch, branch, names) for branch in after.blocks[name].branches)
    }
    return Structure(_declarations(before, after), names, frozenset(blocks), frozenset(templates))


def lists_differ(
    before: Program, after: Program, old: Branch, new: Branch, changed_names: frozenset[str]
) -> bool:
    """Whether two branches fill their lists otherwise: as written, or by what means something else."""
    return (
        old.lists != new.lists
        or any(before.catalogs.get(one.catalog) != after.catalogs.get(one.catalog) for one in new.lists)
        or _reads_otherwise(
            before, after, (part for one in new.lists for part in _list_expressions(one)), changed_names
        )
    )


def _prints_otherwise(before: Program, after: Program, name: str, changed_names: frozenset[str]) -> bool:
    old, new = before.templates[name], after.templates[name]
    return (
        old != new
        or bool(new.names & changed_names)
        or any(before.profile.get(one) != after.profile.get(one) for one in new.profile_fields)
        or any(before.context.get(one) != after.context.get(one) for one in new.context_fields)
        or before.settings.locale != after.settings.locale
    )


def _conditions(block: Block) -> list[Expression]:
    return [branch.condition for branch in block.branches if branch.condition is not None]


def _list_expressions(items: ItemList) -> Iterator[Expression]:
    """All that a list evaluates; a selection stands as what asks for one of its events."""
    if items.where is not None:
        yield items.where
    for strategy in (items.strategy, *items.fillers):
        if isinstance(strategy, SimilarTo | BoughtTogether):
            yield strategy.item
        if isinstance(strategy, Recently):
            yield Occurs("at least", 1, Selection(strategy.event))
    for exclusion in items.excluding:
        if isinstance(exclusion, ExcludeItems):
            yield exclusion.items
        else:
            yield Occurs("at least", 1, exclusion.selection)


# ----------------------------------------------------------------------------------------------------- names


def _changed_names(before: Program, after: Program) -> frozenset[str]:
    """Bottom up: each name comes after all that it refers to."""
    changed = {*_answering(before)} ^ {*_answering(after)}
    for name in after.evaluation_order:
        if name in changed:
            continue
        is_same_kind = _kind(before, name) == _kind(after, name)
        new = definitions(after, name)
        if (
            not is_same_kind
            or _definition(before, name) != _definition(after, name)
            or _reads_otherwise(before, after, new, frozenset(changed))
        ):
            changed.add(name)
    return frozenset(changed)


def _answering(program: Program) -> Iterable[str]:
    return (*program.segments, *program.values, *program.lifecycles)


def _kind(program: Program, name: str) -> str:
    if name in program.segments:
        return "segment"
    return "value" if name in program.values else "lifecycle"


def _definition(program: Program, name: str) -> object:
    """What a name means, its title apart."""
    if name in program.lifecycles:
        return program.lifecycles[name]
    return definitions(program, name)


def _reads_otherwise(
    before: Program, after: Program, expressions: Iterable[Expression], changed_names: frozenset[str]
) -> bool:
    """Whether expressions read a field, event, name, score or clock that the other side has otherwise.

    Expressions are equal on both sides, so that what they read is declared on both.
    """
    return any(
        _part_differs(before, after, part, changed_names)
        for expression in expressions
        for part in walk(expression)
    )


def _part_differs(before: Program, after: Program, part: Expression, changed_names: frozenset[str]) -> bool:
    match part:
        case SegmentRef(name) | ValueRef(name) | StageIs(name):
            return name in changed_names
        case ProfileField(name):
            return before.profile.get(name) != after.profile.get(name)
        case ContextField(name):
            return before.context.get(name) != after.context.get(name)
        case Occurs() | Aggregate() | Pick() | TimeSince():
            return _selection_differs(before, after, part.selection)
        case Today() | DayStart():
            return _zone(before) != _zone(after)
        case ScoreRef(name) | TierIs(name):
            return before.scores.get(name) != after.scores.get(name)
        case VariantIs(name):
            return before.experiments.get(name) != after.experiments.get(name)
        case _:
            return False


def _selection_differs(before: Program, after: Program, selection: Selection) -> bool:
    """Whether the other side has another event of that name, or other days to select by."""
    events = [selection.event, *([selection.sequence.event] if selection.sequence else [])]
    if any(before.events.get(event) != after.events.get(event) for event in events):
        return True
    fixed = (selection.since, selection.before)
    by_days = selection.period is not None or selection.weekdays is not None
    return (by_days or any(isinstance(one, DayStart) for one in fixed)) and _zone(before) != _zone(after)


def _zone(program: Program) -> tuple[str, Field | None]:
    """What a customer's days depend on, besides the customer."""
    return program.settings.timezone, program.profile.get(TIMEZONE_FIELD)


# ---------------------------------------------------------------------------------------------- declarations


def _declarations(before: Program, after: Program) -> tuple[Declarations, ...]:
    kinds = [
        _declared(kind, old, new)
        for kind, old, new in (
            ("profile field", before.profile, after.profile),
            ("context field", before.context, after.context),
            ("event", before.events, after.events),
            ("catalog", before.catalogs, after.catalogs),
            ("value", before.values, after.values),
            ("segment", before.segments, after.segments),
            ("lifecycle", before.lifecycles, after.lifecycles),
            ("score", before.scores, after.scores),
            ("cap", before.caps, after.caps),
            ("experiment", before.experiments, after.experiments),
            ("trigger", before.triggers, after.triggers),
            ("block", before.blocks, after.blocks),
            ("template", before.templates, after.templates),
            ("setting", _settings(before), _settings(after)),
            ("test", _scenarios(before), _scenarios(after)),
        )
    ]
    return tuple(one for one in kinds if one.added or one.removed or one.changed)


def _declared(kind: str, before: Mapping[str, object], after: Mapping[str, object]) -> Declarations:
    both = before.keys() & after.keys()
    return Declarations(
        kind,
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed=tuple(sorted(name for name in both if before[name] != after[name])),
    )


def _settings(program: Program) -> Mapping[str, object]:
    settings = program.settings
    return {
        "timezone": settings.timezone,
        "locale": settings.locale,
        "keep events": settings.keep_events_us,
    }


def _scenarios(program: Program) -> Mapping[str, object]:
    return {scenario.name: scenario for scenario in program.scenarios}
