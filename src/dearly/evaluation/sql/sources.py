"""Passes over events: every measure of a source in one grouped query, one row a customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlglot import exp

from dearly.evaluation.sql.conditions import is_selected, may_matter
from dearly.evaluation.sql.dialects import data_type, filtered, millionths, picked
from dearly.evaluation.sql.measures import Followed, Measure, Source
from dearly.evaluation.sql.relations import (
    CUSTOMER_ID,
    TIME_US,
    Storage,
    column_name,
    event_table,
    storage_of,
)
from dearly.evaluation.sql.rows import EVENT, FOLLOWER, Draft, EventRows
from dearly.evaluation.sql.terms import (
    alias,
    binary,
    cast,
    column,
    derived,
    every,
    is_present,
    join,
    name,
    number,
    select,
)
from dearly.language.program import Selection

NEXT_US = "next$us"
"""Of an event in a source with a sequence: when the next of those that count as following it was."""
_FOLLOWS = "follows$"


def source_query(draft: Draft, source: Source, measures: Mapping[Measure, str]) -> exp.Select:
    """The query of a source, its columns named as given."""
    rows = EventRows(draft, source.event, EVENT)
    if source.top is not None:
        return _most_frequent(rows, source, source.top, measures[source.top])
    selections = list(dict.fromkeys(measure.selection for measure in measures))
    conditions = {one: is_selected(one, rows, _next_us(source)) for one in selections}
    only = conditions[selections[0]] if len(selections) == 1 else None
    columns = [
        alias(
            _aggregate(rows, measure, None if only is not None else conditions[measure.selection].copy()),
            text,
        )
        for measure, text in measures.items()
    ]
    where = [only] if only is not None else may_matter(selections, rows)
    return _query(rows, source, selections, [rows.customer_id, *columns], where, [rows.customer_id])


def _query(
    rows: EventRows,
    source: Source,
    selections: Sequence[Selection],
    columns: Iterable[exp.Expr],
    where: Iterable[exp.Expr],
    group: Iterable[exp.Expr],
) -> exp.Select:
    followed = source.followed
    if followed is None:
        return select(columns, rows.table(), rows.joins(), every(where), group)
    follower = EventRows(rows.draft, followed.event, FOLLOWER)
    if not followed.bounded:
        last = _last_followers(follower, followed)
        same = binary(exp.EQ, column(FOLLOWER, CUSTOMER_ID), rows.customer_id)
        joins = [*rows.joins(), join(derived(last, FOLLOWER), same, left=True)]
        return select(columns, rows.table(), joins, every(where), group)
    own = exp.EQ(this=column(EVENT, _FOLLOWS), expression=number(0))
    events = derived(_with_next(rows, follower, followed, selections), EVENT)
    return select(columns, events, rows.joins(), every((own, *where)), group)


# ------------------------------------------------------------------------------------------------- aggregates


def _aggregate(rows: EventRows, measure: Measure, condition: exp.Expr | None) -> exp.Expr:
    """A measure over those rows of which the condition is true (None: all that the query selects)."""
    if measure.kind == "count":
        return filtered(exp.Count(this=exp.Star()), condition)
    if measure.kind in ("last_us", "first_us"):
        extreme = exp.Max if measure.kind == "last_us" else exp.Min
        return filtered(extreme(this=rows.time_us), condition)
    assert measure.column is not None
    value = rows.of_event(measure.column)
    match measure.kind:
        case "present":
            return filtered(exp.Count(this=value), condition)
        case "distinct":
            return filtered(exp.Count(this=exp.Distinct(expressions=[value])), condition)
        case "total":
            return filtered(exp.Sum(this=millionths(rows.draft.dialect, value)), condition)
        case "min":
            return filtered(exp.Min(this=value), condition)
        case "max":
            return filtered(exp.Max(this=value), condition)
        case _:
            storage = _storage(rows, measure)
            last = measure.kind == "latest"
            return picked(rows.draft.dialect, value, rows.position, storage, condition, last=last)


def _storage(rows: EventRows, measure: Measure) -> Storage:
    assert measure.property is not None
    return storage_of(rows.draft.program.events[rows.event].fields[measure.property].type)


def _most_frequent(rows: EventRows, source: Source, top: Measure, text: str) -> exp.Select:
    """The value that most events have; of several such, the one that was last seen latest."""
    assert top.column is not None
    assert top.property is not None
    own, shown = rows.of_event(_told_apart(top)), rows.of_event(top.column)
    condition = [is_selected(top.selection, rows, _next_us(source)), is_present(own.copy())]
    order = [
        exp.Ordered(this=measured, desc=True)
        for measured in (exp.Count(this=exp.Star()), exp.Max(this=rows.position))
    ]
    place = exp.Window(
        this=exp.RowNumber(), partition_by=[rows.customer_id], order=exp.Order(expressions=order)
    )
    columns = [rows.customer_id, alias(shown, text), alias(place, "place$")]
    groups = list({each.sql(): each for each in (rows.customer_id, own.copy(), shown.copy())}.values())
    ranked = _query(rows, source, [top.selection], columns, condition, groups)
    first = exp.EQ(this=column("ranked", "place$"), expression=number(1))
    return select(
        [column("ranked", CUSTOMER_ID), column("ranked", text)], derived(ranked, "ranked"), where=first
    )


def _told_apart(measure: Measure) -> str:
    """The column by which values are told apart, also where they are shown with their case folded."""
    assert measure.property is not None
    return column_name(measure.property)


# -------------------------------------------------------------------------------------------------- sequences


def _next_us(source: Source) -> exp.Expr | None:
    if source.followed is None:
        return None
    return column(EVENT if source.followed.bounded else FOLLOWER, NEXT_US)


def _last_followers(follower: EventRows, followed: Followed) -> exp.Select:
    """When the last of a customer's following events was: an event before it was followed."""
    where = is_selected(Selection(followed.event, followed.where), follower, None)
    latest = alias(exp.Max(this=follower.time_us), NEXT_US)
    return select(
        [follower.customer_id, latest], follower.table(), follower.joins(), where, [follower.customer_id]
    )


def _with_next(
    rows: EventRows, follower: EventRows, followed: Followed, selections: Sequence[Selection]
) -> exp.Select:
    """The events that may matter, each with the time of the next that follows it.

    Both sorts of events, latest first, and at one instant those that may be followed first: so the least time
    of a follower met so far is that of the next one. One pass, however many events a customer has.
    """
    table = event_table(rows.draft.program, rows.event)
    storages = {each.name: each.storage for each in table.columns}
    shown = list(dict.fromkeys((CUSTOMER_ID, TIME_US, *rows.properties)))
    own = [column(EVENT, text) for text in shown]
    bigint = Storage("bigint")
    first = select(
        [*own, alias(_null(bigint), "follower$us"), alias(number(0), _FOLLOWS)],
        rows.table(),
        where=every(may_matter(selections, rows)),
    )
    # What follows an event is later than it, so it keeps their limits too.
    where = every(
        (
            is_selected(Selection(followed.event, followed.where), follower, None),
            *may_matter(selections, follower)[1:],
        )
    )
    others = [
        follower.customer_id,
        follower.time_us,
        *(_null(storages[text]) for text in shown[2:]),
        follower.time_us,
        number(1),
    ]
    second = select(others, follower.table(), follower.joins(), where)
    both = exp.Union(this=first, expression=second, distinct=False)
    order = [
        exp.Ordered(this=column("both", TIME_US), desc=True),
        exp.Ordered(this=column("both", _FOLLOWS), desc=False),
    ]
    next_us = exp.Window(
        this=exp.Min(this=column("both", "follower$us")),
        partition_by=[column("both", CUSTOMER_ID)],
        order=exp.Order(expressions=order),
        spec=exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"),
    )
    seen = [column("both", text) for text in (*shown, _FOLLOWS)]
    return select(
        [*seen, alias(next_us, NEXT_US)], exp.Subquery(this=both, alias=exp.TableAlias(this=name("both")))
    )


def _null(storage: Storage) -> exp.Expr:
    return cast(exp.null(), data_type(storage))
