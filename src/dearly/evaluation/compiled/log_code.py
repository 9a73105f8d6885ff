"""Code for what is made of an event log once for all instants of a search: kept events, and timelines."""

from __future__ import annotations

from collections.abc import Sequence

from dearly.evaluation.compiled.expression_code import Scope, holds
from dearly.evaluation.compiled.plan import EventSource, opening
from dearly.evaluation.compiled.source import Source
from dearly.evaluation.compiled.window_code import (
    instant_text,
    log_text,
    reach_text,
    selected_log,
)
from dearly.language.program import EventProperty, Selection


def write_kept(source: Source, kept: EventSource, name: str) -> None:
    """The function that gives the kept events of a source."""
    start = reach_text(source, source.plan.reach[kept])
    if kept.where is None:
        log = log_text(source, EventSource(kept.event, None, None))
        days = source.constant(kept.weekdays)
        source.function(name, _remembered_log(name, [], f"on_weekdays({log}, {start}, e.zone, {days})"))
        return
    scope = Scope(source, row=EventProperty)
    condition = holds(kept.where, scope).text
    loop = [
        *scope.ahead,
        "times = []",
        "rows = []",
        f"for t, p in events_after({log_text(source, kept._replace(where=None))}, {start}):",
        f"    if {condition}:",
        "        times.append(t)",
        "        rows.append(p)",
    ]
    source.function(name, _remembered_log(name, loop, "Kept(times, rows)"))


def write_timeline(source: Source, selection: Selection, name: str) -> None:
    """The function that gives a selection's timeline."""
    start = reach_text(source, frozenset([opening(selection)]))
    window = f"{start}, {selection.older_than_us or 0}, {selection.within_us}"
    if selection.before is not None:
        window += f", {instant_text(selection.before)}"
    made = f"window_timeline({selected_log(source, selection)}, {window})"
    if selection.period is not None:
        made = f"period_timeline({made}, e.zone, {source.constant(selection.period)})"
    sequence = selection.sequence
    if sequence is not None:
        followers = f"{log_text(source, EventSource(sequence.event, sequence.where, None))}.times_us"
        made = f"sequence_timeline({made}, {sequence.negated}, {followers}, {sequence.within_us})"
    source.function(name, _remembered_log(name, [], made))


def _remembered_log(name: str, ahead: Sequence[str], made: str) -> list[str]:
    """A body that makes a log once for an evaluation and those at later instants."""
    return [
        "logs = e.logs",
        f"if {name!r} in logs:",
        f"    return logs[{name!r}]",
        *ahead,
        f"made = logs[{name!r}] = {made}",
        "return made",
    ]
