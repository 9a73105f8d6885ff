"""What somebody did: what the grammar's rules about events become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dearly.language.program import Span
from dearly.language.syntax import tree
from dearly.language.syntax.building import Building, Built, Part, Rule, of_kind, part
from dearly.language.syntax.words import WEEKDAYS


@dataclass(frozen=True, slots=True)
class _Property:
    name: tree.Name
    events: tree.Events
    span: Span


_CONDITIONS = (
    tree.Not,
    tree.And,
    tree.Or,
    tree.Compare,
    tree.In,
    tree.Matches,
    tree.SetMatches,
    tree.Between,
    tree.IsPresent,
    tree.IsStage,
)
"""What is neither a date nor a time, whatever its names stand for."""


def _period(building: Building, children: list[Built]) -> Built:
    words, span = " ".join(children[0].split()), building.around(children)
    return Part("period", tree.Period(words, span), span)  # type: ignore[arg-type]


def _on(building: Building, children: list[Built]) -> Built:
    span = building.around(children)
    match children[1].type:
        case "WEEKDAYS":
            days = frozenset(range(5))
        case "WEEKENDS":
            days = frozenset((5, 6))
        case _:
            days = frozenset(WEEKDAYS.index(str(day)) for day in children[1::2])
    return Part("on", tree.Weekdays(days, span), span)


def events_of(event: tree.Name, children: Sequence[Built], building: Building) -> tree.Events:
    """The events of a name and the clauses after it."""
    clauses = [part for clause in of_kind(children, Part) for part in _untangled(clause)]
    found = building.each_once(clauses, "event")
    followed = next(iter(of_kind(children, tree.Followed)), None)
    return tree.Events(
        event,
        found.get("where"),
        found.get("within"),
        found.get("older than"),
        found.get("since"),
        found.get("before"),
        found.get("period"),
        found.get("on"),
        followed,
        building.around([event, *children]),
    )


def _untangled(clause: Part) -> list[Part]:
    """``where (a and b) before D``: the events' own ``before``, since no condition comes before a day."""
    found = clause.value
    is_tangled = (
        isinstance(found, tree.DateCompare)
        and isinstance(found.left, _CONDITIONS)
        and isinstance(found.right, tree.DateLiteral | tree.TimeLiteral)
    )
    if not is_tangled:
        return [clause]
    return [Part("where", found.left, clause.span), Part(found.operator, found.right, clause.span)]


def _events(building: Building, children: list[Built]) -> Built:
    return events_of(children[0], children[1:], building)


def _property(building: Building, children: list[Built]) -> Built:
    event, _, name, *clauses = children
    span = building.around(children)
    return _Property(name, replace(events_of(event, clauses, building), span=span), span)


def _followed(building: Building, children: list[Built]) -> Built:
    words, event, *clauses = children
    found = building.each_once(of_kind(clauses, Part), "event")
    is_negated = words.type == "NOT_FOLLOWED_BY"
    where, within = found.get("where"), found.get("within")
    return tree.Followed(is_negated, event, where, within, building.around(children))


def _quantified(building: Building, children: list[Built]) -> Built:
    quantifier, *count, events = children
    words = " ".join(quantifier.split())
    number = count[0] if count else None
    return tree.Quantified(words, number, events, building.around(children))  # type: ignore[arg-type]


def _aggregated(building: Building, children: list[Built]) -> Built:
    words, counted = children
    span = building.around(children)
    if isinstance(counted, tree.Events):
        return tree.Aggregated("count", None, counted, span)
    return tree.Aggregated(words.split()[0], counted.name, counted.events, span)


def _picked(building: Building, children: list[Built]) -> Built:
    which, picked = children
    span = building.around(children)
    return tree.Picked(str(which), picked.name, picked.events, span)  # type: ignore[arg-type]


def _elapsed(building: Building, children: list[Built]) -> Built:
    words, events = children
    which = "latest" if words.type == "TIME_SINCE_LAST" else "first"
    return tree.Elapsed(which, events, building.around(children))  # type: ignore[arg-type]


EVENT_RULES: Mapping[str, Rule] = {
    "events": _events,
    "property": _property,
    "where": part("where"),
    "within": part("within"),
    "older": part("older than"),
    "since": part("since"),
    "before": part("before"),
    "period": _period,
    "on": _on,
    "followed": _followed,
    "quantified": _quantified,
    "aggregated": _aggregated,
    "picked": _picked,
    "elapsed": _elapsed,
}
"""How each rule about events becomes a node."""
