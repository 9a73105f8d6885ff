"""Which events a selection selects: its limits in time, its ``where``, what follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlglot import exp

from dearly.evaluation.sql.expressions import write
from dearly.evaluation.sql.rows import EventRows
from dearly.evaluation.sql.terms import binary, call, every, is_missing, number, some
from dearly.evaluation.sql.zones import PERIOD_COLUMNS
from dearly.language.program import DayStart, Instant, Selection, Sequence
from dearly.language.requirements import PERIOD_HORIZONS_US
from dearly.language.types import DAY_US, DURATION, TIME, WEEK_US


def is_selected(selection: Selection, rows: EventRows, next_us: exp.Expr | None) -> exp.Expr:
    """Whether an event is one of a selection's; ``next_us`` is when the next that follows it was."""
    conditions = list(_limits(selection, rows))
    if selection.weekdays is not None:
        conditions.append(_is_on(selection.weekdays, rows))
    if selection.where is not None:
        conditions.append(write(selection.where, rows))
    if selection.sequence is not None:
        assert next_us is not None
        conditions += _is_followed_as_asked(selection.sequence, rows, next_us)
    return every(conditions)


def may_matter(selections: Iterable[Selection], rows: EventRows) -> list[exp.Expr]:
    """Limits that all selected events keep, so that no others are read: now, and the earliest start."""
    limits = [binary(exp.LTE, rows.time_us, rows.draft.parameters.now())]
    starts = [_earliest(selection, rows) for selection in selections]
    if starts and None not in starts:
        known = [start for start in starts if start is not None]
        earliest = known[0] if len(known) == 1 else call("LEAST", *known)
        limits.append(binary(exp.GTE, rows.time_us, earliest))
    return limits


def _limits(selection: Selection, rows: EventRows) -> Iterator[exp.Expr]:
    parameters, time_us = rows.draft.parameters, rows.time_us
    if selection.older_than_us is None:
        yield binary(exp.LTE, time_us, parameters.now())
    else:
        yield exp.LTE(this=time_us, expression=parameters.before_now(selection.older_than_us))
    if selection.within_us is not None:
        yield exp.GT(this=time_us.copy(), expression=parameters.before_now(selection.within_us))
    if selection.since is not None:
        yield binary(exp.GTE, time_us.copy(), write(selection.since, rows))
    if selection.before is not None:
        yield binary(exp.LT, time_us.copy(), write(selection.before, rows))
    if selection.period is not None:
        yield binary(exp.GTE, time_us.copy(), rows.of_zone(PERIOD_COLUMNS[selection.period]))


def _earliest(selection: Selection, rows: EventRows) -> exp.Expr | None:
    """An instant before which no event is selected, whosever it is; None where there is none."""
    parameters = rows.draft.parameters
    if selection.within_us is not None:
        return parameters.before_now(selection.within_us)
    if selection.since is not None:
        return _surely_before(selection.since, rows)
    if selection.period is not None:
        return parameters.before_now(PERIOD_HORIZONS_US[selection.period])
    return None


def _surely_before(since: Instant, rows: EventRows) -> exp.Expr:
    bind = rows.draft.parameters.bind
    if isinstance(since, DayStart):
        return bind((since.days - 2) * DAY_US, TIME)
    return bind(since.value, TIME)


def _is_on(weekdays: frozenset[int], rows: EventRows) -> exp.Expr:
    """Whether the event's local date is one of the weekdays: how far into the local week is it?"""
    bind = rows.draft.parameters.bind
    into_week = call("MOD", binary(exp.Sub, rows.time_us, rows.of_clock("monday_us")), number(WEEK_US))
    runs = [
        every(
            (
                binary(exp.GTE, into_week.copy(), bind(first * DAY_US, DURATION)),
                binary(exp.LT, into_week.copy(), bind((last + 1) * DAY_US, DURATION)),
            )
        )
        for first, last in _runs(sorted(weekdays))
    ]
    return some(runs)


def _runs(days: list[int]) -> Iterator[tuple[int, int]]:
    """The first and last of each run of neighbouring weekdays."""
    starts = [day for day in days if day - 1 not in days]
    ends = [day for day in days if day + 1 not in days]
    return zip(starts, ends, strict=True)


def _is_followed_as_asked(sequence: Sequence, rows: EventRows, next_us: exp.Expr) -> Iterator[exp.Expr]:
    time_us = rows.time_us
    if sequence.within_us is None:
        if sequence.negated:
            yield some((is_missing(next_us), binary(exp.LTE, next_us.copy(), time_us)))
        else:
            yield binary(exp.GT, next_us, time_us)
        return
    parameters = rows.draft.parameters
    deadline = exp.Add(this=time_us, expression=parameters.bind(sequence.within_us, DURATION))
    if not sequence.negated:
        yield exp.LTE(this=next_us, expression=deadline)
        return
    yield exp.LTE(this=deadline, expression=parameters.now())
    yield some((is_missing(next_us), exp.GT(this=next_us.copy(), expression=deadline.copy())))
