"""Changes worth trying, by what an answer's expressions ask about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, product, zip_longest
from typing import Any, TypeAlias

from dearly.evaluation.explanation.changes import (
    AddEvent,
    Change,
    RemoveEvent,
    SetField,
    SetScore,
    SetVariant,
)
from dearly.evaluation.facts import NO_EVENTS, EventLog, Facts
from dearly.evaluation.reference import Happening, evaluate_each, selected_events
from dearly.language.checking.typing_rules import type_of
from dearly.language.program import (
    Aggregate,
    Compare,
    ContextField,
    DayStart,
    EventProperty,
    Expression,
    Field,
    In,
    Literal,
    Pick,
    ProfileField,
    Program,
    ScoreRef,
    Selection,
    SetCompare,
    SetContains,
    TextMatch,
    TierIs,
    VariantIs,
)
from dearly.language.traversal import OverEvents, children, walk, walk_with_names
from dearly.language.types import (
    BOOL,
    DAY_US,
    DURATION,
    MAX_MAGNITUDE,
    NUMBER,
    SECOND_US,
    TIME,
    SetOf,
    Type,
    Value,
    is_textual,
)

MAX_WALKED = 5_000
"""So many parts of the expressions are looked at."""

MAX_TRIED = 200
"""So many sets of properties are tried for an event that a ``where`` is to be true of."""

_Typed: TypeAlias = tuple[Value, Type]

_Comparison: TypeAlias = Compare | In | TextMatch | SetContains | SetCompare


def propose_changes(
    program: Program, expressions: Sequence[Expression], facts: Facts, now_us: int
) -> Iterator[Change]:
    """Changes to try, each once: one of each kind in turn, the likeliest first, so that none crowds out
    another; fields gone at the end.
    """
    parts = list(dict.fromkeys(islice(walk_with_names(program, expressions), MAX_WALKED)))
    scene = _Scene(program, facts, now_us, parts)
    in_turn = _in_turn((_fields_set(scene), _models(scene), _more(scene), _fewer(scene)))
    yield from dict.fromkeys(chain(in_turn, _fields_gone(scene)))


def _in_turn(kinds: Iterable[Iterator[Change]]) -> Iterator[Change]:
    """The first of each, the second of each, and so on."""
    for turn in zip_longest(*kinds):
        yield from (change for change in turn if change is not None)


@dataclass(frozen=True, slots=True)
class _Scene:
    """One customer at one instant, and all that an answer asks about them."""

    program: Program
    facts: Facts
    now_us: int
    parts: Sequence[Expression]

    def comparisons(self) -> Iterator[tuple[Sequence[Expression], list[_Typed]]]:
        """Of each comparison, what stands inside it, names followed, and the values that it compares with."""
        for part in self.parts:
            if isinstance(part, _Comparison):
                inside = islice(walk_with_names(self.program, [part]), MAX_WALKED)
                yield list(inside), self._compared(part)

    def _compared(self, comparison: _Comparison) -> list[_Typed]:
        """The constants in a comparison, and what its sides are now; but not those of a ``where``."""
        sides = [side for side in _outside_events(comparison) if not _reads_event(side)]
        values = evaluate_each(self.program, sides, self.facts, self.now_us)
        found = [
            (value, type_of(side)) for side, value in zip(sides, values, strict=True) if value is not None
        ]
        return list(dict.fromkeys(found))


def _outside_events(comparison: Expression) -> Iterator[Expression]:
    """What stands inside, without what stands inside of selections."""
    waiting = list(children(comparison))
    while waiting:
        part = waiting.pop(0)
        yield part
        if not isinstance(part, OverEvents):
            waiting.extend(children(part))


def _reads_event(expression: Expression) -> bool:
    return any(isinstance(part, EventProperty) for part in walk(expression)) and not isinstance(
        expression, OverEvents
    )


# ---------------------------------------------------------------------------------------------------- fields


def _fields_set(scene: _Scene) -> Iterator[Change]:
    for inside, compared in scene.comparisons():
        for part in inside:
            if isinstance(part, ProfileField | ContextField):
                yield from (_set(part, value) for value in _values_for(scene, part, compared))
    for part in scene.parts:
        if isinstance(part, ProfileField | ContextField):
            values: list[Value] = [True, False] if part.type == BOOL else []
            yield from (_set(part, value) for value in values if value != _now(scene, part))
            if _now(scene, part) is None and part.type != BOOL:
                yield replace(_set(part, _sample(part.type)), sample=True)


def _fields_gone(scene: _Scene) -> Iterator[Change]:
    for part in scene.parts:
        if isinstance(part, ProfileField | ContextField) and _now(scene, part) is not None:
            declared = scene.program.context if isinstance(part, ContextField) else scene.program.profile
            if declared[part.name].default is None:  # what has a default is never missing
                yield _set(part, None)


def _set(part: ProfileField | ContextField, value: Value | None) -> SetField:
    return SetField(part.name, value, isinstance(part, ContextField))


def _now(scene: _Scene, part: ProfileField | ContextField) -> Value | None:
    values = scene.facts.context if isinstance(part, ContextField) else scene.facts.profile
    return values.get(part.name)


def _values_for(
    scene: _Scene, part: ProfileField | ContextField, compared: Iterable[_Typed]
) -> Iterator[Value]:
    """Values of the field's type that may make a difference: what it is compared with, and its neighbours."""
    known = _now(scene, part)
    for value, kind in compared:
        if isinstance(part.type, SetOf):
            before: frozenset[Any] = known if isinstance(known, frozenset) else frozenset()
            others = value if isinstance(value, frozenset) else frozenset([value])
            changed: list[Any] = [before | others, before - others]
            yield from (one for one in changed if one != known)
        elif _are_alike(kind, part.type):
            yield from (one for one in _around(value, part.type) if one != known)


def _are_alike(one: Type, other: Type) -> bool:
    return one == other or (is_textual(one) and is_textual(other))


def _around(value: Value, kind: Type) -> tuple[Value, ...]:
    """A value, and its neighbours where there are such."""
    if isinstance(value, bool):
        return (True, False)
    if isinstance(value, str):
        return (value, f"other than {value}")
    if isinstance(value, float | int):
        step = SECOND_US if kind in (TIME, DURATION) else 1
        near = (value, value + step, value - step)
        return tuple(one for one in near if kind != NUMBER or abs(one) <= MAX_MAGNITUDE)
    return ()


def _sample(kind: Type) -> Value:
    """Some value of a type."""
    if isinstance(kind, SetOf):
        return frozenset()
    if kind == NUMBER:
        return 1.0
    if kind == BOOL:
        return True
    return "any" if is_textual(kind) else 0


# ---------------------------------------------------------------------------------------------------- models


def _models(scene: _Scene) -> Iterator[Change]:
    for inside, compared in scene.comparisons():
        for part in inside:
            if isinstance(part, ScoreRef):
                numbers = [value for value, kind in compared if kind == NUMBER and isinstance(value, float)]
                near = (one + shift for one in numbers for shift in (0.0, 0.01, -0.01))
                yield from (SetScore(part.score, round(one, 6)) for one in near if 0 <= one <= 1)
    for part in scene.parts:
        if isinstance(part, TierIs):
            yield from (
                SetScore(part.score, tier.at_least or 0.0) for tier in scene.program.scores[part.score].tiers
            )
        if isinstance(part, VariantIs):
            variants = [one.name for one in scene.program.experiments[part.experiment].variants]
            yield from (SetVariant(part.experiment, one) for one in (part.variant, *variants, None))


# ---------------------------------------------------------------------------------------------------- events


def _more(scene: _Scene) -> Iterator[Change]:
    """One more event of each selection, at times and with properties that may count."""
    asked = {part: list[_Typed]() for part in scene.parts if isinstance(part, OverEvents)}
    for inside, compared in scene.comparisons():
        for part in inside:
            if isinstance(part, OverEvents) and part in asked:
                asked[part].extend(compared)
    for part, compared in asked.items():
        times_us = _times(scene, part.selection, compared)
        for properties, telling in _properties(scene, part, compared):
            for time_us in times_us:
                yield AddEvent(part.selection.event, time_us, properties, telling)
        sequence = part.selection.sequence
        if sequence is not None:
            follower = Selection(sequence.event, where=sequence.where)
            for properties, telling in _fitting(scene, follower, {}):
                yield AddEvent(sequence.event, scene.now_us, properties, telling)


def _fewer(scene: _Scene) -> Iterator[Change]:
    """Without the latest, or the first, of the events that count; or that follow."""
    for part in scene.parts:
        if isinstance(part, OverEvents):
            yield from _removals(scene, part.selection)
            sequence = part.selection.sequence
            if sequence is not None:
                yield from _removals(scene, Selection(sequence.event, where=sequence.where))


def _removals(scene: _Scene, selection: Selection) -> Iterator[Change]:
    counted = selected_events(scene.program, selection, scene.facts, scene.now_us)
    log = scene.facts.events.get(selection.event, NO_EVENTS)
    for event in (*counted[-1:], *counted[:1]):
        yield RemoveEvent(selection.event, _place(log, event), event.time_us)


def _place(log: EventLog, event: Happening) -> int:
    return next(
        place
        for place, time_us in enumerate(log.times_us)
        if time_us == event.time_us and log.properties[place] is event.properties
    )


def _times(scene: _Scene, selection: Selection, compared: Iterable[_Typed]) -> list[int]:
    """When one more event could count: now, and as far back as the selection asks."""
    now_us = scene.now_us
    ages_us = [value for value, kind in compared if kind == DURATION and isinstance(value, int)]
    found = [now_us, *(now_us - age_us for age_us in ages_us)]
    if selection.older_than_us is not None:
        found.append(now_us - selection.older_than_us)
    if selection.sequence is not None and selection.sequence.within_us is not None:
        found.append(now_us - selection.sequence.within_us)
    if selection.weekdays is not None:
        found.extend(now_us - days * DAY_US for days in range(1, 7))
    if isinstance(selection.before, Literal) and isinstance(selection.before.value, int):
        found.append(selection.before.value - SECOND_US)
    if isinstance(selection.before, DayStart):
        found.append((selection.before.days - 1) * DAY_US)
    kept_us = scene.program.settings.keep_events_us
    oldest_us = 0 if kept_us is None else now_us - kept_us
    return [time_us for time_us in dict.fromkeys(found) if oldest_us <= time_us <= now_us]


def _properties(
    scene: _Scene, part: OverEvents, compared: Iterable[_Typed]
) -> Iterator[tuple[tuple[tuple[str, Value], ...], frozenset[str]]]:
    """Properties of one more event, such that its ``where`` is true and what is picked or summed differs."""
    name = part.property if isinstance(part, Pick | Aggregate) else None
    if name is None:
        yield from _fitting(scene, part.selection, {})
        return
    kind = scene.program.events[part.selection.event].fields[name].type
    (known,) = evaluate_each(scene.program, [part], scene.facts, scene.now_us)
    for value, of_kind in compared:
        if not _are_alike(of_kind, kind):
            continue
        missing_us = [value - known] if isinstance(value, float) and isinstance(known, float) else []
        for wanted in dict.fromkeys([*missing_us, *(one + 1 for one in missing_us), *_around(value, kind)]):
            yield from _fitting(scene, part.selection, {name: wanted})
    yield from _fitting(scene, part.selection, {})


def _fitting(
    scene: _Scene, selection: Selection, wanted: Mapping[str, Value]
) -> Iterator[tuple[tuple[tuple[str, Value], ...], frozenset[str]]]:
    """The first properties found of which the ``where`` is true, those wanted among them; none, perhaps."""
    fields = scene.program.events[selection.event].fields
    asked = Selection(selection.event, where=selection.where)
    options = {name: [value] for name, value in wanted.items()}
    if selection.where is not None:
        for name, values in _where_options(scene, selection.where).items():
            options.setdefault(name, values)
    required = {name: _sample(one.type) for name, one in fields.items() if _is_required(one)}
    defaults = {name: one.default for name, one in fields.items() if one.default is not None}
    for chosen in islice(product(*options.values()), MAX_TRIED):
        properties = {**required, **defaults, **dict(zip(options, chosen, strict=True))}
        alone = replace(scene.facts, events={selection.event: EventLog((scene.now_us,), (properties,))})
        if selected_events(scene.program, asked, alone, scene.now_us):
            yield tuple(properties.items()), frozenset(options)
            return


def _is_required(declared: Field) -> bool:
    return not declared.optional and declared.default is None


def _where_options(scene: _Scene, where: Expression) -> dict[str, list[Value]]:
    """For each property that a ``where`` asks about, the values that may make it true."""
    found: dict[str, list[Value]] = {}
    for part in walk(where):
        if isinstance(part, EventProperty):
            found.setdefault(part.name, [True, False] if part.type == BOOL else [])
        if isinstance(part, _Comparison):
            inside = list(walk(part))
            sides = [one for one in inside if not _reads_event(one)]
            values = evaluate_each(scene.program, sides, scene.facts, scene.now_us)
            for one in inside:
                if isinstance(one, EventProperty):
                    alike = (
                        near
                        for side, value in zip(sides, values, strict=True)
                        if value is not None and _are_alike(type_of(side), one.type)
                        for near in _around(value, one.type)
                    )
                    found.setdefault(one.name, []).extend(alike)
    return {name: list(dict.fromkeys(values)) for name, values in found.items() if values}
