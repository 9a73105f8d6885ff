"""What somebody did: what the grammar's rules about events become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dearly.language.program import Span
from dearly.language.syntax import tree
from dearly.language.syntax.building import Building, Built, Rule, of_kind


@dataclass(frozen=True, slots=True)
class _Clause:
    """``where ..``, ``within ..`` or ``older than ..`` of an event; ``kind`` is the name in the node."""

    kind: str
    value: tree.Expression
    span: Span


@dataclass(frozen=True, slots=True)
class _Property:
    name: tree.Name
    events: tree.Events
    span: Span


_CLAUSES = {"WHERE": "where", "WITHIN": "within", "OLDER_THAN": "older_than"}


def _clause(building: Building, children: list[Built]) -> Built:
    return _Clause(_CLAUSES[children[0].type], children[1], building.around(children))


def _by_kind(children: Sequence[Built], building: Building) -> dict[str, Built]:
    found: dict[str, Built] = {}
    for clause in of_kind(children, _Clause):
        if clause.kind in found:
            word = clause.kind.replace("_", " ")
            hint = (
                "Join conditions in parentheses: `where (A and B)`." if word == "where" else "Leave one out."
            )
            building.report(
                "repeated-clause", f"This is the second `{word}` of one event.", clause.span, hint
            )
        found[clause.kind] = clause.value
    return found


def _events(building: Building, children: list[Built]) -> Built:
    clauses = _by_kind(children, building)
    followed = children[-1] if isinstance(children[-1], tree.Followed) else None
    where, within, older_than = (clauses.get(kind) for kind in _CLAUSES.values())
    span = building.around(children)
    return tree.Events(children[0], where, within, older_than, None, None, None, None, followed, span)


def _property(building: Building, children: list[Built]) -> Built:
    event, _, name, *clauses = children
    events = _events(building, [event, *clauses])
    span = building.around(children)
    return _Property(name, replace(events, span=span), span)


def _followed(building: Building, children: list[Built]) -> Built:
    words, event, *clauses = children
    found = _by_kind(clauses, building)
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
    "where": _clause,
    "within": _clause,
    "older": _clause,
    "followed": _followed,
    "quantified": _quantified,
    "aggregated": _aggregated,
    "picked": _picked,
    "elapsed": _elapsed,
}
"""How each rule about events becomes a node."""
