"""One generation of one customer brought up to now: what differs from what was told, and every move since."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field

from dearly.evaluation import Facts
from dearly.membership.flips import Course, follow
from dearly.membership.planning import Cause, Plan, Task, least, told_until_us
from dearly.membership.standing import NOT_IN, NameStanding, State
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


@dataclass(slots=True)
class Moved:
    """What became of one generation, as it is gathered."""

    names: dict[str, NameStanding]
    changes: list[MemberChange] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    restless: list[str] = field(default_factory=list)


def move(
    task: Task, plan: Plan, facts: Facts | None, is_whole: bool, older: Mapping[str, NameStanding]
) -> Moved:
    """Bring one generation up to now; without facts there is nothing to do but to say so.

    ``older`` is where the customer stands in the generation before, if this one was not looked at yet: who is
    in the same there is in it since then.

    Raises:
        ReachesFurtherBack: the facts do not suffice, which only happens where they are not whole.
    """
    known: Mapping[str, NameStanding] = task.before.names if task.before is not None else {}
    moved = Moved(dict(known))
    if facts is None:
        return moved
    compiled = task.watched.compiled
    to_compare = task.to_compare
    if task.to_follow or task.to_try:
        start = compiled.at(facts, task.start_us)
        for name in task.to_follow:
            course = follow(start, name, plan.now_us)
            if course.is_cut:
                course = _cut(course, follow(compiled.at(facts, plan.now_us), name, plan.now_us), plan.now_us)
                moved.restless.append(name)
            _Following(task, name, known.get(name, NOT_IN), facts, is_whole).settle(course, moved)
        for name in task.to_try:
            one = _Following(task, name, known.get(name, NOT_IN), facts, is_whole)
            course = follow(start, name, plan.now_us)
            if one.goes_on(course):
                one.settle(course, moved)
                to_compare = tuple(other for other in to_compare if other != name)
    if to_compare:
        now = compiled.at(facts, plan.now_us)
        for name in to_compare:
            course = follow(now, name, plan.now_us)
            _compare(task, name, known.get(name, NOT_IN), course, older.get(name), plan.now_us, moved)
    return moved


def _cut(course: Course, rest: Course, now_us: int) -> Course:
    """Of a name that moved too often: where it began, and where it is."""
    moves = [(now_us, rest.before)] if rest.before != course.before else []
    return Course(course.before, moves, rest.next_us)


def _compare(
    task: Task,
    name: str,
    told: NameStanding,
    course: Course,
    older: NameStanding | None,
    now_us: int,
    moved: Moved,
) -> None:
    """Hold what was told against what is so now."""
    after, since_us = course.after, now_us
    if after == told.state:
        since_us = told.since_us
    elif older is not None and older.state == after:
        since_us = older.since_us
    if after != told.state and (task.before is not None or task.is_born):
        moved.transitions.append(Transition(name, told.state, after, now_us, task.compared_for))
    _keep(task, name, told, NameStanding(after, since_us, course.next_us), moved)


def _keep(task: Task, name: str, told: NameStanding, now: NameStanding, moved: Moved) -> None:
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

    def goes_on(self, course: Course) -> bool:
        """Whether what is known now says of the last look what was told then: nothing but time and events
        came in between."""
        until_us = self._until_us
        then = [state for at_us, state in course.moves if at_us <= until_us]
        return not course.is_cut and (then[-1] if then else course.before) == self.told.state

    def settle(self, course: Course, moved: Moved) -> None:
        """Tell what differs from what was told, then every move since."""
        task, told, until_us = self.task, self.told, self._until_us
        state, since_us = self._state_then(course, until_us)
        if state != told.state:
            moved.transitions.append(
                Transition(self.name, told.state, state, since_us, self._cause_of_correction(since_us))
            )
        for at_us, after in course.moves:
            if at_us > until_us:
                moved.transitions.append(Transition(self.name, state, after, at_us, self._cause(at_us)))
                state, since_us = after, at_us
        _keep(task, self.name, told, NameStanding(state, since_us, course.next_us), moved)

    @property
    def _until_us(self) -> int:
        """Up to when it was told."""
        task = self.task
        return task.start_us - 1 if task.before is None else told_until_us(task.before, self.name)

    def _state_then(self, course: Course, until_us: int) -> tuple[State, int]:
        """The state that should have been told by then, and since when it held."""
        task, told = self.task, self.told
        if task.before is None:  # a customer is first seen in the state that the first event leaves
            return course.before, task.start_us
        then = [move for move in course.moves if move[0] <= until_us]
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
        if task.touched_since_us is None:  # events expired, or a time zone's clocks are known better by now
            return "time"
        in_time = task.touched_since_us >= task.before.as_of_us <= since_us
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
