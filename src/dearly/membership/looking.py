"""Looks at customers, a batch at a time: what each needs is read in one call, and what comes of it is told.

One customer whose evaluation fails does not stop the others: that is logged (by a keyed hash), and tried
again after a delay that doubles with each failure, up to an hour. What was touched is remembered meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog

from dearly.evaluation import Facts, read_facts
from dearly.language.types import END_OF_TIME_US, SECOND_US
from dearly.membership.advancing import Advanced, advance
from dearly.membership.emitting import emit_ranges, emitted_values
from dearly.membership.feed_records import firing_body, transition_body
from dearly.membership.firing import Firing
from dearly.membership.flips import MOST_FLIPS
from dearly.membership.moving import ReachesFurtherBack
from dearly.membership.planning import Plan, View, all_of, plan_look
from dearly.membership.standing import NameStanding, Standing, read_standing, write_standing
from dearly.membership.watching import Watched
from dearly.store import CustomerQuery, CustomerRows, Due, EventRange, Look, LookAt, ReadCustomers

HashOf: TypeAlias = Callable[[str], str]
"""Names a customer in the log without saying who it is."""

LONGEST_DELAY_US = 3_600 * SECOND_US

_log = structlog.get_logger("dearly.membership")


@dataclass(slots=True)
class _Looking:
    """One customer's look under way: its plan, and what has become of it so far.

    Exactly one of ``advanced`` and ``error`` is there in the end.
    """

    plan: Plan
    advanced: Advanced | None = None
    error: Exception | None = None
    feed: list[str] = field(default_factory=list)

    @property
    def firings(self) -> list[Firing]:
        told = self.advanced.told if self.advanced is not None else ()
        return [each for each in told if isinstance(each, Firing)]


def looks_at(view: View, now_us: int, hash_of: HashOf, between: Callable[[], None]) -> LookAt:
    """What to give a store's ``look_at_due`` or ``look_at_page``; see the module.

    ``between`` is called before each customer.
    """

    def look_at(due: Sequence[Due], read: ReadCustomers) -> Sequence[Look]:
        looking = [_Looking(plan_look(view, each, read_standing(each.standing), now_us)) for each in due]
        _advance_each(view, looking, read, between)
        _tell_each(view, looking, read)
        return [_look(each, hash_of) for each in looking]

    return look_at


def names_now(
    view: View, number: int, now_us: int, due: Sequence[Due], read: ReadCustomers
) -> list[Mapping[str, NameStanding]]:
    """Where customers stand now in a generation, by name, whether the worker has looked at them or not.

    Nothing is kept. Of a generation whose rules are not known here, and of customers whose evaluation fails,
    it is what the last look left.
    """
    looking = [_Looking(plan_look(view, each, read_standing(each.standing), now_us)) for each in due]
    _advance_each(view, looking, read)
    return [_names_in(number, each) for each in looking]


def _names_in(number: int, looking: _Looking) -> Mapping[str, NameStanding]:
    standing = looking.advanced.standing if looking.advanced is not None else looking.plan.standing
    found = standing.generations.get(number)
    return found.names if found is not None else {}


def _advance_each(
    view: View, looking: Sequence[_Looking], read: ReadCustomers, between: Callable[[], None] = lambda: None
) -> None:
    """Advance all; those whose past decides once more, with all of their events."""
    rows = _read(read, [(each.plan, each.plan.ranges) for each in looking if each.plan.needs_rows])
    further = []
    for each in looking:
        between()
        if not _try_to_advance(view, each, rows, is_whole=False):
            further.append(each)
    rows = _read(read, [(each.plan, all_of(each.plan.ranges)) for each in further])
    for each in further:
        _try_to_advance(view, each, rows, is_whole=True)


def _try_to_advance(
    view: View, looking: _Looking, rows: Mapping[str, CustomerRows], *, is_whole: bool
) -> bool:
    """Whether it came to an end, be it an error."""
    try:
        facts = _facts(view, rows.get(looking.plan.due.customer_id))
        looking.advanced = advance(view, looking.plan, facts, is_whole=is_whole)
    except ReachesFurtherBack:
        return False
    except Exception as error:  # noqa: BLE001 - one customer's outermost frame: the others go on
        looking.error = error
    return True


def _tell_each(view: View, looking: Sequence[_Looking], read: ReadCustomers) -> None:
    """Write the records for the feed; of those who fire a trigger, what it emits is read first."""
    if view.serving is None or view.serving not in view.watched:
        return
    watched = view.watched[view.serving]
    firing = [(each, each.firings) for each in looking if each.firings]
    rows = _read(read, [(each.plan, emit_ranges(watched, firings)) for each, firings in firing])
    for each in looking:
        if each.advanced is None or not each.advanced.told:
            continue
        try:
            each.feed = _bodies(watched, each.advanced, rows.get(each.plan.due.customer_id))
        except Exception as error:  # noqa: BLE001 - as above
            each.error, each.advanced = error, None


def _bodies(watched: Watched, advanced: Advanced, rows: CustomerRows | None) -> list[str]:
    rules = watched.program.version
    facts = read_facts(watched.reader, rows.profile, rows.logs) if rows is not None else Facts()
    return [
        firing_body(told, emitted_values(watched, told, facts), rules)
        if isinstance(told, Firing)
        else transition_body(told, rules)
        for told in advanced.told
    ]


def _look(looking: _Looking, hash_of: HashOf) -> Look:
    plan, advanced = looking.plan, looking.advanced
    customer_id = plan.due.customer_id
    if advanced is None:
        return _failed(looking, hash_of)
    if advanced.restless:
        _log.warning(
            "restless_names",
            customer=hash_of(customer_id),
            names=sorted(advanced.restless),
            followed=MOST_FLIPS,
            done="told by their last state only",
        )
    standing = write_standing(advanced.standing)
    return Look(customer_id, advanced.next_us, standing, advanced.changes, looking.feed)


def _failed(looking: _Looking, hash_of: HashOf) -> Look:
    """Leave everything as it was, remember what was touched, and try again later."""
    plan, before = looking.plan, looking.plan.standing
    delay_us = min(SECOND_US << min(before.failures, 32), LONGEST_DELAY_US)
    _log.error(
        "look_failed",
        customer=hash_of(plan.due.customer_id),
        failures_in_a_row=before.failures + 1,
        again_in_s=delay_us // SECOND_US,
        error=type(looking.error).__name__,
    )
    standing = Standing(
        before.generations,
        before.triggers,
        before.failures + 1,
        plan.due.touched,
        plan.due.touched_since_us,
    )
    return Look(plan.due.customer_id, plan.now_us + delay_us, write_standing(standing), (), ())


def _read(
    read: ReadCustomers, wanted: Sequence[tuple[Plan, Sequence[EventRange]]]
) -> dict[str, CustomerRows]:
    """The rows by customer, in one call; events stamped in the future too, since their times are flips."""
    if not wanted:
        return {}
    queries = [CustomerQuery(plan.due.customer_id, ranges, END_OF_TIME_US) for plan, ranges in wanted]
    found = read(queries)
    return {query.customer_id: rows for query, rows in zip(queries, found, strict=True)}


def _facts(view: View, rows: CustomerRows | None) -> dict[int, Facts]:
    """The same rows as the rules of each generation read them."""
    if rows is None:
        return {}
    return {
        number: read_facts(watched.reader, rows.profile, rows.logs)
        for number, watched in view.watched.items()
    }
