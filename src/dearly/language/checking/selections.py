"""Which events a condition looks at: their windows, counts and sequences."""

from __future__ import annotations

from dearly.language.checking.findings import Findings
from dearly.language.checking.moments import instant
from dearly.language.checking.retention import check_reach
from dearly.language.checking.scopes import Scope, find_property_type
from dearly.language.checking.windows import check_windows
from dearly.language.program import Aggregate, Expression, Occurs, Pick, Schema, Selection, Sequence
from dearly.language.spelling import describe
from dearly.language.syntax import tree
from dearly.language.types import DATE, NUMBER, TIME, SetOf, Type

MAX_COUNT = 1_000_000_000
"""Events are counted against whole numbers up to this."""

AGGREGATED_TYPES: dict[str, tuple[Type, ...]] = {
    "sum": (NUMBER,),
    "average": (NUMBER,),
    "min": (NUMBER, DATE, TIME),
    "max": (NUMBER, DATE, TIME),
}
"""The types of properties that each aggregate takes."""


def select(
    node: tree.Events, where: Expression | None, sequence: Sequence | None, scope: Scope
) -> Selection | None:
    """The selection that an event, its ``where`` and its windows describe."""
    selection = Selection(
        node.event.text,
        where,
        within_us=node.within.us if node.within else None,
        older_than_us=node.older_than.us if node.older_than else None,
        since=instant(node.since) if node.since else None,
        before=instant(node.before) if node.before else None,
        period=node.period.name if node.period else None,
        weekdays=node.weekdays.days if node.weekdays else None,
        sequence=sequence,
        span=node.span,
    )
    if not check_windows(node, selection, scope.findings):
        return None
    return selection if check_reach(node, selection, scope.symbols.settings, scope.findings) else None


def quantify(node: tree.Quantified, selection: Selection, findings: Findings) -> Occurs | None:
    """``any``, ``no``, ``at least N`` .. as a bound on how many events are selected."""
    if node.quantifier == "any":
        return Occurs("at least", 1, selection, node.span)
    if node.quantifier == "no" or node.count is None:
        return Occurs("exactly", 0, selection, node.span)
    count = whole_number(node.count, "A count of events", 0, MAX_COUNT, "bad-count", findings)
    if count is None:
        return None
    match node.quantifier:
        case "more than":
            return Occurs("at least", count + 1, selection, node.span)
        case "fewer than":
            if count == 0:
                message = "There are never fewer than 0 events, so this can never be true."
                findings.add("bad-count", node.count.span, message, f"Write `no {selection.event}`.")
                return None
            return Occurs("at most", count - 1, selection, node.span)
        case "at least" | "at most" | "exactly":
            return Occurs(node.quantifier, count, selection, node.span)


def whole_number(
    node: tree.NumberLiteral, what: str, least: int, most: int, code: str, findings: Findings
) -> int | None:
    """The whole number written, between ``least`` and ``most``; anything else is reported."""
    if node.text.isascii() and node.text.isdigit() and least <= node.value <= most:
        return int(node.value)
    written = node.text if len(node.text) <= 24 else f"{node.text[:24]}.."
    findings.add(code, node.span, f"{what} is a whole number from {least:,} to {most:,}; this is {written}.")
    return None


def aggregate(node: tree.Aggregated, event: Schema, selection: Selection, scope: Scope) -> Aggregate | None:
    """``count of E``, ``sum of E.p`` .."""
    if node.property is None:
        return Aggregate("count", selection, None, NUMBER, node.span)
    kind = find_property_type(event, node.property, scope)
    if kind is None:
        return None
    name = f"{event.name}.{node.property.text}"
    if node.kind == "distinct":
        if not isinstance(kind, SetOf):
            return Aggregate("distinct", selection, node.property.text, NUMBER, node.span)
        message = f"`distinct of` counts different values, and `{name}` is {describe(kind)}."
        scope.findings.add("type-mismatch", node.property.span, message, "Take a property of one value.")
        return None
    if kind not in AGGREGATED_TYPES[node.kind]:
        takes = " or ".join(f"a {one}" for one in AGGREGATED_TYPES[node.kind])
        message = f"`{node.kind} of` takes {takes}; `{name}` is {describe(kind)}."
        hint = f"Count the events with `count of {event.name}`, or pick one with `latest {name}`."
        scope.findings.add("type-mismatch", node.property.span, message, hint)
        return None
    return Aggregate(node.kind, selection, node.property.text, kind, node.span)


def pick(node: tree.Picked, event: Schema, selection: Selection, scope: Scope) -> Pick | None:
    """``latest E.p``, ``first E.p``, ``top E.p``."""
    kind = find_property_type(event, node.property, scope)
    return Pick(node.which, selection, node.property.text, kind, node.span) if kind is not None else None
