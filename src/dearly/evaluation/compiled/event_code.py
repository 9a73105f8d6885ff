"""Code for conditions and aggregates over events: bisection of the event log at one instant, or watched.

Selections without a sequence are bisected in the log itself where that is enough: nothing is built. Watched
aggregates, and selections with a sequence, go through the selection's timeline.
"""

from __future__ import annotations

from dearly.evaluation.compiled.source import Fragment, Source, remembered
from dearly.evaluation.compiled.window_code import (
    after_text,
    crosses,
    never_opens,
    selected_log,
    until_text,
)
from dearly.language.program import Aggregate, Occurs, Pick, Selection, TimeSince
from dearly.language.traversal import OverEvents

_AGGREGATES = {
    "sum": "exact_sum",
    "average": "exact_average",
    "min": "lowest",
    "max": "highest",
    "distinct": "distinct",
}
_POSITIONS = {"latest": "-1", "first": "0"}


def leaf_fragment(source: Source, leaf: OverEvents, *, watched: bool) -> Fragment:
    """The leaf's value; several places that ask for an equal leaf share one answer."""
    if watched:
        return Fragment(_watched_text(source, leaf), _is_optional(leaf))
    text = _text(source, leaf)
    slot = source.plan.shared_leaves.get(leaf)
    if slot is None:
        return Fragment(text, _is_optional(leaf), height=1)
    name = f"a{slot}"
    if name not in source.shared_written:
        source.shared_written.add(name)
        source.function(name, remembered(slot, text))
    return Fragment(f"{name}(e)", _is_optional(leaf))


def selected_rows(source: Source, selection: Selection) -> str:
    """The selected events' properties, in event order."""
    return _part(source, selection, "rows")


def _is_optional(leaf: OverEvents) -> bool:
    if isinstance(leaf, Aggregate):
        return leaf.kind not in ("count", "sum", "distinct")
    return not isinstance(leaf, Occurs)


def _text(source: Source, leaf: OverEvents) -> str:
    selection = leaf.selection
    match leaf:
        case Occurs(quantifier="at least"):
            return _at_least(source, selection, leaf.count)
        case Occurs(quantifier="at most"):
            return f"(not {_at_least(source, selection, leaf.count + 1)})"
        case Occurs(count=0):
            return f"(not {_at_least(source, selection, 1)})"
        case Occurs():
            return f"({_count(source, selection)} == {leaf.count})"
        case Aggregate(kind="count"):
            return f"float({_count(source, selection)})"
        case Aggregate():
            rows = selected_rows(source, selection)
            return f"{_AGGREGATES[leaf.kind]}({rows}, {source.constant(leaf.property)})"
        case Pick(which="top"):
            return f"most_frequent({selected_rows(source, selection)}, {source.constant(leaf.property)})"
        case Pick():
            rows = selected_rows(source, selection)
            return f"property_at({rows}, {_POSITIONS[leaf.which]}, {source.constant(leaf.property)})"
        case TimeSince():
            times = _part(source, selection, "times")
            return f"time_since(e.now_us, {times}, {_POSITIONS[leaf.which]})"


def _at_least(source: Source, selection: Selection, count: int) -> str:
    """Whether the ``count``-th event back lies within: one bisection takes a third less than two."""
    if count <= 0:
        return "True"
    if selection.sequence is not None:
        return f"({_count(source, selection)} >= {count})"
    log, until = selected_log(source, selection), until_text(selection)
    after = after_text(source, selection)
    if after is None:
        return f"(bisect({log}.times_us, {until}) >= {count})"
    times, past_last = source.name("t"), source.name("t")
    return (
        f"(({past_last} := bisect({times} := {log}.times_us, {until})) >= {count}"
        f" and {times}[{past_last} - {count}] > {after})"
    )


def _count(source: Source, selection: Selection) -> str:
    if selection.sequence is not None:
        return f"count_at({source.timeline_name(selection)}(e), e.now_us)"
    if never_opens(selection):
        return "0"
    times, until = f"{selected_log(source, selection)}.times_us", until_text(selection)
    after = after_text(source, selection)
    if after is None:
        return f"bisect({times}, {until})"
    shared = source.name("t")
    count = f"bisect({shared} := {times}, {until}) - bisect({shared}, {after})"
    return f"max(0, {count})" if crosses(selection) else f"({count})"


def _part(source: Source, selection: Selection, part: str) -> str:
    """The selected events' properties (``rows``) or ``times``, in event order."""
    if selection.sequence is not None:
        return f"{part}_at({source.timeline_name(selection)}(e), e.now_us)"
    after = after_text(source, selection) or "BEGINNING"
    return f"{part}_between({selected_log(source, selection)}, {after}, {until_text(selection)})"


def _watched_text(source: Source, leaf: OverEvents) -> str:
    is_plain = leaf.selection.sequence is None and not crosses(leaf.selection)
    if is_plain and isinstance(leaf, Occurs):
        return _watched_occurs(source, leaf)
    if is_plain and isinstance(leaf, Aggregate) and leaf.kind == "count":
        return f"watch_window_count(e, {_window(source, leaf.selection)})"
    timeline = f"{source.timeline_name(leaf.selection)}(e)"
    match leaf:
        case Occurs(quantifier="at least"):
            return _watch_at_least(timeline, leaf.count)
        case Occurs(quantifier="at most"):
            return f"(not {_watch_at_least(timeline, leaf.count + 1)})"
        case Occurs(count=0):
            return f"(not {_watch_at_least(timeline, 1)})"
        case Occurs():
            return f"watch_exactly(e, {timeline}, {leaf.count})"
        case Aggregate(kind="count"):
            return f"watch_count(e, {timeline})"
        case Aggregate():
            return f"watch_{leaf.kind}(e, {timeline}, {source.constant(leaf.property)})"
        case Pick(which="top"):
            return f"watch_most_frequent(e, {timeline}, {source.constant(leaf.property)})"
        case Pick():
            position, name = _POSITIONS[leaf.which], source.constant(leaf.property)
            return f"watch_property(e, {timeline}, {position}, {name})"
        case TimeSince():
            return f"watch_elapsed(e, {timeline}, {_POSITIONS[leaf.which]})"


def _watched_occurs(source: Source, leaf: Occurs) -> str:
    """Without building anything: 0.6 µs a condition, where a timeline of 20 events takes 2.5."""
    window = _window(source, leaf.selection)
    match leaf:
        case Occurs(quantifier="at least"):
            return _watch_window(window, leaf.count)
        case Occurs(quantifier="at most"):
            return f"(not {_watch_window(window, leaf.count + 1)})"
        case Occurs():
            fewer = f"(not {_watch_window(window, leaf.count + 1)})"
            return f"({_watch_window(window, leaf.count)} and {fewer})" if leaf.count else fewer


def _window(source: Source, selection: Selection) -> str:
    log = selected_log(source, selection)
    return f"{log}.times_us, {selection.older_than_us or 0}, {selection.within_us}"


def _watch_window(window: str, count: int) -> str:
    return f"watch_window(e, {window}, {count})" if count > 0 else "True"


def _watch_at_least(timeline: str, count: int) -> str:
    return f"watch_at_least(e, {timeline}, {count})" if count > 0 else "True"
