"""The worker that keeps membership: looks at whoever is due, builds what is new, leaves what is old."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from dearly.language.types import SECOND_US
from dearly.membership.looking import HashOf, looks_at
from dearly.membership.members import count_now, members_now
from dearly.membership.planning import View, view_of
from dearly.membership.watching import Watched
from dearly.store import Generation, GenerationState, LookAt, Member, Store

DUE_AT_ONCE = 200
"""So many customers share a commit, which then takes some tens of milliseconds."""
PAGE = 100
"""Of a pass over everybody, so many at once: whoever is due waits no longer than for these."""
BATCHES_BETWEEN_PAGES = 4
"""While more are due than one batch takes, a pass goes on once in so many batches."""
SHORTEST_WAIT_US = 5_000
"""While those who are due are with other servers."""
SWEEP = 2_000
"""Members of what was left that are deleted in one commit."""
LONGEST_WAIT_US = SECOND_US
"""Another process may make somebody due, or begin a generation, without anybody telling."""

_log = structlog.get_logger("dearly.membership")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far membership is. ``serving`` and ``building`` are None where there is none such.

    ``done`` of ``customers`` were looked at in the pass under way: of ``building``, or else of those who have
    yet to leave the generation before. ``due`` wait for a look now.
    """

    serving: Generation | None
    building: Generation | None
    is_leaving: bool
    done: int
    customers: int
    due: int


class MembershipEngine:
    """Keeps the membership of one store by the rules of one server.

    Several engines, in several processes, may keep one store. :meth:`step` is for one thread at a time; the
    other methods are for any.
    """

    def __init__(
        self,
        store: Store,
        watched: Callable[[], Watched],
        now_us: Callable[[], int],
        hash_of: HashOf,
        between: Callable[[], None] = lambda: None,
    ) -> None:
        """``watched`` gives the rules of the moment; ``hash_of`` names customers in the log; ``between`` is
        called between two customers, and may wait a little."""
        self._store = store
        self._watched = watched
        self._now_us = now_us
        self._hash_of = hash_of
        self._between = between
        self._known: dict[str, Watched] = {}
        self._begun: str | None = None
        self._served = False
        """Whether the generation that was begun has served since."""
        self._batches = 0
        self._looks = True
        self._sweeps = True
        """Whether there may be members of generations that were forgotten."""
        self._place: tuple[int, str | None] | None = None
        """Where the pass under way stood at the last page."""
        self._found_none_us: int | None = None
        """When the last step found nobody to look at; None: it found somebody."""
        self._poked = threading.Event()

    def step(self) -> int:
        """Look at a batch of those who are due, then at a page of the pass under way; how many that was.

        0 means that there is nothing to do before :meth:`wait_us` has passed or somebody pokes.

        Raises:
            StoreUnavailable: nothing of the batch was kept, nor lost; take another step later.
            UnreadableStanding: a newer version of Dearly kept this store.
        """
        self._poked.clear()
        now_us = self._now_us()
        generations = self._refresh(now_us)
        view = view_of(generations, self._known)
        look_at = looks_at(view, now_us, self._hash_of, self._between)
        # Where the rules that serve, or are built first, are known to others only, whoever is due stays so.
        self._looks = bool(view.watched) and (view.serving is None or view.serving in view.watched)
        looked = self._store.look_at_due(now_us, DUE_AT_ONCE, look_at) if self._looks else 0
        self._found_none_us = None if looked else now_us
        self._batches = self._batches + 1 if looked == DUE_AT_ONCE else 0
        if self._batches % BATCHES_BETWEEN_PAGES:
            return looked
        passed = self._pass_on(generations, view, now_us, look_at)
        return looked + (passed or self._sweep())

    def wait_us(self) -> int:
        """How long nothing is to be done: until the next timer, and no longer than a second."""
        if not self._looks:
            return LONGEST_WAIT_US
        next_us = self._store.next_due_us()
        if next_us is None:
            return LONGEST_WAIT_US
        if self._found_none_us is not None and next_us <= self._found_none_us:
            return SHORTEST_WAIT_US
        return min(max(next_us - self._now_us(), 0), LONGEST_WAIT_US)

    def members_now(
        self,
        name: str,
        now_us: int,
        after: str | None,
        limit: int,
        stage: str | None = None,
        goes_on: Callable[[], bool] = lambda: True,
    ) -> tuple[Sequence[Member], str | None]:
        """Who is in a segment or lifecycle as of now, though the worker may lag, and the last id that was
        looked at; see :func:`dearly.membership.members.members_now`.

        Raises:
            NotKeptYet: the name is new, and still being built.
        """
        return members_now(self._store, self._view(), now_us, name, after, limit, stage, goes_on)

    def count_now(
        self, name: str, now_us: int, between: Callable[[], None] = lambda: None
    ) -> Mapping[str, int]:
        """How many are in each state of it as of now; see :func:`dearly.membership.members.count_now`.

        Raises:
            NotKeptYet: the name is new, and still being built.
        """
        return count_now(self._store, self._view(), now_us, name, between)

    def wait(self) -> bool:
        """Return when there may be something to do; whether somebody poked."""
        return self._poked.wait(self.wait_us() / SECOND_US)

    def poke(self) -> None:
        """Something came in, or the rules changed: end the wait."""
        self._poked.set()

    def progress(self) -> Progress:
        """How far it is, as of now."""
        generations = self._store.generations()
        serving = _one(generations, GenerationState.SERVING)
        building = _one(generations, GenerationState.BUILDING)
        is_leaving = _one(generations, GenerationState.LEAVING) is not None
        under_way = building or (serving if is_leaving else None)
        return Progress(
            serving=serving,
            building=building,
            is_leaving=is_leaving,
            done=under_way.done if under_way is not None else 0,
            customers=self._store.count_customers(),
            due=self._store.count_due(self._now_us()),
        )

    def _view(self) -> View:
        return view_of(self._store.generations(), self._known)

    def _refresh(self, now_us: int) -> list[Generation]:
        """See that there is a generation of the rules of the moment; keep the rules of those that serve."""
        watched = self._watched()
        self._known[watched.fingerprint] = watched
        generations = list(self._store.generations())
        if watched.fingerprint != self._begun or self._was_given_up(generations, watched):
            self._begin(watched, now_us)
            generations = list(self._store.generations())
        serving = _one(generations, GenerationState.SERVING)
        self._served = self._served or (serving is not None and serving.fingerprint == watched.fingerprint)
        needed = {each.fingerprint for each in generations if each.state is not GenerationState.LEAVING}
        needed.add(watched.fingerprint)
        self._known = {name: each for name, each in self._known.items() if name in needed}
        return generations

    def _was_given_up(self, generations: list[Generation], watched: Watched) -> bool:
        """Whether another server, started with the rules that serve, gave up what was being built of these.

        One that has served, and was left for other rules, is over.
        """
        states = {each.fingerprint: each.state for each in generations}
        building = _one(generations, GenerationState.BUILDING)
        return not self._served and watched.fingerprint not in states and building is None

    def _begin(self, watched: Watched, now_us: int) -> None:
        """A generation of these rules; one of others that is still being built is given up."""
        self._served, self._sweeps = False, True
        begun = self._store.begin_generation(watched.fingerprint, now_us)
        if begun.state is GenerationState.SERVING:
            building = _one(self._store.generations(), GenerationState.BUILDING)
            if building is not None:
                self._store.end_generation(building.number)
        self._begun = watched.fingerprint
        _log.info("generation_begun", generation=begun.number, state=begun.state.value)

    def _pass_on(self, generations: list[Generation], view: View, now_us: int, look_at: LookAt) -> int:
        """A page of the generation that is built; else one of those who have yet to leave the one before."""
        building = _one(generations, GenerationState.BUILDING)
        if building is not None:
            return self._build(building, now_us, look_at) if view.knows(building.number) else 0
        if view.leaving and view.serving is not None and view.knows(view.serving):
            serving = next(each for each in generations if each.number == view.serving)
            return self._leave(serving, view.leaving, now_us, look_at)
        return 0

    def _sweep(self) -> int:
        swept = self._store.sweep_members(SWEEP) if self._sweeps else 0
        self._sweeps = swept > 0
        return swept

    def _next_page(self, passing: Generation, now_us: int, look_at: LookAt) -> int:
        """Whoever is touched without a pause overtakes every page, and is then looked at alone: in half a
        millisecond less comes in between."""
        place = (passing.number, passing.cursor)
        limit, self._place = (1 if place == self._place else PAGE), place
        return self._store.look_at_page(passing.number, limit, now_us, look_at)

    def _build(self, building: Generation, now_us: int, look_at: LookAt) -> int:
        looked = self._next_page(building, now_us, look_at)
        if looked:
            return looked
        if self._store.cut_over(building.number, now_us):
            _log.info("generation_serves", generation=building.number, customers=building.done)
        return 1

    def _leave(self, serving: Generation, leaving: tuple[int, ...], now_us: int, look_at: LookAt) -> int:
        looked = self._next_page(serving, now_us, look_at)
        if looked:
            return looked
        for number in leaving:
            self._store.end_generation(number)
        self._sweeps = True
        _log.info("generation_left", generations=list(leaving), serving=serving.number)
        return 1


def _one(generations: Sequence[Generation], state: GenerationState) -> Generation | None:
    return next((each for each in generations if each.state is state), None)
