"""Windows that no event can be in, or none any more after a while."""

from __future__ import annotations

from dearly.language.checking.findings import Findings
from dearly.language.program import DayStart, Instant, Literal, Selection
from dearly.language.requirements import PERIOD_HORIZONS_US
from dearly.language.spelling import spell, spell_duration
from dearly.language.syntax import tree
from dearly.language.types import DAY_US
from dearly.language.values import date_to_stored

ZONES_APART_US = DAY_US
"""A date begins in any zone less than this away from where it begins in UTC."""


def check_windows(node: tree.Events, selection: Selection, findings: Findings) -> bool:
    """Whether an event can be in all windows of the selection; if not, that is reported.

    A window that only the past could have filled is reported too, as a warning.
    """
    faulty = (
        _is_too_young(node, findings)
        or _is_before_period(node, findings)
        or _ends_before_it_begins(node, selection, findings)
    )
    if not faulty:
        _warn_of_fixed_end(node, selection, findings)
    return not faulty


def _is_too_young(node: tree.Events, findings: Findings) -> bool:
    within, older_than = node.within, node.older_than
    if within is None or older_than is None or older_than.us < within.us:
        return False
    message = "No event is both so recent and so old: `older than` must be shorter than `within`."
    hint = "`within 30 days older than 2 days` is from 30 to 2 days ago."
    findings.add("empty-window", older_than.span, message, hint)
    return True


def _is_before_period(node: tree.Events, findings: Findings) -> bool:
    period, older_than = node.period, node.older_than
    if period is None or older_than is None or older_than.us < PERIOD_HORIZONS_US[period.name]:
        return False
    message = f"No event of `{period.name}` is older than {spell_duration(older_than.us)}."
    hint = f"Leave out `{period.name}`, or give `older than` a shorter time."
    findings.add("empty-window", older_than.span, message, hint)
    return True


def _ends_before_it_begins(node: tree.Events, selection: Selection, findings: Findings) -> bool:
    since, before = selection.since, selection.before
    if node.before is None or since is None or before is None or not is_not_after(before, since):
        return False
    message = f"No event is since {spell(since)} and before {spell(before)}."
    hint = f"Write the earlier one first: `since {spell(before)} before {spell(since)}`."
    if since == before:
        after = _day(before) + 1
        hint = f"`before` leaves its own day out: write `before {date_to_stored(after)}`."
    findings.add("empty-window", node.before.span, message, hint)
    return True


def is_not_after(one: Instant, other: Instant) -> bool:
    """Whether ``one`` is proved to be no later than ``other``, whatever the customer's zone."""
    if isinstance(one, Literal) == isinstance(other, Literal):
        return _plain(one) <= _plain(other)
    apart_us = _in_utc_us(other) - _in_utc_us(one)
    return apart_us >= ZONES_APART_US


def _plain(instant: Instant) -> int:
    if isinstance(instant, DayStart):
        return instant.days
    assert isinstance(instant.value, int)
    return instant.value


def _in_utc_us(instant: Instant) -> int:
    return _plain(instant) * DAY_US if isinstance(instant, DayStart) else _plain(instant)


def _day(instant: Instant) -> int:
    return _in_utc_us(instant) // DAY_US


def _warn_of_fixed_end(node: tree.Events, selection: Selection, findings: Findings) -> None:
    """A fixed end beside a window that moves on: the two part one day, for ever."""
    before = selection.before
    rolling: tuple[str, int] | None = None
    if selection.within_us is not None:
        rolling = f"within {spell_duration(selection.within_us)}", selection.within_us
    elif selection.period is not None:
        rolling = selection.period, PERIOD_HORIZONS_US[selection.period]
    if node.before is None or before is None or rolling is None:
        return
    window, reach_us = rolling
    end = spell(before)
    last = _day(before) + -(-reach_us // DAY_US)
    message = (
        f"`{window}` moves on and `before {end}` does not: "
        f"from about {date_to_stored(last)} on, no event is both."
    )
    fixed = f"since {date_to_stored(_day(before) - reach_us // DAY_US)} before {end}"
    hint = f"Leave one of them out, or write a fixed stretch of time: `{fixed}`."
    findings.add("fixed-window", node.before.span, message, hint)
