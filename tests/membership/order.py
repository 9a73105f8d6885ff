"""That whatever order a history arrives in, however often, and whenever somebody looks, the end is the same.

``python -m tests.membership.order 100000`` asks of so many histories.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from dearly.evaluation import Facts
from dearly.evaluation.reference.flips import candidate_instants
from dearly.language.traversal import definitions
from dearly.language.types import DAY_US
from dearly.membership import State, Watched, state_of, watch_program
from tests.evaluation.generator import random_case
from tests.membership.watched_customer import Happening, WatchedCustomer, happenings, view_on

CUSTOMERS = 20


@dataclass(frozen=True, slots=True)
class Broken:
    """A history whose end depends on how it arrived."""

    seed: int
    customer: int
    what: str
    seen: object
    expected: object


def check_orders(first: int, count: int) -> Iterator[Broken]:
    """What is broken in so many histories."""
    for seed in range(first, first + -(-count // CUSTOMERS)):
        case = random_case(seed, CUSTOMERS, 2)
        watched = watch_program(case.program)
        for number, facts in enumerate(case.customers):
            for what, seen, expected in _check(Random(seed * CUSTOMERS + number), watched, facts):
                yield Broken(seed, number, what, seen, expected)


def _check(random: Random, watched: Watched, facts: Facts) -> Iterator[tuple[str, object, object]]:
    events = happenings(facts)
    if not events:
        return
    begin_us, end_us = min(one.time_us for one in events), max(one.time_us for one in events) + 3 * DAY_US
    for _ in range(2):
        customer = _shuffled(random, watched, facts, events, begin_us, end_us)
        yield "states", customer.states, customer.true_states(watched.program, watched.names, end_us)
        for name in watched.names:
            yield f"chain of {name}", _chain(customer, name), True
            yield f"end of {name}", _net(customer, name), (None, customer.states.get(name))
            yield f"since of {name}", *_since(watched, customer, name, end_us)
            yield f"next of {name}", *_next(watched, customer, name, end_us)


def _shuffled(
    random: Random, watched: Watched, facts: Facts, events: Sequence[Happening], begin_us: int, end_us: int
) -> WatchedCustomer:
    """Every event comes once or more, in any order; looks are at any times, some twice at one."""
    arriving = [*events, *random.choices(events, k=random.randrange(4))]
    random.shuffle(arriving)
    instants = [one.time_us + random.choice((0, 0, 1, -1)) for one in events]
    looks = sorted(random.choices([begin_us, *instants, end_us], k=random.randrange(6)))
    customer = WatchedCustomer(view_on(watched), facts)
    for now_us in looks:
        share = random.randrange(len(arriving) + 1)
        customer.arrive(arriving[:share])
        arriving = arriving[share:]
        if customer.touched or customer.standing:
            customer.look(min(now_us, end_us))
    customer.arrive(arriving)
    customer.look(end_us)
    return customer


def _chain(customer: WatchedCustomer, name: str) -> bool:
    state: State = None
    for each in customer.transitions(name):
        if each.before != state or each.after == state:
            return False
        state = each.after
    return True


def _net(customer: WatchedCustomer, name: str) -> tuple[State, State]:
    told = customer.transitions(name)
    return (told[0].before, told[-1].after) if told else (None, None)


def _since(watched: Watched, customer: WatchedCustomer, name: str, end_us: int) -> tuple[object, object]:
    """Since when it is so, where that came about after the customer was known."""
    facts = customer.read()
    candidates = candidate_instants(watched.program, definitions(watched.program, name), facts)
    course = [
        (at_us, state_of(watched.compiled.at(facts, at_us).value(name)))
        for at_us in sorted(each for each in candidates if each <= end_us)
    ]
    state = customer.states.get(name)
    changes = [
        at_us for (at_us, after), (_, before) in zip(course[1:], course, strict=False) if after != before
    ]
    if state is None or not changes or changes[-1] <= customer.known_since_us:
        return None, None  # it was so before anything happened: it dates from when the customer was known
    return customer.names[name].since_us, changes[-1]


def _next(watched: Watched, customer: WatchedCustomer, name: str, end_us: int) -> tuple[object, object]:
    facts = customer.read()
    at = watched.compiled.at(facts, end_us)
    state = state_of(at.value(name))
    flips = (at_us for at_us, value in at.course(name) if state_of(value) != state)
    known = customer.names.get(name)
    return (known.next_us if known else None), next(flips, None)


def main() -> int:
    broken = [one for one in check_orders(0, int(sys.argv[1])) if one.seen != one.expected]
    for one in broken[:10]:
        print(one)
    print(len(broken), "broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
