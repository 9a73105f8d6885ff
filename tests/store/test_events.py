"""Every store keeps events alike: unique by source and id, in order, whatever order they came in."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dearly.store import CustomerQuery, EventRange, EventRecord, Outcome, ProfilePatch, Store, open_store
from tests.ingest.test_door import prepared
from tests.store.records import FOREVER_US, decoded, event, read, times

ACCEPTED, DUPLICATE, CONFLICT = Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.CONFLICT


def test_an_event_is_read_back_as_it_was_kept(store: Store) -> None:
    kept = event("1", at=5, price=9.5, title="Käse", gift=True, tags=["a", "b"])
    assert store.append_events([kept]) == [ACCEPTED]
    assert read(store, "ada", "product_viewed").events == [("product_viewed", 5, kept.properties)]


def test_the_same_event_again_is_a_duplicate_and_is_kept_once(store: Store) -> None:
    store.append_events([event("1", price=1.0)])
    assert store.append_events([event("1", price=1.0)]) == [DUPLICATE]
    assert times(store) == [1_000]


@pytest.mark.parametrize(("first", "again"), [(-0.0, 0.0), (0.0, -0.0), (0, -0.0)])
def test_a_zero_from_the_door_is_the_same_whatever_its_sign(store: Store, first: float, again: float) -> None:
    outcomes = [
        store.append_events([prepared(properties={"product_id": "p1", "seconds": seconds})])
        for seconds in (first, again)
    ]
    assert outcomes == [[ACCEPTED], [DUPLICATE]]


def test_an_id_with_another_payload_is_a_conflict_and_the_kept_one_stands(store: Store) -> None:
    store.append_events([event("1", price=1.0)])
    others = [
        event("1", price=2.0),
        event("1", price=1.0, at=1_001),
        event("1", price=1.0, customer="bob"),
        event("1", price=1.0, kind="product_added"),
    ]
    assert store.append_events(others) == [CONFLICT] * 4
    assert read(store, "ada", "product_viewed", "product_added").events == [
        ("product_viewed", 1_000, {"price": 1.0})
    ]
    assert read(store, "bob", "product_viewed").events == []


def test_the_order_of_properties_makes_no_conflict(store: Store) -> None:
    store.append_events([event("1", a=1.0, b=2.0)])
    assert store.append_events([event("1", b=2.0, a=1.0)]) == [DUPLICATE]


def test_repeats_within_one_call_are_told_apart(store: Store) -> None:
    outcomes = store.append_events([event("1"), event("1"), event("1", price=3.0), event("2")])
    assert outcomes == [ACCEPTED, DUPLICATE, CONFLICT, ACCEPTED]


def test_an_id_is_unique_only_within_its_source(store: Store) -> None:
    assert store.append_events([event("1", source="web"), event("1", source="app")]) == [ACCEPTED, ACCEPTED]
    assert times(store) == [1_000, 1_000]


def test_two_events_of_one_customer_type_and_moment_are_both_kept(store: Store) -> None:
    store.append_events([event("1"), event("2")])
    assert times(store) == [1_000, 1_000]


def test_no_events_is_no_work(store: Store) -> None:
    assert store.append_events([]) == []


def test_late_events_take_their_place_by_event_time(store: Store) -> None:
    for at in (30, 10, 20):
        store.append_events([event(str(at), at=at)])
    assert times(store) == [10, 20, 30]


def test_events_of_one_moment_are_ordered_by_source_and_id(store: Store) -> None:
    labels = [("b", "1"), ("a", "2"), ("b", "0"), ("a", "10")]
    store.append_events([event(number, source=source, label=source + number) for source, number in labels])
    found = [properties["label"] for *_, properties in read(store, "ada", "product_viewed").events]
    assert found == ["a10", "a2", "b0", "b1"]


def test_types_come_in_order_whatever_order_they_are_asked_in(store: Store) -> None:
    store.append_events([event("1", kind="b"), event("2", kind="a"), event("3", kind="c")])
    assert [kind for kind, *_ in read(store, "ada", "c", "a", "b").events] == ["a", "b", "c"]


def test_a_range_is_open_at_its_start_and_closed_at_its_end(store: Store) -> None:
    store.append_events([event(str(at), at=at) for at in (9, 10, 11, 20, 21)])
    rows = store.read_customer("ada", [EventRange("product_viewed", 10)], 20)
    assert [time_us for _, time_us, _ in decoded(rows).events] == [11, 20]


def test_each_type_has_its_own_range(store: Store) -> None:
    store.append_events([event(f"{kind}{at}", kind=kind, at=at) for kind in "ab" for at in (1, 2, 3)])
    rows = store.read_customer("ada", [EventRange("a", 2), EventRange("b", None)], 3)
    assert [(kind, at) for kind, at, _ in decoded(rows).events] == [("a", 3), ("b", 1), ("b", 2), ("b", 3)]


def test_a_range_without_events_is_empty(store: Store) -> None:
    store.append_events([event("1", at=10)])
    assert store.read_customer("ada", [EventRange("product_viewed", 10)], FOREVER_US).logs == []
    assert read(store, "ada", "never_sent").events == []
    assert read(store, "ada").events == []


def test_an_unknown_customer_has_no_profile_and_no_events(store: Store) -> None:
    rows = read(store, "nobody", "product_viewed")
    assert rows.fields is None
    assert rows.events == []


def test_customers_read_together_get_what_each_gets_alone_in_the_order_asked(store: Store) -> None:
    store.upsert_profiles(
        [ProfilePatch("ada", {"name": "Ada"}, 1), ProfilePatch("cyd", {"name": "Cyd"}, 1)], 1
    )
    store.append_events(
        [
            event(f"{customer}{kind}{at}", customer=customer, kind=kind, at=at, label=f"{customer}{at}")
            for customer in ("ada", "bob")
            for kind in ("a", "b")
            for at in (3, 1, 2)
        ]
    )
    ranges = [[EventRange("b", None), EventRange("a", 1)], [EventRange("a", 2)], []]
    queries = [
        CustomerQuery(customer, some, until_us)
        for customer in ("bob", "nobody", "ada", "bob", "cyd")
        for some in ranges
        for until_us in (2, FOREVER_US)
    ]
    assert store.read_customers(queries) == [
        store.read_customer(query.customer_id, query.ranges, query.until_us) for query in queries
    ]
    assert store.read_customers([]) == []


def test_a_read_may_name_more_types_than_one_statement_takes(store: Store) -> None:
    kinds = [f"kind{number:04}" for number in range(1_234)]
    store.append_events([event(kind, kind=kind) for kind in kinds])
    assert [kind for kind, *_ in read(store, "ada", *reversed(kinds)).events] == kinds


def test_other_customers_events_are_never_read(store: Store) -> None:
    store.append_events([event("1", customer="ada"), event("2", customer="ad"), event("3", customer="ada ")])
    assert len(read(store, "ada", "product_viewed").events) == 1


def test_ids_may_be_any_text(store: Store) -> None:
    # None with a NUL: the door lets no such id in, and PostgreSQL could not keep it.
    ids = ["é", "e\u0301", "👩‍👧", "'; DROP TABLE events;--", "a\x1fb", "a", "%", "\uffff", "١٢٣"]
    store.append_events([event(name, customer=name, source=name, label=name) for name in ids])
    for name in ids:
        assert [properties["label"] for *_, properties in read(store, name, "product_viewed").events] == [
            name
        ]
    again = [event(name, customer=name, source=name, label=name) for name in ids]
    assert store.append_events(again) == [DUPLICATE] * len(ids)


def test_what_is_kept_is_there_after_opening_anew(store_url: str) -> None:
    first = open_store(store_url)
    first.append_events([event("1")])
    first.close()
    second = open_store(store_url)
    assert second.append_events([event("1")]) == [DUPLICATE]
    assert times(second) == [1_000]
    second.close()


def test_two_open_stores_see_each_others_events(store_url: str) -> None:
    first, second = open_store(store_url), open_store(store_url)
    first.append_events([event("1")])
    assert second.append_events([event("1")]) == [DUPLICATE]
    second.append_events([event("2", at=2_000)])
    assert times(first) == [1_000, 2_000]
    first.close()
    second.close()


def test_threads_that_race_with_the_same_events_keep_each_once(store: Store) -> None:
    events = [event(str(number), at=number) for number in range(200)]

    def send(_: int) -> list[Outcome]:
        return [outcome for each in events for outcome in store.append_events([each])]

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(send, range(4)))
    for each in zip(*outcomes, strict=True):
        assert sorted(outcome.value for outcome in each) == ["accepted"] + ["duplicate"] * 3
    assert times(store) == list(range(200))


def test_threads_may_read_while_others_write(store: Store) -> None:
    def write(number: int) -> None:
        store.append_events([event(f"{number}-{at}", customer=f"c{number}", at=at) for at in range(50)])

    def count(number: int) -> int:
        return len(read(store, f"c{number}", "product_viewed").events)

    with ThreadPoolExecutor(8) as pool:
        writes = [pool.submit(write, number) for number in range(20)]
        seen = [pool.submit(count, number) for number in range(20)]
        for each in writes:
            each.result()
        assert {each.result() for each in seen} <= {0, 50}  # a commit is seen whole or not at all
    assert [count(number) for number in range(20)] == [50] * 20


_EVENTS = st.lists(
    st.builds(
        EventRecord,
        customer_id=st.sampled_from(["ada", "bob"]),
        type=st.sampled_from(["a", "b"]),
        time_us=st.integers(0, 5),
        source=st.sampled_from(["web", "app"]),
        event_id=st.sampled_from(list("12345678")),
        properties=st.just({"price": 1.0}),
    ),
    max_size=12,
    unique_by=lambda each: (each.source, each.event_id),
)


@given(_EVENTS, st.randoms(use_true_random=False), st.integers(1, 5))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_arrival_does_not_matter(tmp_path_factory, events, random, size) -> None:  # type: ignore[no-untyped-def]
    shuffled = [*events, *events[:3]]
    random.shuffle(shuffled)
    seen = []
    for order, step in ((events, max(1, len(events))), (shuffled, size)):
        store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store')}/store.db")
        for start in range(0, len(order), step):
            store.append_events(order[start : start + step])
        seen.append([read(store, customer, "a", "b").events for customer in ("ada", "bob")])
        store.close()
    assert list(map(list, seen[0])) == list(map(list, seen[1]))
    expected = sorted((each.type, each.time_us, each.source, each.event_id) for each in events)
    found = [(kind, at) for kind, at, _ in itertools.chain(*seen[0])]
    assert sorted(found) == [each[:2] for each in expected]
