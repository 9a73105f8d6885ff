"""Whether a store that outlived its servers holds what it ought to: events, membership, what was told."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from dearly.evaluation import facts_reader, read_facts
from dearly.language import Program
from dearly.language.types import END_OF_TIME_US
from dearly.membership import MembershipEngine, state_of, watch_program
from dearly.store import EventRange, FeedRecord, GenerationState, Store, customer_pages
from tests.crash.instants import Arrival, Instants, Told, judge_instants, replayed, told_of
from tests.crash.sending import Sender

PAGE = 1_000
TRIGGER, SETS_OFF = "reminder", "waiting"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found: up to ``triggers_wrong``, none but ``acked`` may be anything but 0.

    Of what was ``told`` (``told_in_time`` by servers), ``exact`` records have an instant of a replay from
    scratch; late events explain the others, and why ``left_out`` instants were not told.
    """

    acked: int
    lost: int
    doubled: int
    refused: int
    memberships_wrong: int
    transitions_lost: int
    instants_wrong: int
    triggers_wrong: int
    told: int
    exact: int
    left_out: int
    told_in_time: int
    fired: int

    @property
    def is_good(self) -> bool:
        """Whether all is as it ought to be."""
        wrong = (self.lost, self.doubled, self.refused, self.memberships_wrong)
        return not any((*wrong, self.transitions_lost, self.instants_wrong, self.triggers_wrong))


def judge(store: Store, program: Program, sender: Sender) -> Verdict:
    """Let membership come up to now, and look at everything."""
    now_us = time.time_ns() // 1_000
    in_time = store.feed_ends()[1]
    _catch_up(store, program, now_us)
    kept = Counter(event_id for customer_id in _customers(store) for event_id in _events(store, customer_id))
    states = _states_kept(store, program)
    records = list(_feed(store))
    told = [(record.customer_id, msgspec.json.decode(record.body)) for record in records]
    instants = _instants(store, program, records, _arrivals(sender), now_us)
    fired = Counter(customer_id for customer_id, record in told if record["kind"] == "trigger")
    return Verdict(
        acked=len(sender.acked),
        lost=sum(event_id not in kept for event_id in sender.acked),
        doubled=sum(count - 1 for count in kept.values()),
        refused=len(sender.refused),
        memberships_wrong=_memberships_wrong(store, program, states, now_us),
        transitions_lost=_broken_links(told, states),
        instants_wrong=instants.wrong,
        triggers_wrong=_triggers_wrong(told, fired),
        told=len(told),
        exact=instants.exact,
        left_out=instants.left_out,
        told_in_time=in_time,
        fired=fired.total(),
    )


def _catch_up(store: Store, program: Program, now_us: int) -> None:
    watched = watch_program(program)
    engine = MembershipEngine(store, lambda: watched, lambda: now_us, lambda customer_id: customer_id)
    while engine.step():
        pass


def _customers(store: Store) -> Iterator[str]:
    for page in customer_pages(store, (), 0):
        yield from (customer_id for customer_id, _ in page)


def _events(store: Store, customer_id: str) -> list[str]:
    held = store.export_customer(customer_id)
    return [event.event_id for event in held.events] if held is not None else []


def _states_kept(store: Store, program: Program) -> Mapping[tuple[str, str], str]:
    """By customer and name, the states that are kept."""
    (serving,) = (one for one in store.generations() if one.state is GenerationState.SERVING)
    found: dict[tuple[str, str], str] = {}
    for name in (*program.segments, *program.lifecycles):
        after: str | None = None
        while page := store.members(serving.number, name, after, PAGE):
            found |= {(member.customer_id, name): member.state for member in page}
            after = page[-1].customer_id
    return found


def _memberships_wrong(
    store: Store, program: Program, states: Mapping[tuple[str, str], str], now_us: int
) -> int:
    """How many states differ from what an evaluation from scratch says."""
    compiled, reader = watch_program(program).compiled, facts_reader(program)
    ranges = [EventRange(event, None) for event in program.events]
    wrong = 0
    for page in customer_pages(store, ranges, END_OF_TIME_US):
        for customer_id, rows in page:
            at = compiled.at(read_facts(reader, rows.profile, rows.logs), now_us)
            for name in (*program.segments, *program.lifecycles):
                wrong += state_of(at.value(name)) != states.get((customer_id, name))
    return wrong


def _instants(
    store: Store,
    program: Program,
    records: Sequence[FeedRecord],
    arrivals: Mapping[str, Sequence[Arrival]],
    now_us: int,
) -> Instants:
    """Everything that was told against a replay of everybody's events."""
    told: dict[tuple[str, str], list[Told]] = defaultdict(list)
    for record in records:
        body = msgspec.json.decode(record.body)
        if body["kind"] in ("segment", "lifecycle"):
            told[record.customer_id, body["name"]].append(told_of(body, record.recorded_us))
    watched, reader = watch_program(program), facts_reader(program)
    ranges = [EventRange(event, None) for event in program.events]
    judged = Instants()
    for page in customer_pages(store, ranges, END_OF_TIME_US):
        for customer_id, rows in page:
            facts = read_facts(reader, rows.profile, rows.logs)
            for name in watched.names:
                true = replayed(watched, name, facts, now_us)
                judged += judge_instants(told[customer_id, name], true, arrivals[customer_id])
    return judged


def _arrivals(sender: Sender) -> Mapping[str, Sequence[Arrival]]:
    """By customer; what was never acknowledged may be known any time."""
    found: dict[str, list[Arrival]] = defaultdict(list)
    for event in sender.sent:
        known_us = sender.acked.get(event.event_id, END_OF_TIME_US)
        found[event.customer_id].append(Arrival(event.time.ToMicroseconds(), known_us))
    return found


def _feed(store: Store) -> Iterator[FeedRecord]:
    position = 0
    while page := store.read_feed(position, PAGE):
        yield from page
        position = page[-1].position


def _broken_links(told: list[tuple[str, dict[str, Any]]], states: Mapping[tuple[str, str], str]) -> int:
    """How many records begin where none ended, and how many states are kept that none led to."""
    last: dict[tuple[str, str], str | None] = defaultdict(lambda: None)
    broken = 0
    for customer_id, record in told:
        if record["kind"] in ("segment", "lifecycle"):
            key = (customer_id, record["name"])
            broken += record["from"] != last[key] or record["from"] == record["to"]
            last[key] = record["to"]
    return broken + sum(last[key] != states.get(key) for key in {*last, *states})


def _triggers_wrong(told: list[tuple[str, dict[str, Any]]], fired: Mapping[str, int]) -> int:
    """Customers who entered and were not told of, or more often than the limit lets them be."""
    entered = {
        customer_id
        for customer_id, record in told
        if record["kind"] == "segment" and record["name"] == SETS_OFF and record["to"] == "in"
    }
    return sum(fired.get(customer_id, 0) != 1 for customer_id in entered) + sum(
        customer_id not in entered for customer_id in fired
    )
