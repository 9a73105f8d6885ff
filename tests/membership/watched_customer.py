"""A customer under the eyes of membership, on a fake clock and without a store: every look in plain sight.

What the store does is done here as its contract says it: what came in since the last look is touched, the
ranges asked for are all that is read, and the standing is kept as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dearly.evaluation import EventLog, Facts
from dearly.evaluation.reference import value_of
from dearly.language.program import Program
from dearly.language.types import Value
from dearly.membership import Firing, State, Watched, state_of
from dearly.membership.advancing import Advanced, advance
from dearly.membership.moving import ReachesFurtherBack, Transition
from dearly.membership.planning import Plan, View, all_of, plan_look
from dearly.membership.standing import NameStanding, read_standing, write_standing
from dearly.store import ALL_TOUCHED, PROFILE_TOUCHED, Due, EventRange

GENERATION = 1


@dataclass(frozen=True, slots=True)
class Happening:
    """One event: its place among those of its type and instant stands for its source and id."""

    type: str
    time_us: int
    place: int
    properties: Mapping[str, Value] = field(compare=False)


def happenings(facts: Facts) -> list[Happening]:
    """A customer's events one by one."""
    return [
        Happening(kind, time_us, place, properties)
        for kind, log in facts.events.items()
        for place, (time_us, properties) in enumerate(zip(log.times_us, log.properties, strict=True))
    ]


def view_on(watched: Watched) -> View:
    """One generation, which serves."""
    return View(frozenset({GENERATION}), GENERATION, (), {GENERATION: watched})


@dataclass(slots=True)
class WatchedCustomer:
    """Somebody to whom things happen, and who is looked at."""

    view: View
    facts: Facts
    """All but the events, which are known as they arrive."""
    known: set[Happening] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    touched_since_us: int | None = None
    standing: str | None = None
    next_us: int | None = None
    known_since_us: int = 0
    """The least time of the events that the first look was about; of none, that look's own."""
    told: list[Transition | Firing] = field(default_factory=list)

    def arrive(self, arrived: Iterable[Happening]) -> None:
        """Events come in; those that came before change nothing."""
        for one in arrived:
            if one not in self.known:
                self.known.add(one)
                self.touched.add(one.type)
                known_us = self.touched_since_us
                self.touched_since_us = one.time_us if known_us is None else min(known_us, one.time_us)

    def change_profile(self, profile: Mapping[str, Value]) -> None:
        """Fields change."""
        self.facts = replace(self.facts, profile=profile)
        self.touched.add(PROFILE_TOUCHED)

    def merge(self, other: Iterable[Happening]) -> None:
        """Somebody else turns out to be the same, with these events."""
        self.known |= set(other)
        self.touched.add(ALL_TOUCHED)

    def look(self, now_us: int) -> Sequence[Transition | Firing]:
        """Be looked at; what was told of it."""
        if self.standing is None:
            self.known_since_us = (
                now_us if self.touched_since_us is None else min(self.touched_since_us, now_us)
            )
        due = Due("ada", now_us, frozenset(self.touched), self.touched_since_us, self.standing)
        plan = plan_look(self.view, due, read_standing(self.standing), now_us)
        advanced = self._advance(plan)
        self.standing = write_standing(advanced.standing)
        self.next_us = advanced.next_us
        self.touched, self.touched_since_us = set(), None
        self.told += advanced.told
        return advanced.told

    def _advance(self, plan: Plan) -> Advanced:
        numbers = self.view.watched
        try:
            return advance(self.view, plan, dict.fromkeys(numbers, self.read(plan.ranges)))
        except ReachesFurtherBack:
            whole = dict.fromkeys(numbers, self.read(all_of(plan.ranges)))
            return advance(self.view, plan, whole, is_whole=True)

    def read(self, ranges: Sequence[EventRange] | None = None) -> Facts:
        """The customer with just the events of these ranges (None: with all)."""
        since = None if ranges is None else {each.type: each.since_us for each in ranges}
        by_type: dict[str, list[Happening]] = {}
        for one in sorted(self.known, key=lambda one: (one.time_us, one.place)):
            if since is None or (
                one.type in since and (since[one.type] is None or one.time_us > since[one.type])
            ):
                by_type.setdefault(one.type, []).append(one)
        return replace(
            self.facts,
            events={
                kind: EventLog(tuple(one.time_us for one in log), tuple(one.properties for one in log))
                for kind, log in by_type.items()
            },
        )

    @property
    def names(self) -> Mapping[str, NameStanding]:
        """Where the last look left it, by name."""
        return self.names_in(GENERATION)

    def names_in(self, generation: int) -> Mapping[str, NameStanding]:
        """The same in another generation."""
        return read_standing(self.standing).generations[generation].names

    @property
    def states(self) -> dict[str, State]:
        """The states alone; of nothing, none."""
        return {name: each.state for name, each in self.names.items() if each.state is not None}

    def true_states(self, program: Program, names: Iterable[str], now_us: int) -> dict[str, State]:
        """What an evaluation from scratch, by the reference, says as of now."""
        facts = self.read()
        found = {name: state_of(value_of(program, name, facts, now_us)) for name in names}
        return {name: state for name, state in found.items() if state is not None}

    def transitions(self, name: str | None = None) -> list[Transition]:
        """What was told of one name, or of all."""
        told = [each for each in self.told if isinstance(each, Transition)]
        return [each for each in told if name is None or each.name == name]
