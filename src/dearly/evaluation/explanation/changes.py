"""Changes to a customer, or to the time: what they are, how they read, what they make of the facts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from dearly.evaluation.explanation.wording import HIDDEN, stored_value, value_text
from dearly.evaluation.facts import NO_EVENTS, EventLog, Facts
from dearly.language.program import Field, Program
from dearly.language.types import Value
from dearly.language.values import time_to_stored


@dataclass(frozen=True, slots=True)
class SetField:
    """A field of the profile, or of what the call brought along, has another value; None: it has none.

    ``value`` is but an example where it is a ``sample``: any will do.
    """

    name: str
    value: Value | None
    in_context: bool = False
    sample: bool = False


@dataclass(frozen=True, slots=True)
class SetScore:
    """A score has another probability."""

    score: str
    probability: float


@dataclass(frozen=True, slots=True)
class SetVariant:
    """The customer is in another variant; None: takes no part."""

    experiment: str
    variant: str | None


@dataclass(frozen=True, slots=True)
class AddEvent:
    """So many more events at one time. ``telling`` are the properties that matter, by name."""

    event: str
    time_us: int
    properties: tuple[tuple[str, Value], ...]
    telling: frozenset[str]
    count: int = 1


@dataclass(frozen=True, slots=True)
class RemoveEvent:
    """One event fewer: the one at a place in its log."""

    event: str
    place: int
    time_us: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing happens until then."""

    until_us: int


Change: TypeAlias = SetField | SetScore | SetVariant | AddEvent | RemoveEvent | Wait


def kind_of(change: Change) -> tuple[str, ...]:
    """What a change is of. Two of one kind say the same, or exclude each other, unless they are of events."""
    match change:
        case SetField(name):
            return ("field", name)
        case SetScore(name) | SetVariant(name):
            return ("model", name)
        case AddEvent(event):
            return ("more", event)
        case RemoveEvent(event):
            return ("fewer", event)
        case Wait():
            return ("time",)


# ---------------------------------------------------------------------------------------------------- effect


def apply_changes(changes: tuple[Change, ...], facts: Facts, now_us: int) -> tuple[Facts, int]:
    """The facts and the time after all of the changes."""
    for change in sorted(changes, key=_removals_last_first):
        facts, now_us = _apply(change, facts, now_us)
    return facts, now_us


def _removals_last_first(change: Change) -> tuple[bool, int]:
    """A place in a log holds until something before it goes or comes: removals first, from the end."""
    return (not isinstance(change, RemoveEvent), -change.place if isinstance(change, RemoveEvent) else 0)


def _apply(change: Change, facts: Facts, now_us: int) -> tuple[Facts, int]:
    match change:
        case SetField(name, value, in_context=True):
            return replace(facts, context=_with(facts.context, name, value)), now_us
        case SetField(name, value):
            return replace(facts, profile=_with(facts.profile, name, value)), now_us
        case SetScore(score, probability):
            return replace(facts, scores={**facts.scores, score: probability}), now_us
        case SetVariant(experiment, variant):
            return replace(facts, variants=_with(facts.variants, experiment, variant)), now_us
        case AddEvent(event, time_us, properties, _, count):
            log = facts.events.get(event, NO_EVENTS)
            place = bisect_right(log.times_us, time_us)
            times_us = (*log.times_us[:place], *[time_us] * count, *log.times_us[place:])
            said = (*log.properties[:place], *[dict(properties)] * count, *log.properties[place:])
            return replace(facts, events={**facts.events, event: EventLog(times_us, said)}), now_us
        case RemoveEvent(event, place):
            log = facts.events[event]
            times_us = log.times_us[:place] + log.times_us[place + 1 :]
            said = log.properties[:place] + log.properties[place + 1 :]
            return replace(facts, events={**facts.events, event: EventLog(times_us, said)}), now_us
        case Wait(until_us):
            return facts, until_us


def _with(values: Mapping[str, Any], name: str, value: Value | None) -> dict[str, Any]:
    others = {known: kept for known, kept in values.items() if known != name}
    return others if value is None else {**others, name: value}


# --------------------------------------------------------------------------------------------------- wording


def describe_change(program: Program, change: Change, show_sensitive: bool = True) -> str:
    """The change as it stands after "if": ``country were "NL"``."""
    match change:
        case SetField(name, sample=True):
            return f"{name} were known"
        case SetField(name, value, in_context):
            declared = (program.context if in_context else program.profile)[name]
            return f"{name} were {_value(declared, value, show_sensitive)}"
        case SetScore(score, probability):
            return f"{score} were {probability:g}"
        case SetVariant(experiment, None):
            return f"the customer took no part in {experiment}"
        case SetVariant(experiment, variant):
            return f"{experiment} were {variant}"
        case AddEvent(event, time_us, properties, telling, count):
            fields = program.events[event].fields
            said = [
                f"{name}: {_value(fields[name], value, show_sensitive)}"
                for name, value in properties
                if name in telling
            ]
            whose = f" ({', '.join(said)})" if said else ""
            more = "one" if count == 1 else f"{count:,}"
            return f"there were {more} more {event}{whose} at {time_to_stored(time_us)}"
        case RemoveEvent(event, _, time_us):
            return f"there were no {event} at {time_to_stored(time_us)}"
        case Wait(until_us):
            return f"it were {time_to_stored(until_us)}"


def _value(declared: Field, value: Value | None, show_sensitive: bool) -> str:
    if declared.sensitive and not show_sensitive and value is not None:
        return HIDDEN
    return value_text(value, declared.type) if value is not None else "missing"


def change_data(program: Program, change: Change, show_sensitive: bool = True) -> dict[str, Any]:
    """The change as plain data for JSON, its words with it."""
    told = {"words": describe_change(program, change, show_sensitive)}
    match change:
        case SetField(name, value, in_context):
            declared = (program.context if in_context else program.profile)[name]
            hidden = declared.sensitive and not show_sensitive
            shown = None if hidden else stored_value(value, declared.type)
            return {"change": "set-field", "field": name, "value": shown, **told}
        case SetScore(score, probability):
            return {"change": "set-score", "score": score, "value": probability, **told}
        case SetVariant(experiment, variant):
            return {"change": "set-variant", "experiment": experiment, "variant": variant, **told}
        case AddEvent(event, time_us, count=count):
            added = {"event": event, "time": time_to_stored(time_us), "count": count}
            return {"change": "add-event", **added, **told}
        case RemoveEvent(event, _, time_us):
            return {"change": "remove-event", "event": event, "time": time_to_stored(time_us), **told}
        case Wait(until_us):
            return {"change": "wait", "until": time_to_stored(until_us), **told}
