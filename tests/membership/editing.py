"""That rules may be edited at any time: what was told before, and after, adds up to what is so in the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from dearly.evaluation import Facts
from dearly.language.program import Not, Program
from dearly.language.types import DAY_US
from dearly.membership import State, Watched, watch_program
from dearly.membership.moving import Transition
from dearly.membership.planning import View, view_of
from dearly.membership.standing import NameStanding
from dearly.store import Generation, GenerationState
from tests.evaluation.generator import random_case
from tests.membership.watched_customer import Happening, WatchedCustomer, happenings

CUSTOMERS = 20
OLD, NEW = 1, 2
SERVING, BUILDING, LEAVING = GenerationState.SERVING, GenerationState.BUILDING, GenerationState.LEAVING


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
        new = watch_program(_edited(Random(seed), case.program, random_case(2 * seed + 1, 1, 1).program))
        for number, facts in enumerate(case.customers):
            random = Random(seed * CUSTOMERS + number)
            for what, seen, expected in _edit(random, old, new, facts):
                if seen != expected:
                    yield Amiss(seed, number, what, seen, expected)


def _edited(random: Random, program: Program, other: Program) -> Program:
    """A program by somebody else, or the same with one condition turned around, and one segment more."""
    if not program.segments or random.randrange(3) == 0:
        return other
    name = random.choice(sorted(program.segments))
    segment = program.segments[name]
    turned = replace(segment, condition=Not(segment.condition))
    more = replace(segment, name="more")
    return replace(
        program,
        segments={**program.segments, name: turned, "more": more},
        evaluation_order=(*program.evaluation_order, "more"),
    )


def _edit(random: Random, old: Watched, new: Watched, facts: Facts) -> Iterator[tuple[str, object, object]]:
    events = happenings(facts)
    if not events:
        return
    random.shuffle(events)
    is_old_known = random.randrange(3) > 0
    customer, twin = (WatchedCustomer(_view([old], (old, SERVING)), facts) for _ in range(2))
    known = [old, new] if is_old_known else [new]
    same = new.shared_with(old.fingerprint).names
    told: dict[str, NameStanding] = {}
    now_us = min(one.time_us for one in events)
    for view in (
        customer.view,
        _view(known, (old, SERVING), (new, BUILDING)),
        _view([new], (old, LEAVING), (new, SERVING)),
    ):
        customer.view = view
        for _ in range(random.randrange(1, 4)):
            now_us += random.choice((0, 1, DAY_US, 9 * DAY_US))
            _live_a_little(random, (customer, twin), events, now_us)
        if view.serving == OLD and view.knows(OLD):
            told = _others(customer, same)
        elif view.serving == OLD:
            yield "of names that are not known any more", _others(customer, same), told
    for each in (customer, twin):
        each.arrive(events)
        each.look(now_us)
    states = _states(customer)
    yield "states", states, customer.true_states(new.program, new.names, now_us)
    yield "told", _told(customer), states
    if same:
        yield "of names that mean the same", _moves_of(customer, same), _moves_of(twin, same)


def _live_a_little(
    random: Random, customers: tuple[WatchedCustomer, ...], events: list[Happening], now_us: int
) -> None:
    arrived = [events.pop() for _ in range(random.randrange(min(4, len(events) + 1)))]
    for each in customers:
        each.arrive(arrived)
        each.look(now_us)


def _view(known: Sequence[Watched], *generations: tuple[Watched, GenerationState]) -> View:
    """What a server sees that knows some rules, of generations numbered from 1."""
    rows = [
        Generation(number, watched.fingerprint, state, 0, None, 0)
        for number, (watched, state) in enumerate(generations, start=1)
    ]
    return view_of(rows, {each.fingerprint: each for each in known})


def _moves_of(customer: WatchedCustomer, names: Sequence[str]) -> list[Transition]:
    """What was told of some names, name by name. Of what a late event corrects, the instant is left out: it
    reaches back to the first event that somebody has missed, whose look it was."""
    told = [each for each in customer.transitions() if each.name in names]
    told = [replace(each, at_us=0) if each.cause == "late_event" else each for each in told]
    return sorted(told, key=lambda each: names.index(each.name))


def _others(customer: WatchedCustomer, same: Sequence[str]) -> dict[str, NameStanding]:
    """Where a customer stands under the rules before, by the names that have come to mean something else."""
    return {name: each for name, each in customer.names_in(OLD).items() if name not in same}


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
