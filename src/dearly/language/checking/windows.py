"""Windows that no event can be in, or none any more after a while."""

from __future__ import annotations

from dearly.language.checking.findings import Findings
from dearly.language.program import DayStart, Instant, Literal, Selection
from dearly.language.requirements import PERIOD_HORIZONS_US, horizon_us
from dearly.language.spelling import spell, spell_duration
from dearly.language.syntax import tree
from dearly.language.types import DAY_US
from dearly.language.values import date_from_stored, date_to_stored

ZONES_APART_US = DAY_US
"""A date begins in any zone less than this away from where it begins in UTC."""

FIRST_DAY, LAST_DAY = date_from_stored("0001-01-01"), date_from_stored("9999-12-31")


def check_windows(node: tree.Events, selection: Selection, findings: Findings) -> bool:
    """Whether an event can be in all windows of the selection; if not, that is reported.

    What nothing is in after a while, or for another reason, is reported too, as a warning.
    """
    faulty = (
        _is_too_young(node, findings)
        or _is_before_period(node, findings)
        or _ends_before_it_begins(node, selection, findings)
    )
    if not faulty:
        _warn_of_fixed_end(node, selection, findings)
        _warn_of_long_wait(node, selection, findings)
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


def _date(days: int) -> str:
    """The date, or the nearest that can be written: windows reach past the first and last years."""
    return date_to_stored(min(max(days, FIRST_DAY), LAST_DAY))


def _warn_of_fixed_end(node: tree.Events, selection: Selection, findings: Findings) -> None:
    """A fixed end beside a window that moves on: the two part one day, for ever."""
    before = selection.before
    reach_us = horizon_us(selection)
    if node.before is None or before is None or reach_us is None:
        return
    window = _window(selection, reach_us)
    last = _date(_day(before) + -(-reach_us // DAY_US))
    end = spell(before)
    message = f"`{window}` moves on and `before {end}` does not: by {last}, about, no event is both any more."
    begin = _date(_day(before) - reach_us // DAY_US) if selection.within_us == reach_us else "DATE"
    hint = f"Leave one of them out, or write a fixed stretch of time: `since {begin} before {end}`."
    findings.add("fixed-window", node.before.span, message, hint)


def _window(selection: Selection, reach_us: int) -> str:
    """The clause that lets an event lie no further back than that."""
    if selection.within_us == reach_us:
        return f"within {spell_duration(reach_us)}"
    assert selection.period is not None
    return selection.period


def _warn_of_long_wait(node: tree.Events, selection: Selection, findings: Findings) -> None:
    """What is waited for longer than an event stays in its window never comes out."""
    followed, reach_us = node.followed, horizon_us(selection)
    if followed is None or not followed.negated or followed.within is None or reach_us is None:
        return
    if followed.within.us < reach_us:
        return
    waited, event = spell_duration(followed.within.us), node.event.text
    window = _window(selection, reach_us)
    message = (
        f"Whether a `{event}` is followed is known after {waited}, and none is still `{window}` by then: "
        "there is never one."
    )
    hint = f"Look further back for the `{event}`, or wait for less."
    findings.add("never-true", followed.within.span, message, hint)
