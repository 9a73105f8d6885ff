"""What generated code runs in: a compiled program, and one customer at one instant.

The functions in the tables are written by ``codegen``; each takes the :class:`Evaluation` and reads facts,
``now`` and what was already worked out from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

from dearly import DearlyError
from dearly.evaluation.compiled.timeline import NEVER
from dearly.evaluation.facts import Facts
from dearly.language.calendar import zone_of
from dearly.language.program import Settings
from dearly.language.types import Value

ItemFilter: TypeAlias = Callable[[Mapping[str, Value]], bool]
ListKey: TypeAlias = tuple[str, int, str]
"""An item list: its block, the position of its branch, its name."""
SeedKey: TypeAlias = tuple[ListKey, int]
"""A strategy of an item list: 0 is the first, what follows are its fillers in order."""


class UnknownNameError(DearlyError):
    """Something was asked for that the program does not declare."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The functions that answer for the program's names and blocks."""

    values: Mapping[str, Callable[[Evaluation], Any]]
    branches: Mapping[str, Callable[[Evaluation], int]]


@dataclass(frozen=True, slots=True)
class CompiledProgram:
    """A program as Python functions, made by :func:`dearly.evaluation.compiled.compiler.compile_program`."""

    version: str
    settings: Settings
    answers: Answers
    watched: Answers
    """The same answers, each noting on the evaluation until when it is sure to hold."""
    seeds: Mapping[SeedKey, Callable[[Evaluation], Any]]
    filters: Mapping[ListKey, Callable[[Evaluation], ItemFilter]]
    exclusions: Mapping[ListKey, Callable[[Evaluation], frozenset[str]]]
    lists: frozenset[ListKey]

    def at(self, facts: Facts, now_us: int) -> Evaluation:
        """One customer at one instant; nothing is worked out before it is asked for."""
        return Evaluation(self, facts, now_us, now_us, {})


class Evaluation:
    """One customer at one instant: lazy, and each shared part is worked out once.

    Not for use by several threads at once. The facts must not change while it is in use.
    """

    __slots__ = (
        "_compiled",
        "events",
        "facts",
        "logs",
        "memo",
        "now_us",
        "origin_us",
        "profile",
        "sure_until_us",
    )

    def __init__(
        self,
        compiled: CompiledProgram,
        facts: Facts,
        now_us: int,
        origin_us: int,
        logs: dict[Any, Any],
    ) -> None:
        self._compiled = compiled
        self.facts = facts
        self.profile = facts.profile
        self.events = facts.events
        self.now_us = now_us
        self.origin_us = origin_us
        """Where a search for the next flip began: logs look back from here, to hold all along it."""
        self.logs = logs
        """What holds from the origin on: kept events and timelines by the function that makes them; the time
        zone; when calendar periods began."""
        self.memo: dict[int | str, Any] = {}
        """What holds at this instant: what several places use, by its slot; the local day."""
        self.sure_until_us = NEVER
        """Watched answers lower it to the first instant at which one of the facts they used may change."""

    def value(self, name: str) -> Value | None:
        """A segment's membership (None: unknown), a named value, or the name of a lifecycle's stage."""
        try:
            answer = self._compiled.answers.values[name]
        except KeyError:
            raise _unknown("segment, value or lifecycle", name) from None
        return answer(self)  # type: ignore[no-any-return]

    def branch(self, block: str) -> int:
        """The position of the block's first branch whose condition is true; the last is ``otherwise``."""
        try:
            answer = self._compiled.answers.branches[block]
        except KeyError:
            raise _unknown("block", block) from None
        return answer(self)

    def seed(self, block: str, branch: int, list_name: str, place: int = 0) -> str | None:
        """The item that a strategy of a list starts from: ``similar to`` it, ``bought together with`` it.

        ``place`` 0 is the list's own strategy, 1 and on are its fillers. None when the item is missing, or
        the strategy asks for none.
        """
        key = self._known_list(block, branch, list_name)
        answer = self._compiled.seeds.get((key, place))
        return None if answer is None else answer(self)

    def item_filter(self, block: str, branch: int, list_name: str) -> ItemFilter | None:
        """Tells of an item's fields whether the list's ``where`` is true of it; None without a ``where``.

        The customer's side of the condition is worked out here, once for all items.
        """
        key = self._known_list(block, branch, list_name)
        make = self._compiled.filters.get(key)
        return None if make is None else make(self)

    def excluded(self, block: str, branch: int, list_name: str) -> frozenset[str]:
        """The ids of the items that a list leaves out, by all that it is ``excluding`` together."""
        key = self._known_list(block, branch, list_name)
        answer = self._compiled.exclusions.get(key)
        return frozenset() if answer is None else answer(self)

    @property
    def zone(self) -> str:
        """The customer's time zone; looked up when it is first asked for, by this or an earlier instant."""
        zone: str | None = self.logs.get("zone")
        if zone is None:
            zone = self.logs["zone"] = zone_of(self._compiled.settings, self.profile)
        return zone

    def next_flip(self, name: str) -> int | None:
        """The first instant after now at which time alone changes the value of a name; None: never."""
        return _first_change(self.course(name))

    def course(self, name: str) -> Iterator[tuple[int, Value | None]]:
        """The value of a name now, and then each instant at which time alone changes it, with the new value.

        Each is searched for when it is asked for, so whoever looks at the first few pays for no more.
        """
        try:
            watched = self._compiled.watched.values[name]
        except KeyError:
            raise _unknown("segment, value or lifecycle", name) from None
        return self._course(watched)

    def next_branch_flip(self, block: str) -> int | None:
        """The first instant after now at which time alone changes the block's branch; None: never."""
        try:
            watched = self._compiled.watched.branches[block]
        except KeyError:
            raise _unknown("block", block) from None
        return _first_change(self._course(watched))

    def watch(self) -> Watch:
        """The same customer and instant, by answers that note until when they hold."""
        return Watch(self._compiled.watched, self._later(self.now_us))

    def _course(self, watched: Callable[[Evaluation], Any]) -> Iterator[tuple[int, Any]]:
        """Go from each instant that may bring a change to the next, and tell those that do.

        ``sure_until_us`` is never late, so no change lies between two of them. There are at most two for
        each event that a leaf selects: where it begins to count and where it ends to. At each, a leaf takes
        at most some bisections.
        """
        moment = self._later(self.now_us)
        value = watched(moment)
        yield moment.now_us, value
        while moment.sure_until_us < NEVER:
            moment = self._later(moment.sure_until_us)
            after = watched(moment)
            if after != value:
                value = after
                yield moment.now_us, value

    def _later(self, now_us: int) -> Evaluation:
        return Evaluation(self._compiled, self.facts, now_us, self.origin_us, self.logs)

    def _known_list(self, block: str, branch: int, list_name: str) -> ListKey:
        key = (block, branch, list_name)
        if key not in self._compiled.lists:
            raise _unknown("item list", f"{block}, branch {branch}, {list_name}")
        return key


class Watch:
    """One customer at one instant, by answers that note until when they hold, all of them together."""

    __slots__ = ("_answers", "_moment")

    def __init__(self, answers: Answers, moment: Evaluation) -> None:
        self._answers = answers
        self._moment = moment

    def value(self, name: str) -> Value | None:
        """See :meth:`Evaluation.value`."""
        return self._answers.values[name](self._moment)  # type: ignore[no-any-return]

    def branch(self, block: str) -> int:
        """See :meth:`Evaluation.branch`."""
        return self._answers.branches[block](self._moment)

    @property
    def sure_until_us(self) -> int | None:
        """An instant until which time alone changes none of the answers given so far; None: for ever.

        Never later than the first change and often earlier: it comes with the answers, where the exact flips
        take a search.
        """
        until_us = self._moment.sure_until_us
        return until_us if until_us < NEVER else None


def _first_change(course: Iterator[tuple[int, Any]]) -> int | None:
    return next((at_us for at_us, _ in islice(course, 1, None)), None)


def _unknown(kind: str, name: str) -> UnknownNameError:
    return UnknownNameError(f"the program has no {kind} named {name!r}; ask only for what it declares")
