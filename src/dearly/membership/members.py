"""Who is in what as of now, though the worker may lag: whoever is due is evaluated on the fly.

Nothing is kept of it. All answers are of the generation that serves, so none mixes two meanings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from dearly import DearlyError
from dearly.membership.looking import names_now
from dearly.membership.planning import View
from dearly.membership.standing import NOT_IN, NameStanding, read_standing
from dearly.store import Due, Member, Store

PAGE = 500
"""So many customers are read at a time at most."""
READ_GROWS = 4
"""A first read is of as many as are asked for, since whoever is due is evaluated; where few of them count,
each further one is so much longer."""
COUNTS = 5
"""So often a count is taken again when the worker looked at somebody meanwhile."""


class NotKeptYet(DearlyError):
    """Who is in it is not known yet: the generation that knows it is still being built."""


def members_now(
    store: Store,
    view: View,
    now_us: int,
    name: str,
    after: str | None,
    limit: int,
    stage: str | None,
    goes_on: Callable[[], bool],
) -> tuple[Sequence[Member], str | None]:
    """Who is in a segment or lifecycle as of now, ascending by id, and how far that is.

    Those are the next so many after an id, of one stage where one is given; then the last id that was looked
    at, or None when nobody comes after it. ``goes_on`` is asked between two reads: where it says no, what was
    found so far is all, and it may raise what ends it.

    Raises:
        NotKeptYet: it is new, and being built.
    """
    number = _serving(view, name)
    found: list[Member] = []
    size = min(limit, PAGE)
    while True:
        page, after = _page(store, view, number, now_us, name, after, size)
        found += [member for member in page if stage is None or member.state == stage]
        if len(found) > limit:
            return found[:limit], found[limit - 1].customer_id
        if len(found) == limit or after is None or not goes_on():
            return found, after
        size = min(size * READ_GROWS, PAGE)


def count_now(
    store: Store, view: View, now_us: int, name: str, between: Callable[[], None]
) -> Mapping[str, int]:
    """How many are in each state of a segment or lifecycle as of now.

    Exact unless the worker looks at somebody between the reads, five times in a row; then it may count those
    few as they were or as they are. Costs an evaluation for each customer who is due, and some bytes of
    memory. ``between`` is called before each page of them, and may raise what ends it.

    Raises:
        NotKeptYet: it is new, and being built.
    """
    number = _serving(view, name)
    counts: Counter[str] = Counter()
    for _ in range(COUNTS):
        seen = _standings(store, now_us, between)
        counts = Counter(store.count_members(number, name))
        for page in _all_due(store, now_us, between):
            due = [one for one in page if one.customer_id in seen]
            for before, now in _told_and_true(store, view, number, now_us, name, due):
                counts[before.state or ""] -= 1
                counts[now.state or ""] += 1
        if seen.items() <= _standings(store, now_us, between).items():
            break
    return {state: count for state, count in sorted(counts.items()) if state and count > 0}


def _serving(view: View, name: str) -> int:
    if view.serving is None:
        raise NotKeptYet("Who is in what is being worked out for the first time; ask again when it is done.")
    if view.served is not None and name not in view.served:
        raise NotKeptYet(f"Who is in `{name}` is still being worked out, since it is new; ask again soon.")
    return view.serving


def _page(
    store: Store, view: View, number: int, now_us: int, name: str, after: str | None, size: int
) -> tuple[list[Member], str | None]:
    """The members in a range of ids, and where the range ends (None: with the last).

    Those who are due are read first: whoever is looked at meanwhile is in both, and told as evaluated.
    """
    due = store.due_customers(now_us, after, size)
    known = store.members(number, name, after, size)
    ends = [each[-1].customer_id for each in (due, known) if len(each) == size]
    last = min(ends, default=None)
    within = {one.customer_id: one for one in known if last is None or one.customer_id <= last}
    due = [one for one in due if last is None or one.customer_id <= last]
    for one, (_, now) in zip(due, _told_and_true(store, view, number, now_us, name, due), strict=True):
        within.pop(one.customer_id, None)
        if now.state is not None:
            within[one.customer_id] = Member(one.customer_id, now.state, now.since_us)
    return [within[customer_id] for customer_id in sorted(within)], last


def _told_and_true(
    store: Store, view: View, number: int, now_us: int, name: str, due: Sequence[Due]
) -> Iterator[tuple[NameStanding, NameStanding]]:
    """Where those who are due stand as last looked at, and as of now."""
    for one, names in zip(due, names_now(view, number, now_us, due, store.read_customers), strict=True):
        before = read_standing(one.standing).generations.get(number)
        yield before.names.get(name, NOT_IN) if before else NOT_IN, names.get(name, NOT_IN)


def _all_due(store: Store, now_us: int, between: Callable[[], None]) -> Iterator[Sequence[Due]]:
    after: str | None = None
    while page := store.due_customers(now_us, after, PAGE):
        between()
        yield page
        after = page[-1].customer_id


def _standings(store: Store, now_us: int, between: Callable[[], None]) -> dict[str, int]:
    """Who is due, each with a hash of where the last look left them."""
    pages = _all_due(store, now_us, between)
    return {one.customer_id: hash(one.standing) for page in pages for one in page}
