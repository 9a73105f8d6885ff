"""What a look at one customer comes to. Pure: a plan and facts in, a standing and what is to be told out.

After any look, what is kept is what an evaluation from scratch says as of then; what was told in between are
the moves from the one to the other, each at the exact instant at which it came about.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dearly.evaluation import Facts
from dearly.language.calendar import zone_of
from dearly.membership.firing import Firing, Move, Zones, run_trigger
from dearly.membership.flips import Course, follow
from dearly.membership.planning import Cause, Plan, Task, View, least
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


class ReachesFurtherBack(Exception):
    """Since when something holds lies before the events that were read: look again with all of them."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A customer's move from one state in a segment or lifecycle to another."""

    name: str
    before: State
    after: State
    at_us: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class Advanced:
    """What a look came to. ``told`` are transitions and what triggers emitted, in the order to tell them;
    ``restless`` the names that moved too often to follow."""

    standing: Standing
    next_us: int | None
    changes: Sequence[MemberChange]
    told: Sequence[Transition | Firing]
    restless: Sequence[str]


@dataclass(slots=True)
class _Moved:
    """What became of one generation, as it is gathered."""

    names: dict[str, NameStanding]
    changes: list[MemberChange] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    restless: list[str] = field(default_factory=list)


def advance(view: View, plan: Plan, facts: Mapping[int, Facts], *, is_whole: bool = False) -> Advanced:
    """Bring a customer up to ``plan.now_us``.

    ``facts`` are by generation: what the rules of each make of the events in the plan's ranges. ``is_whole``
    says that they hold all events of these types.

    Raises:
        ReachesFurtherBack: the facts do not suffice, which only happens where they are not whole.
    """
    kept = {
        number: _missing_out(each, plan)
        for number, each in plan.standing.generations.items()
        if number in view.present and number not in view.watched
    }
    moved = {task.number: _move(task, plan, facts.get(task.number), is_whole) for task in plan.tasks}
    changes = [change for each in moved.values() for change in each.changes]
    told: list[Transition | Firing] = []
    triggers = plan.standing.triggers
    serving = next((task for task in plan.tasks if task.number == view.serving), None)
    if serving is not None:
        gone = {number: kept.pop(number) for number in view.leaving if number in kept}
        told += _rules_changed(serving, moved[serving.number], gone, plan.now_us)
        changes += [
            MemberChange(number, name, None, plan.now_us) for number in gone for name in gone[number].names
        ]
        triggers, more = _tell(serving, moved[serving.number], plan, facts.get(serving.number))
        told += more
    elif view.serving is not None and view.serving not in kept:
        kept[view.serving] = _missing_out(GenerationStanding(plan.now_us, {}), plan)
    generations = {
        **kept,
        **{number: GenerationStanding(plan.now_us, each.names) for number, each in moved.items()},
    }
    standing = Standing(generations, triggers)
    restless = [name for each in moved.values() for name in each.restless]
    known = frozenset(serving.watched.emitted) if serving is not None else frozenset()
    return Advanced(standing, _next_us(standing, moved, known), changes, told, restless)


# ------------------------------------------------------------------------------------------- one generation


def _move(task: Task, plan: Plan, facts: Facts | None, is_whole: bool) -> _Moved:
    """Bring one generation up to now."""
    known: Mapping[str, NameStanding] = task.before.names if task.before is not None else {}
    moved = _Moved(dict(known))
    if facts is None:
        return moved
    compiled = task.watched.compiled
    if task.to_follow:
        start = compiled.at(facts, task.start_us)
        for name in task.to_follow:
            course = follow(start, name, plan.now_us)
            if course.is_cut:
                course = _cut(course, follow(compiled.at(facts, plan.now_us), name, plan.now_us), plan.now_us)
                moved.restless.append(name)
            _Following(task, name, known.get(name, NOT_IN), facts, is_whole).settle(course, moved)
    if task.to_compare:
        now = compiled.at(facts, plan.now_us)
        carried = _carried_over(task, plan)
        for name in task.to_compare:
            course = follow(now, name, plan.now_us)
            _compare(task, name, known.get(name, NOT_IN), course, carried.get(name), plan.now_us, moved)
    return moved


def _cut(course: Course, rest: Course, now_us: int) -> Course:
    """Of a name that moved too often: where it began, and where it is."""
    moves = [(now_us, rest.before)] if rest.before != course.before else []
    return Course(course.before, moves, rest.next_us)


def _carried_over(task: Task, plan: Plan) -> Mapping[str, NameStanding]:
    """For a generation that was not looked at yet: what was told of the same names in the one before it."""
    older = plan.standing.generations
    if task.before is not None or not older:
        return {}
    return older[max(older)].names


def _compare(
    task: Task,
    name: str,
    told: NameStanding,
    course: Course,
    carried: NameStanding | None,
    now_us: int,
    moved: _Moved,
) -> None:
    """Hold what was told against what is so now."""
    after, since_us = course.after, now_us
    if after == told.state:
        since_us = told.since_us
    elif carried is not None and carried.state == after:
        since_us = carried.since_us
    if after != told.state and (task.before is not None or task.is_born):
        moved.transitions.append(Transition(name, told.state, after, now_us, task.compared_for))
    _keep(task, name, told, NameStanding(after, since_us, course.next_us), moved)


def _keep(task: Task, name: str, told: NameStanding, now: NameStanding, moved: _Moved) -> None:
    if now.state is None and now.next_us is None:
        moved.names.pop(name, None)
    else:
        moved.names[name] = now
    if now.state != told.state or (now.state is not None and now.since_us != told.since_us):
        moved.changes.append(MemberChange(task.number, name, now.state, now.since_us))


@dataclass(frozen=True, slots=True)
class _Following:
    """One name that is followed: what was told of it, and the facts that say what was so."""

    task: Task
    name: str
    told: NameStanding
    facts: Facts
    is_whole: bool

    def settle(self, course: Course, moved: _Moved) -> None:
        """Tell what differs from what was told, then every move since."""
        task, told = self.task, self.told
        told_until_us = task.start_us - 1 if task.before is None else task.before.as_of_us
        state, since_us = self._state_then(course, told_until_us)
        if state != told.state:
            moved.transitions.append(
                Transition(self.name, told.state, state, since_us, self._cause_of_correction(since_us))
            )
        for at_us, after in course.moves:
            if at_us > told_until_us:
                moved.transitions.append(Transition(self.name, state, after, at_us, self._cause(at_us)))
                state, since_us = after, at_us
        _keep(task, self.name, told, NameStanding(state, since_us, course.next_us), moved)

    def _state_then(self, course: Course, told_until_us: int) -> tuple[State, int]:
        """The state that should have been told by then, and since when it held."""
        task, told = self.task, self.told
        if task.before is None:  # a customer is first seen in the state that the first event leaves
            return course.before, task.start_us
        then = [move for move in course.moves if move[0] <= told_until_us]
        if then:
            return then[-1][1], then[-1][0]
        if course.before == told.state and (told.state is None or told.since_us <= task.start_us):
            return told.state, told.since_us
        return course.before, self._since_before(course.before)

    def _since_before(self, state: State) -> int:
        """Since when a state holds that held at the start already, though something else was told.

        Who was never in is out since it was wrongly said.
        """
        task, told = self.task, self.told
        first_us = self._first_event_us()
        if state is None or task.touched_since_us is None or first_us is None:
            return told.since_us or task.start_us
        if not self.is_whole:
            raise ReachesFurtherBack
        beginning = task.watched.compiled.at(self.facts, first_us - 1)
        course = follow(beginning, self.name, task.start_us)
        if course.moves and not course.is_cut:
            return course.moves[-1][0]
        return min(told.since_us or task.touched_since_us, task.touched_since_us)

    def _first_event_us(self) -> int | None:
        logs = (self.facts.events.get(kind) for kind in self.task.watched.reads[self.name].events)
        return least(*(log.times_us[0] for log in logs if log is not None))

    def _cause_of_correction(self, since_us: int) -> Cause:
        task = self.task
        if task.before is None:
            return "event"
        touched_us = task.touched_since_us
        in_time = touched_us is not None and touched_us >= task.before.as_of_us <= since_us
        return self._cause(since_us) if in_time else "late_event"

    def _cause(self, at_us: int) -> Cause:
        """An event's own instant, or one that time alone brought."""
        for kind in self.task.watched.reads[self.name].events:
            log = self.facts.events.get(kind)
            if log is not None:
                place = bisect_left(log.times_us, at_us)
                if place < len(log.times_us) and log.times_us[place] == at_us:
                    return "event"
        return "time"


def _missing_out(standing: GenerationStanding, plan: Plan) -> GenerationStanding:
    """A generation that cannot be evaluated here, with what whoever can has still to look at."""
    if not plan.due.touched:
        return standing
    return GenerationStanding(
        standing.as_of_us,
        standing.names,
        standing.missed | plan.due.touched,
        least(standing.missed_since_us, plan.due.touched_since_us),
    )


# ---------------------------------------------------------------------------------------------- what is told


def _rules_changed(
    task: Task, moved: _Moved, gone: Mapping[int, GenerationStanding], now_us: int
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


def _tell(
    task: Task, moved: _Moved, plan: Plan, facts: Facts | None
) -> tuple[Mapping[str, TriggerStanding], list[Transition | Firing]]:
    """The transitions in order of time, and between them what the triggers emit for them."""
    told: list[Transition | Firing] = sorted(moved.transitions, key=_at)
    if facts is None or not task.watched.triggers:
        return plan.standing.triggers, told
    triggers = dict(plan.standing.triggers)
    for name in {*(each.name for each in moved.transitions), *_waiting(task, plan)}:
        for trigger in task.watched.triggers.get(name, ()):
            standing, fired = run_trigger(
                trigger,
                _zones(task, facts),
                triggers.get(trigger.name, NOT_FIRED),
                _moves(name, moved),
                plan.now_us,
                _state_at(task, facts, name),
            )
            told += fired
            triggers[trigger.name] = standing
            if standing == NOT_FIRED:
                del triggers[trigger.name]
    return triggers, sorted(told, key=_at)


def _at(told: Transition | Firing) -> tuple[int, bool]:
    return told.at_us, isinstance(told, Firing)


def _waiting(task: Task, plan: Plan) -> Iterator[str]:
    """The names whose triggers wait for an instant that has come."""
    for name, triggers in task.watched.triggers.items():
        for trigger in triggers:
            waiting = plan.standing.triggers.get(trigger.name, NOT_FIRED).waiting
            if waiting is not None and waiting.until_us <= plan.now_us:
                yield name


def _moves(name: str, moved: _Moved) -> list[Move]:
    return [
        Move(each.at_us, each.before, each.after, each.cause, is_late=each.cause == "late_event")
        for each in moved.transitions
        if each.name == name
    ]


def _zones(task: Task, facts: Facts) -> Zones:
    settings = task.watched.program.settings
    return {"customer": zone_of(settings, facts.profile), "package": settings.timezone}


def _state_at(task: Task, facts: Facts, name: str) -> Callable[[int], State]:
    return lambda at_us: state_of(task.watched.compiled.at(facts, at_us).value(name))


def _next_us(standing: Standing, moved: Mapping[int, _Moved], known: frozenset[str]) -> int | None:
    """When time alone makes the next look due; of generations and triggers that are not known here, never."""
    flips = (each.next_us for one in moved.values() for each in one.names.values())
    waits = (
        each.waiting.until_us
        for name, each in standing.triggers.items()
        if each.waiting is not None and name in known
    )
    return least(*flips, *waits)
