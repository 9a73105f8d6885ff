"""The same verbs in the same order give the same answers, whichever store they are asked of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dearly.store import (
    Consent,
    CustomerQuery,
    DeadLetter,
    Due,
    EventRange,
    EventRecord,
    FeedRecord,
    GenerationState,
    ItemRecord,
    Look,
    LookAt,
    MemberChange,
    ProfilePatch,
    ReadCustomers,
    SinkState,
    Store,
    open_store,
)
from tests.postgres import fresh_database, needs_postgres
from tests.store.records import FOREVER_US, decoded, kept_of_both

Verb: TypeAlias = Callable[[Store], Any]
"""One thing to do with a store; its answer is what the two are compared by."""

CUSTOMERS = ["ada", "Bob", "é"]
TYPES = ["product_added", "product_viewed"]
RANGES = [EventRange(kind, None) for kind in TYPES]
NAMES = ["vip", "life"]
FAR_US = 1_000

customers = st.sampled_from(CUSTOMERS)
times_us = st.integers(0, 6)
limits = st.integers(1, 4)
values = st.one_of(
    st.sampled_from(["", "a", "b\x00\\u0000", 'é"\n\u2028']),
    st.sampled_from([0.0, 1.5, 1e12]),
    st.booleans(),
    st.sampled_from([[], ["a", "b"]]),
)


def plain(answer: Any) -> Any:
    """An answer as plain comparable data: lists for sequences, in order, and dicts for mappings."""
    if is_dataclass(answer) and not isinstance(answer, type):
        return (type(answer).__name__, plain(astuple(answer)))
    if isinstance(answer, Enum):
        return answer.value
    if isinstance(answer, Mapping):
        return {key: plain(value) for key, value in answer.items()}
    if isinstance(answer, set | frozenset):
        return sorted(answer)
    if isinstance(answer, list | tuple):
        return [plain(each) for each in answer]
    return answer


# -------------------------------------------------------------------------------------------------- the verbs


def append(events: Sequence[EventRecord]) -> Verb:
    return lambda store: store.append_events(events)


def upsert(patches: Sequence[ProfilePatch], now_us: int) -> Verb:
    return lambda store: store.upsert_profiles(patches, now_us)


def consent(customer_id: str, consents: Sequence[Consent]) -> Verb:
    return lambda store: store.set_consents(customer_id, consents)


def merge(from_id: str, into_id: str, now_us: int) -> Verb:
    return lambda store: store.merge_customers(
        from_id, into_id, now_us, f"{from_id} into {into_id}", kept_of_both
    )


def erase(customer_id: str, now_us: int) -> Verb:
    def erased(store: Store) -> Any:
        erasure = store.erase_customer(customer_id, now_us)
        return erasure.ids, erasure.was_known, erasure.rows

    return erased


def expire(before_us: int) -> Verb:
    return lambda store: store.expire_events(before_us, FAR_US)


def upsert_items(items: Sequence[ItemRecord]) -> Verb:
    return lambda store: store.upsert_items(items)


def delete_items(catalog: str, item_ids: Sequence[str]) -> Verb:
    return lambda store: store.delete_items(catalog, item_ids)


def begin(fingerprint: str, now_us: int) -> Verb:
    return lambda store: store.begin_generation(fingerprint, now_us)


def cut_over(now_us: int) -> Verb:
    return lambda store: [
        store.cut_over(each.number, now_us)
        for each in store.generations()
        if each.state is GenerationState.BUILDING
    ]


def end(state: GenerationState) -> Verb:
    return lambda store: [
        store.end_generation(each.number) for each in store.generations() if each.state is state
    ]


def sweep(limit: int) -> Verb:
    return lambda store: store.sweep_members(limit)


def look_at_due(now_us: int) -> Verb:
    # All who are due: of those who have been for the same time, either store may take any first.
    return lambda store: store.look_at_due(now_us, FAR_US, watching(store))


def look_at_pages(now_us: int, limit: int) -> Verb:
    return lambda store: [
        store.look_at_page(each.number, limit, now_us, watching(store)) for each in store.generations()
    ]


def deliver(owner: str, now_us: int, dies: bool) -> Verb:
    def told(store: Store) -> Any:
        state = store.lease_sink("shop", owner, now_us, now_us + 2)
        if state is None:
            return None
        records = store.read_feed(state.position, FAR_US)
        dead = [DeadLetter(0, "shop", record, "refused\x00", now_us) for record in records if dies]
        _, position = store.feed_ends()
        settled = store.settle_sink(SinkState("shop", position, len(dead), None), owner, now_us + 1, dead)
        return state, in_no_order(records), settled

    return told


def in_no_order(records: Sequence[FeedRecord]) -> list[Any]:
    """Records without their positions: those of one look come in either order of its customers."""
    return sorted((record.customer_id, record.body, record.recorded_us) for record in records)


def trim(before_us: int) -> Verb:
    return lambda store: len(store.trim_feed(before_us, before_us // 2, FAR_US))


def watching(store: Store) -> LookAt:
    """A look whose outcome depends on all that it is given."""
    numbers = [each.number for each in store.generations()]

    def look_at(due: Sequence[Due], read: ReadCustomers) -> list[Look]:
        rows = read([CustomerQuery(each.customer_id, RANGES, FOREVER_US) for each in due])
        counts = [len(decoded(each).events) for each in rows]
        return [look(each, count, numbers) for each, count in zip(due, counts, strict=True) if count % 4 != 3]

    return look_at


def look(due: Due, count: int, numbers: Sequence[int]) -> Look:
    state = [None, "new", "old"][count % 3]
    return Look(
        due.customer_id,
        None if count == 0 else count,
        f"{count} {sorted(due.touched)} {due.touched_since_us} {due.due_us}",
        [MemberChange(number, name, state, count) for number in numbers for name in NAMES[: 1 + count % 2]],
        [f"{due.customer_id} {due.standing}"] * (count % 3),
    )


events = st.builds(
    EventRecord,
    customer_id=customers,
    type=st.sampled_from(TYPES),
    time_us=times_us,
    source=st.sampled_from(["web", "app"]),
    event_id=st.sampled_from(["1", "2", "10"]),
    properties=st.fixed_dictionaries(
        {}, optional={"n": values, "product_id": st.sampled_from(["é", "p", 1.5])}
    ),
)
patches = st.builds(
    ProfilePatch,
    customer_id=customers,
    fields=st.dictionaries(st.sampled_from(["name", "n"]), st.none() | values),
    time_us=times_us,
    readmit=st.booleans(),
)
consents = st.builds(
    Consent,
    purpose=st.sampled_from(["mail", "Ads"]),
    granted=st.booleans(),
    source=st.just("web"),
    time_us=times_us,
)
items = st.builds(
    ItemRecord,
    catalog=st.sampled_from(["product", "article"]),
    item_id=st.sampled_from("ab"),
    fields=st.dictionaries(st.just("title"), values),
)
verbs = st.one_of(
    st.builds(append, st.lists(events, max_size=4)),
    st.builds(append, st.lists(events, max_size=4)),
    st.builds(upsert, st.lists(patches, max_size=3), times_us),
    st.builds(consent, customers, st.lists(consents, max_size=3)),
    st.builds(merge, customers, customers, times_us),
    st.builds(erase, customers, times_us),
    st.builds(expire, times_us),
    st.builds(upsert_items, st.lists(items, max_size=3)),
    st.builds(delete_items, st.sampled_from(["product", "article"]), st.lists(st.sampled_from("ab"))),
    st.builds(begin, st.sampled_from("fg"), times_us),
    st.builds(cut_over, times_us),
    st.builds(end, st.sampled_from(GenerationState)),
    st.builds(sweep, limits),
    st.builds(look_at_due, times_us),
    st.builds(look_at_pages, times_us, limits),
    st.builds(deliver, st.sampled_from(["me", "you"]), times_us, st.booleans()),
    st.builds(trim, times_us),
)


# ----------------------------------------------------------------------------------------------- all it holds


def everything(store: Store) -> Any:
    """Whatever can be asked of a store, but for the numbers of changes: those only grow."""
    generations = store.generations()
    return {
        "ids": store.page_customers(None, FAR_US),
        "count": store.count_customers(),
        "names": [store.ids_of(each) for each in CUSTOMERS],
        "customers": store.read_customers([CustomerQuery(each, RANGES, 4) for each in CUSTOMERS]),
        "decoded": [
            decoded(rows)
            for rows in store.read_customers([CustomerQuery(each, RANGES, FOREVER_US) for each in CUSTOMERS])
        ],
        "profiles": [store.get_profile(each) for each in CUSTOMERS],
        "consents": [store.get_consents(each) for each in CUSTOMERS],
        "exports": [
            export
            and replace(
                export,
                feed=sorted(export.feed),
                dead_letters=in_no_order([letter.record for letter in export.dead_letters]),
            )
            for export in map(store.export_customer, CUSTOMERS)
        ],
        "items": sorted(store.read_items()[0], key=lambda item: (item.catalog, item.item_id)),
        "touches": [
            sorted(zip(*astuple(store.interactions(kind, "product_id", 0, FOREVER_US)), strict=True))
            for kind in TYPES
        ],
        "counts": [
            sorted(zip(*astuple(store.item_counts(kind, "product_id", 0, FOREVER_US)), strict=True))
            for kind in TYPES
        ],
        "generations": generations,
        "members": [
            (store.members(each.number, name, None, FAR_US), store.count_members(each.number, name))
            for each in generations
            for name in NAMES
        ],
        "due": [store.due_customers(now_us, None, FAR_US) for now_us in (0, 3, FAR_US)],
        "due counts": [store.count_due(3), store.next_due_us()],
        "feed": [in_no_order(store.read_feed(0, FAR_US)), store.feed_ends()[1]],
        "dead": [
            in_no_order([letter.record for letter in store.dead_letters("shop", 0, FAR_US)]),
            [
                (letter.number, letter.reason, letter.died_us)
                for letter in store.dead_letters(None, 0, FAR_US)
            ],
        ],
    }


@needs_postgres
@given(st.lists(verbs, max_size=20))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_both_stores_answer_alike_whatever_is_asked_of_them(tmp_path_factory: Any, sequence: Any) -> None:
    directory: Path = tmp_path_factory.mktemp("store")
    sqlite, postgres = open_store(f"sqlite:///{directory}/store.db"), open_store(fresh_database())
    try:
        for verb in sequence:
            assert plain(verb(postgres)) == plain(verb(sqlite))
        assert plain(everything(postgres)) == plain(everything(sqlite))
    finally:
        sqlite.close()
        postgres.close()
