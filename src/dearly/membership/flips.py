"""Following one name through an interval, from one exact flip to the next."""

from __future__ import annotations

from typing import NamedTuple

from dearly.evaluation import Evaluation
from dearly.membership.standing import State, state_of

MOST_FLIPS = 10_000
"""So many changes of one name's value are followed in one look: some 0.1 s of work."""


class Course(NamedTuple):
    """The states of a name through an interval.

    ``before`` is its state at the start; ``moves`` are the exact instants of its changes up to the end, with
    the state from then on; ``next_us`` the first change after the end (None: never). ``is_cut`` says that
    there were more changes than are followed; what came of the rest is then not known.
    """

    before: State
    moves: list[tuple[int, State]]
    next_us: int | None
    is_cut: bool = False

    @property
    def after(self) -> State:
        """The state at the end."""
        return self.moves[-1][1] if self.moves else self.before


def follow(at: Evaluation, name: str, until_us: int) -> Course:
    """Follow a name from the instant of an evaluation up to and including another.

    A value may change where the state does not (false to unknown): that is no move. After the end, too many
    such changes in a row are given up, and ``next_us`` is the last of them: to look then does no harm.
    """
    course = at.course(name)
    _, value = next(course)
    before = state = state_of(value)
    moves: list[tuple[int, State]] = []
    for count, (at_us, value) in enumerate(course):
        after = state_of(value)
        if at_us > until_us and (after != state or count >= MOST_FLIPS):
            return Course(before, moves, at_us)
        if count >= MOST_FLIPS:
            return Course(before, moves, at_us, is_cut=True)
        if after != state:
            state = after
            moves.append((at_us, after))
    return Course(before, moves, None)
