"""What a look at a customer has to do: which names, in which generations, from when on, on which events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal as OneOf
from typing import TypeAlias

from dearly.membership.fingerprint import meanings_in
from dearly.membership.standing import NOT_IN, GenerationStanding, Standing
from dearly.membership.watching import Watched
from dearly.store import ALL_TOUCHED, Due, EventRange, Generation, GenerationState

Cause: TypeAlias = OneOf["time", "event", "late_event", "profile", "merge", "rules_change"]
"""Why a transition came about."""


@dataclass(frozen=True, slots=True)
class View:
    """The generations that there are, and the rules of those that this process can evaluate.

    ``present`` and ``leaving`` are numbers, ``leaving`` ascending; ``watched`` has those that serve or are
    built, by number. Of those in ``partly`` it has only the names that mean the same in the rules known here:
    while new rules are built beside old ones that nobody here knows any more, what both have is kept up
    in both. ``served`` are the names of the generation that serves (None: not known).
    """

    present: frozenset[int]
    serving: int | None
    leaving: tuple[int, ...]
    watched: Mapping[int, Watched]
    partly: frozenset[int] = frozenset()
    served: frozenset[str] | None = None

    def knows(self, number: int | None) -> bool:
        """Whether all names of a generation can be evaluated here."""
        return number in self.watched and number not in self.partly


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done in one generation.

    ``before`` is where the customer stood in it (None: was not looked at in it yet). ``to_compare`` are names
    whose state is compared as it is now, for ``compared_for``; ``to_follow`` those followed from ``start_us``
    on; ``to_try`` those to compare that are followed just so if it was not the profile that changed them.
    ``touched_since_us`` is the least time of the events that came; ``is_born`` a customer of whom nothing
    was told before.
    """

    number: int
    watched: Watched
    before: GenerationStanding | None
    start_us: int
    touched_since_us: int | None
    to_compare: tuple[str, ...]
    compared_for: Cause
    to_follow: tuple[str, ...]
    to_try: frozenset[str] = frozenset()
    is_born: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A look at one customer, ready for the facts. Time does not run backwards: ``now_us`` is never before
    what was looked at already, whatever the clocks of several servers say."""

    due: Due
    standing: Standing
    now_us: int
    tasks: tuple[Task, ...]
    ranges: tuple[EventRange, ...]
    needs_rows: bool
    """Whether anything is to be read at all."""


def view_of(generations: Iterable[Generation], known: Mapping[str, Watched]) -> View:
    """The generations of a store, with the rules by fingerprint that are known here."""
    listed = list(generations)
    current = [each for each in listed if each.state is not GenerationState.LEAVING]
    serving = next((each for each in current if each.state is GenerationState.SERVING), None)
    whole = {each.number: known[each.fingerprint] for each in current if each.fingerprint in known}
    partly = _shared(current, known)
    return View(
        present=frozenset(each.number for each in listed),
        serving=serving.number if serving is not None else None,
        leaving=tuple(sorted(each.number for each in listed if each.state is GenerationState.LEAVING)),
        watched=whole | partly,
        partly=frozenset(partly),
        served=frozenset(meanings_in(serving.fingerprint)) or None if serving is not None else None,
    )


def _shared(current: Iterable[Generation], known: Mapping[str, Watched]) -> dict[int, Watched]:
    """Of two generations, one of which is not known here, what it has in common with the other."""
    found: dict[int, Watched] = {}
    both = sorted(current, key=lambda each: each.fingerprint in known)
    if len(both) == 2 and both[1].fingerprint in known and both[0].fingerprint not in known:
        shared = known[both[1].fingerprint].shared_with(both[0].fingerprint)
        if shared.names:
            found[both[0].number] = shared
    return found


def plan_look(view: View, due: Due, standing: Standing, now_us: int) -> Plan:
    """What a look at a customer now has to do. What a failed look left undone is done with it."""
    if standing.failures:
        due = replace(
            due,
            touched=due.touched | standing.missed,
            touched_since_us=least(due.touched_since_us, standing.missed_since_us),
        )
    latest_us = max((each.as_of_us for each in standing.generations.values()), default=now_us)
    now_us = max(now_us, latest_us)
    tasks: list[Task] = []
    ranges: Mapping[str, EventRange] = {}
    needs_rows = False
    for number, watched in sorted(view.watched.items()):
        if number in view.partly and not _may_be_partial(view, number, standing):
            continue
        task = _task(view, number, watched, due, standing, now_us)
        names = {*task.to_compare, *task.to_follow}
        if number == view.serving:
            names.update(_waited_for(watched, standing, now_us))
        tasks.append(task)
        if names:
            needs_rows = True
            ranges = reaching_back(watched.horizons(frozenset(names)), task.start_us, ranges)
    return Plan(due, standing, now_us, tuple(tasks), tuple(ranges.values()), needs_rows)


def _may_be_partial(view: View, number: int, standing: Standing) -> bool:
    """Not of one that is built and has yet to look at the customer: all names begin at one look. Nor before
    the customer has left a generation, since who leaves it has to know all of what comes after."""
    is_begun = number == view.serving or number in standing.generations
    return is_begun and not any(each in standing.generations for each in view.leaving)


def least(*instants: int | None) -> int | None:
    """The least of the instants that there are."""
    return min((each for each in instants if each is not None), default=None)


def reaching_back(
    horizons: Mapping[str, int | None], start_us: int, ranges: Mapping[str, EventRange]
) -> dict[str, EventRange]:
    """The ranges by type, widened so that windows of these horizons are whole from a start on."""
    widened = dict(ranges)
    for kind, horizon_us in horizons.items():
        since_us = None if horizon_us is None else start_us - horizon_us
        known = widened.get(kind)
        if known is not None:
            since_us = None if known.since_us is None or since_us is None else min(known.since_us, since_us)
        widened[kind] = EventRange(kind, since_us)
    return widened


def all_of(ranges: Sequence[EventRange]) -> list[EventRange]:
    """The same types, however far back."""
    return [EventRange(each.type, None) for each in ranges]


def _task(view: View, number: int, watched: Watched, due: Due, standing: Standing, now_us: int) -> Task:
    before = standing.generations.get(number)
    if before is not None:
        return _known(number, watched, before, due, now_us)
    if number != view.serving or standing.generations:
        return Task(number, watched, None, now_us, None, watched.names, "rules_change", ())
    if ALL_TOUCHED in due.touched:
        return Task(number, watched, None, now_us, None, watched.names, "merge", (), is_born=True)
    if due.touched_since_us is None:
        return Task(number, watched, None, now_us, None, watched.names, "profile", (), is_born=True)
    birth_us = min(due.touched_since_us, now_us)
    return Task(number, watched, None, birth_us, birth_us, (), "event", watched.names, is_born=True)


def _known(number: int, watched: Watched, before: GenerationStanding, due: Due, now_us: int) -> Task:
    touched = due.touched | before.missed if before.missed else due.touched
    since_us = least(due.touched_since_us, before.missed_since_us)
    changed = watched.touched_by(touched)
    follow = changed.to_follow
    elapsed = [
        name
        for name, each in before.names.items()
        if _is_over(each.next_us, now_us) and name in watched.reads  # it may be of rules not known here
    ]
    if elapsed:
        handled = {*changed.to_compare, *follow}
        follow = (*follow, *(name for name in elapsed if name not in handled))
    begins = [told_until_us(before, name) for name in elapsed]
    start_us = min(before.as_of_us, *begins) if begins else before.as_of_us
    if since_us is not None and (changed.to_follow or changed.by_both):
        start_us = min(start_us, since_us - 1)
    if ALL_TOUCHED in touched:
        return Task(number, watched, before, start_us, since_us, changed.to_compare, "merge", follow)
    to_try = frozenset(changed.to_compare).intersection((*changed.by_both, *elapsed))
    return Task(number, watched, before, start_us, since_us, changed.to_compare, "profile", follow, to_try)


def told_until_us(before: GenerationStanding, name: str) -> int:
    """Up to when it is known that a name was told: not beyond a flip that whoever looked last left to others,
    who know the name."""
    next_us = before.names.get(name, NOT_IN).next_us
    return before.as_of_us if next_us is None else min(before.as_of_us, next_us - 1)


def _waited_for(watched: Watched, standing: Standing, now_us: int) -> list[str]:
    """The names on which triggers waited until now."""
    if not standing.triggers:
        return []
    return [
        name
        for name, triggers in watched.triggers.items()
        for trigger in triggers
        if (told := standing.triggers.get(trigger.name)) is not None
        and told.waiting is not None
        and _is_over(told.waiting.until_us, now_us)
    ]


def _is_over(instant_us: int | None, now_us: int) -> bool:
    return instant_us is not None and instant_us <= now_us
