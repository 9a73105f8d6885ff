"""That rules may be edited at any time: what was told before, and after, adds up to what is so in the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from dearly.evaluation import Facts
from dearly.language.types import DAY_US
from dearly.membership import State, Watched, watch_program
from dearly.membership.planning import View
from tests.evaluation.generator import random_case
from tests.membership.watched_customer import Happening, WatchedCustomer, happenings

CUSTOMERS = 20
OLD, NEW = 1, 2


@dataclass(frozen=True, slots=True)
class Amiss:
    """An edit after which something does not add up."""

    seed: int
    customer: int
    what: str
    seen: object
    expected: object


def check_edits(first: int, count: int) -> Iterator[Amiss]:
    """What is amiss in so many histories, each of which goes through an edit."""
    for seed in range(first, first + -(-count // CUSTOMERS)):
        case = random_case(2 * seed, CUSTOMERS, 2)
        old = watch_program(case.program)
        new = watch_program(random_case(2 * seed + 1, 1, 1).program)
        for number, facts in enumerate(case.customers):
            random = Random(seed * CUSTOMERS + number)
            for what, seen, expected in _edit(random, old, new, facts):
                if seen != expected:
                    yield Amiss(seed, number, what, seen, expected)


def _edit(random: Random, old: Watched, new: Watched, facts: Facts) -> Iterator[tuple[str, object, object]]:
    events = happenings(facts)
    if not events:
        return
    random.shuffle(events)
    is_old_known = random.randrange(3) > 0
    customer = WatchedCustomer(_before(old), facts)
    now_us = min(one.time_us for one in events)
    for view in (_before(old), _meanwhile(old, new, is_old_known), _after(new)):
        customer.view = view
        for _ in range(random.randrange(1, 4)):
            now_us += random.choice((0, 1, DAY_US, 9 * DAY_US))
            _live_a_little(random, customer, events, now_us)
    customer.arrive(events)
    customer.look(now_us)
    states = _states(customer)
    yield "states", states, customer.true_states(new.program, new.names, now_us)
    yield "told", _told(customer), states


def _live_a_little(random: Random, customer: WatchedCustomer, events: list[Happening], now_us: int) -> None:
    for _ in range(random.randrange(min(4, len(events) + 1))):
        customer.arrive([events.pop()])
    customer.look(now_us)


def _before(old: Watched) -> View:
    return View(frozenset({OLD}), OLD, (), {OLD: old})


def _meanwhile(old: Watched, new: Watched, is_old_known: bool) -> View:
    known = {OLD: old} if is_old_known else {}
    return View(frozenset({OLD, NEW}), OLD, (), {**known, NEW: new})


def _after(new: Watched) -> View:
    return View(frozenset({OLD, NEW}), NEW, (OLD,), {NEW: new})


def _states(customer: WatchedCustomer) -> dict[str, State]:
    names = customer.names_in(NEW)
    return {name: each.state for name, each in names.items() if each.state is not None}


def _told(customer: WatchedCustomer) -> dict[str, State] | str:
    """What all that was told comes to; where a record does not follow from the one before, its name."""
    states: dict[str, State] = {}
    for each in customer.transitions():
        if states.get(each.name) != each.before or each.before == each.after:
            return each.name
        states[each.name] = each.after
    return {name: state for name, state in states.items() if state is not None}
