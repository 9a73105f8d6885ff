"""Code for where a selection's window opens and closes, and for the log that it is laid upon.

What holds whatever now is (an event's ``where``, its weekday) makes the log; the rest are two instants, and
the window's events are those between: later than the one, up to the other.
"""

from __future__ import annotations

from dearly.evaluation.compiled.plan import EventSource, Opening, opening
from dearly.evaluation.compiled.source import Source
from dearly.language.program import DayStart, Instant, Selection


def log_text(source: Source, events: EventSource) -> str:
    """The log of an event type, or of those of its events that are kept."""
    if events.where is None and events.weekdays is None:
        return f"e.events.get({source.constant(events.event)}, NO_EVENTS)"
    return f"{source.kept_name(events)}(e)"


def selected_log(source: Source, selection: Selection) -> str:
    """The log that a selection's window is laid upon."""
    return log_text(source, EventSource(selection.event, selection.where, selection.weekdays))


def after_text(source: Source, selection: Selection) -> str | None:
    """The instant that the window's events are later than; None: it is open to the beginning."""
    return _opening_text(source, opening(selection), "e.now_us")


def until_text(selection: Selection) -> str:
    """The last instant of the window."""
    older_us = selection.older_than_us
    ends = [f"e.now_us - {older_us}" if older_us else "e.now_us"]
    if selection.before is not None:
        ends.append(f"{instant_text(selection.before)} - 1")
    return ends[0] if len(ends) == 1 else f"min({', '.join(ends)})"


def reach_text(source: Source, openings: frozenset[Opening]) -> str:
    """An instant that every event is later than which one of the windows holds, at the origin or after it."""
    texts = [
        _opening_text(source, found, "e.origin_us") or "BEGINNING" for found in sorted(openings, key=str)
    ]
    if not texts:
        return "BEGINNING"
    return texts[0] if len(texts) == 1 else f"min({', '.join(texts)})"


def crosses(selection: Selection) -> bool:
    """Whether the window may close before it opens, as only the instant of asking tells."""
    return selection.since is not None or selection.before is not None or selection.period is not None


def never_opens(selection: Selection) -> bool:
    """Whether the window can hold no event, whenever one asks."""
    return selection.within_us is not None and selection.within_us <= (selection.older_than_us or 0)


def instant_text(instant: Instant) -> str:
    """A fixed time."""
    if isinstance(instant, DayStart):
        return f"day_start(e.zone, {instant.days})"
    assert isinstance(instant.value, int)
    return str(instant.value)


def _opening_text(source: Source, opened: Opening, at: str) -> str | None:
    texts = []
    if opened.within_us is not None:
        texts.append(f"{at} - {opened.within_us}")
    if opened.since is not None:
        texts.append(f"{instant_text(opened.since)} - 1")
    if opened.period is not None:
        texts.append(f"period_began(e, {source.constant(opened.period)}, {at}) - 1")
    if not texts:
        return None
    return texts[0] if len(texts) == 1 else f"max({', '.join(texts)})"
