"""What a look at one customer comes to. Pure: a plan and facts in, a standing and what is to be told out.

After any look, what is kept is what an evaluation from scratch says as of then; what was told in between are
the moves from the one to the other, each at the exact instant at which it came about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dearly.evaluation import Facts
from dearly.language.calendar import zone_of
from dearly.language.types import HOUR_US, MINUTE_US
from dearly.membership.firing import Firing, Move, Zones, run_trigger
from dearly.membership.moving import Moved, Transition, move
from dearly.membership.planning import Plan, Task, View, least
from dearly.membership.standing import (
    NOT_FIRED,
    NOT_IN,
    GenerationStanding,
    NameStanding,
    Standing,
    State,
    TriggerStanding,
    state_of,
)
from dearly.store import MemberChange

LATE_US = HOUR_US
"""What an event brought longer ago than this sets off triggers only if it is so still, and now: history that
is imported is no reason to write to anybody."""
SOON_US = MINUTE_US
"""After so long somebody else looks at what was left to others."""


@dataclass(frozen=True, slots=True)
class Advanced:
    """What a look came to. ``told`` are transitions and what triggers emitted, in the order to tell them;
    ``restless`` the names that moved too often to follow."""

    standing: Standing
    next_us: int | None
    changes: Sequence[MemberChange]
    told: Sequence[Transition | Firing]
    restless: Sequence[str]


def advance(view: View, plan: Plan, facts: Mapping[int, Facts], *, is_whole: bool = False) -> Advanced:
    """Bring a customer up to ``plan.now_us``.

    ``facts`` are by generation: what the rules of each make of the events in the plan's ranges. ``is_whole``
    says that they hold all events of these types.

    Raises:
        ReachesFurtherBack: the facts do not suffice, which only happens where they are not whole.
    """
    moved: dict[int, Moved] = {}
    for task in plan.tasks:
        older = _older(task, plan, moved)
        moved[task.number] = move(task, plan, facts.get(task.number), is_whole, older)
    kept = _kept(view, plan, moved)
    changes = [change for each in moved.values() for change in each.changes]
    told: Sequence[Transition | Firing] = ()
    triggers = plan.standing.triggers
    serving = next((task for task in plan.tasks if task.number == view.serving), None)
    if serving is not None:
        gone = {number: kept.pop(number) for number in view.leaving if number in kept}
        changes += [
            MemberChange(number, name, None, plan.now_us) for number in gone for name in gone[number].names
        ]
        triggers, told = _tell(serving, moved[serving.number], gone, plan, facts.get(serving.number))
    generations = kept | {number: _settled(view, plan, number, each) for number, each in moved.items()}
    standing = Standing(generations, triggers)
    restless = [name for each in moved.values() for name in each.restless]
    return Advanced(standing, _next_us(view, standing, serving, plan.now_us), changes, told, restless)


def _older(task: Task, plan: Plan, moved: Mapping[int, Moved]) -> Mapping[str, NameStanding]:
    """Where the customer stands by now in the generation before one that was not looked at yet."""
    generations = plan.standing.generations
    if task.before is not None or not generations:
        return {}
    number = max(generations)
    return moved[number].names if number in moved else generations[number].names


def _kept(view: View, plan: Plan, moved: Mapping[int, Moved]) -> dict[int, GenerationStanding]:
    """The generations that cannot be evaluated here, with what whoever can has still to look at."""
    kept = {
        number: _missing_out(each, plan)
        for number, each in plan.standing.generations.items()
        if number in view.present and number not in moved
    }
    if view.serving is not None and view.serving not in moved and view.serving not in kept:
        kept[view.serving] = _missing_out(GenerationStanding(plan.now_us, {}), plan)
    return kept


def _settled(view: View, plan: Plan, number: int, moved: Moved) -> GenerationStanding:
    """Where the customer stands now; of names that are not known here, with what was missed."""
    if number not in view.partly:
        return GenerationStanding(plan.now_us, moved.names)
    before = plan.standing.generations.get(number)
    missed, since_us = (before.missed, before.missed_since_us) if before is not None else (frozenset(), None)
    return _missing_out(GenerationStanding(plan.now_us, moved.names, missed, since_us), plan)


def _missing_out(standing: GenerationStanding, plan: Plan) -> GenerationStanding:
    if not plan.due.touched:
        return standing
    return GenerationStanding(
        standing.as_of_us,
        standing.names,
        standing.missed | plan.due.touched,
        least(standing.missed_since_us, plan.due.touched_since_us),
    )


# ---------------------------------------------------------------------------------------------- what is told


def _tell(
    task: Task, moved: Moved, gone: Mapping[int, GenerationStanding], plan: Plan, facts: Facts | None
) -> tuple[Mapping[str, TriggerStanding], list[Transition | Firing]]:
    """What the rules changed, then the transitions in order of time, and among them what triggers emit."""
    moves: list[Transition | Firing] = list(moved.transitions)
    triggers = plan.standing.triggers
    if facts is not None and task.watched.triggers:
        triggers, fired = _run_triggers(task, moved, plan, facts)
        moves += fired
    return triggers, [*_rules_changed(task, moved, gone, plan.now_us), *sorted(moves, key=_at)]


def _rules_changed(
    task: Task, moved: Moved, gone: Mapping[int, GenerationStanding], now_us: int
) -> Iterator[Transition]:
    """What was told under the rules before, against what the new ones said before this look.

    Of several generations that were left the oldest was told; the others never served to an end.
    """
    if not gone:
        return
    told = gone[min(gone)].names
    said = task.before.names if task.before is not None else moved.names
    for name in dict.fromkeys((*told, *task.watched.names)):
        before, after = told.get(name, NOT_IN).state, said.get(name, NOT_IN).state
        if before != after:
            yield Transition(name, before, after, now_us, "rules_change")


def _run_triggers(
    task: Task, moved: Moved, plan: Plan, facts: Facts
) -> tuple[Mapping[str, TriggerStanding], list[Firing]]:
    triggers = dict(plan.standing.triggers)
    settings = task.watched.program.settings
    zones: Zones = {"customer": zone_of(settings, facts.profile), "package": settings.timezone}
    fired: list[Firing] = []
    for name in dict.fromkeys((*(each.name for each in moved.transitions), *_waiting(task, plan))):
        moves, state_at = _moves(task, name, moved, plan.now_us), _state_at(task, facts, name)
        for trigger in task.watched.triggers.get(name, ()):
            before = triggers.pop(trigger.name, NOT_FIRED)
            standing, more = run_trigger(trigger, zones, before, moves, plan.now_us, state_at)
            fired += more
            if standing != NOT_FIRED:
                triggers[trigger.name] = standing
    return triggers, fired


def _at(told: Transition | Firing) -> tuple[int, bool]:
    return told.at_us, isinstance(told, Firing)


def _waiting(task: Task, plan: Plan) -> Iterator[str]:
    """The names whose triggers wait for an instant that has come."""
    for name, triggers in task.watched.triggers.items():
        for trigger in triggers:
            waiting = plan.standing.triggers.get(trigger.name, NOT_FIRED).waiting
            if waiting is not None and waiting.until_us <= plan.now_us:
                yield name


def _moves(task: Task, name: str, moved: Moved, now_us: int) -> list[Move]:
    return [
        Move(each.at_us, each.before, each.after, each.cause, _is_late(task, each, now_us))
        for each in moved.transitions
        if each.name == name
    ]


def _is_late(task: Task, moved: Transition, now_us: int) -> bool:
    """Whether it was of an event that came long after it happened; what time alone brought is on time."""
    came_of_us = task.touched_since_us
    is_old = came_of_us is not None and came_of_us <= moved.at_us < now_us - LATE_US
    return is_old or moved.cause == "late_event"


def _state_at(task: Task, facts: Facts, name: str) -> Callable[[int], State]:
    return lambda at_us: state_of(task.watched.compiled.at(facts, at_us).value(name))


def _next_us(view: View, standing: Standing, serving: Task | None, now_us: int) -> int | None:
    """When the next look is due by time alone. What is over already, and was left since it is not known here,
    is for whoever knows it: soon."""
    instants: list[int] = []  # lists, and nothing asked of triggers that there are not: 3 % of a look
    for number, each in standing.generations.items():
        if number not in view.leaving:
            instants += [one.next_us for one in each.names.values() if one.next_us is not None]
            if number == view.serving and each.missed:
                instants.append(now_us)
    if standing.triggers:
        known = serving.watched.emitted if serving is not None else {}
        instants += [
            each.waiting.until_us
            for name, each in standing.triggers.items()
            if each.waiting is not None and name in known
        ]
    return min((each if each > now_us else now_us + SOON_US for each in instants), default=None)
