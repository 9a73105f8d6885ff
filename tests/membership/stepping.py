"""A clock that is stepped second by second, and timers beside it: what they say is so at each second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dearly.evaluation import Facts
from dearly.language.types import SECOND_US
from dearly.membership import State, Watched, watch_program
from tests.evaluation.generator import random_case
from tests.membership.watched_customer import WatchedCustomer, happenings, view_on

DURATIONS = tuple(seconds * SECOND_US for seconds in (1, 2, 3, 5, 8, 13))
CUSTOMERS = 10
LONGEST_S = 120


@dataclass(frozen=True, slots=True)
class Differs:
    """At an instant the states that are kept are not those that are true."""

    seed: int
    customer: int
    at_us: int
    kept: dict[str, State]
    true: dict[str, State]


def check_steps(first: int, count: int) -> Iterator[Differs]:
    """What differs in so many histories."""
    for seed in range(first, first + -(-count // CUSTOMERS)):
        case = random_case(seed, CUSTOMERS, 2, DURATIONS, calendar=False)
        watched = watch_program(case.program)
        for number, facts in enumerate(case.customers):
            for at_us, kept, true in _step(watched, facts):
                if kept != true:
                    yield Differs(seed, number, at_us, kept, true)


def _step(watched: Watched, facts: Facts) -> Iterator[tuple[int, dict[str, State], dict[str, State]]]:
    """The states kept and the states true, at the first and the last microsecond of each second.

    Whoever is not due is not looked at.
    """
    events = sorted(happenings(facts), key=lambda one: one.time_us)
    customer = WatchedCustomer(view_on(watched), facts)
    if not events:
        return
    begin_us = events[0].time_us
    end_us = min(events[-1].time_us + 30 * SECOND_US, begin_us + LONGEST_S * SECOND_US)
    for second_us in range(begin_us, end_us, SECOND_US):
        for now_us in (second_us, second_us + SECOND_US - 1):
            arrived = [one for one in events if one.time_us <= now_us]
            customer.arrive(arrived)
            if customer.touched or (customer.next_us is not None and customer.next_us <= now_us):
                customer.look(now_us)
            yield now_us, customer.states, customer.true_states(watched.program, watched.names, now_us)
