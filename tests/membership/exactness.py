"""That no flip is missed, none told early, none at the wrong instant: the reference is asked from scratch.

``python -m tests.membership.exactness 100000`` asks of so many histories; ``--first`` is the first seed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from dearly.evaluation import Facts
from dearly.evaluation.reference import value_of
from dearly.evaluation.reference.flips import candidate_instants
from dearly.language.program import Program
from dearly.language.traversal import definitions
from dearly.language.types import DAY_US, SECOND_US
from dearly.membership import State, Watched, state_of, watch_program
from tests.evaluation.generator import random_case
from tests.membership.watched_customer import Happening, WatchedCustomer, happenings, view_on

CUSTOMERS = 20
"""Histories that are watched by one program: making and compiling it costs more than asking it."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A history whose transitions are not what the reference says."""

    seed: int
    customer: int
    name: str
    told: Sequence[object]
    true: Sequence[object]


def check_histories(first: int, count: int) -> Iterator[Wrong]:
    """What is wrong in so many histories."""
    for seed in range(first, first + -(-count // CUSTOMERS)):
        case = random_case(seed, CUSTOMERS, 2)
        watched = watch_program(case.program)
        for number, facts in enumerate(case.customers):
            yield from _check(seed, number, watched, facts)


def _check(seed: int, number: int, watched: Watched, facts: Facts) -> Iterator[Wrong]:
    events = happenings(facts)
    if not events:
        return
    random = Random(seed * CUSTOMERS + number)
    arrivals = sorted(
        ((one.time_us - _ahead(random), one) for one in events), key=lambda each: (each[0], each[1].time_us)
    )
    customer = WatchedCustomer(view_on(watched), facts)
    last_us = arrivals[-1][0] + 40 * DAY_US
    live(customer, arrivals, last_us, random)
    whole, birth_us = customer.read(), customer.known_since_us
    for name in watched.names:
        told = [(each.at_us, each.before, each.after) for each in customer.transitions(name)]
        true = _true_course(watched.program, name, whole, birth_us, last_us)
        if told != true:
            yield Wrong(seed, number, name, told, true)


def _ahead(random: Random) -> int:
    """How long before its time an event arrives: mostly at its time, never late."""
    return random.choice((0, 0, 0, 1, SECOND_US, DAY_US))


def live(
    customer: WatchedCustomer,
    arrivals: Sequence[tuple[int, Happening]],
    last_us: int,
    random: Random | None = None,
) -> None:
    """A worker that looks when something arrives, and when its timer says so, never else.

    By chance (None: never) it is late, and now and then a patch comes that changes nothing.
    """
    waiting = list(arrivals)
    lags_us = (0, 0, SECOND_US, 3 * DAY_US) if random is not None and random.randrange(2) else (0,)
    while True:
        instants = [waiting[0][0]] if waiting else []
        if customer.next_us is not None:
            instants.append(customer.next_us)
        if not instants or min(instants) > last_us:
            return
        now_us = min(instants)
        if random is not None:
            now_us = max(now_us, min(now_us + random.choice(lags_us), last_us))
            if random.randrange(3) == 0:
                customer.change_profile(customer.facts.profile)
        while waiting and waiting[0][0] <= now_us:
            customer.arrive([waiting.pop(0)[1]])
        customer.look(now_us)


def _true_course(
    program: Program, name: str, facts: Facts, birth_us: int, last_us: int
) -> list[tuple[int, State, State]]:
    """Every change of a name's state after the customer came into being."""
    candidates = candidate_instants(program, definitions(program, name), facts)
    course: list[tuple[int, State, State]] = []
    before: State = None
    for at_us in [birth_us, *sorted(each for each in candidates if birth_us < each <= last_us)]:
        after = state_of(value_of(program, name, facts, at_us))
        if after != before:
            course.append((at_us, before, after))
        before = after
    return course


def main() -> int:
    """Ask, tell what is wrong."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("count", type=int)
    options.add_argument("--first", type=int, default=0)
    given = options.parse_args()
    wrong = list(check_histories(given.first, given.count))
    for one in wrong[:10]:
        print(one)
    print(f"{given.count:,} histories, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
