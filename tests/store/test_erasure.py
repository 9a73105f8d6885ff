"""Every store remembers when somebody was erased, and which places an erasure has yet to reach."""

from __future__ import annotations

from contextlib import closing

from dearly.store import (
    SINKS,
    STORE_FILES,
    Consent,
    DeadLetter,
    ErasedId,
    FeedRecord,
    Look,
    MemberChange,
    Outcome,
    ProfilePatch,
    Store,
    open_store,
)
from tests.store.records import event, kept_of_both
from tests.store.test_feed import tell


def readmit(store: Store, customer_id: str, now_us: int) -> None:
    assert store.upsert_profiles([ProfilePatch(customer_id, {}, now_us, readmit=True)], now_us) == []


def places_due(store: Store) -> list[str]:
    return [due.place for due in store.erasures_due()]


def test_an_erased_id_is_told_with_where_the_feed_then_stood(store: Store) -> None:
    *_, last = tell(store, "a", "b", customer="bob")
    assert store.erased_ids(["ada", "bob"]) == {}
    store.erase_customer("ada", 7)
    assert store.erased_ids(["ada", "bob"]) == {"ada": ErasedId(last.position, 7)}
    assert store.erased_ids([]) == {}


def test_every_id_that_stood_for_the_erased_is_told(store: Store) -> None:
    tell(store, "a", customer="visitor")
    store.merge_customers("visitor", "ada", 2, "merged", kept_of_both)
    store.erase_customer("ada", 7)
    newest = store.feed_ends()[1]
    assert store.erased_ids(["ada", "visitor"]) == dict.fromkeys(("ada", "visitor"), ErasedId(newest, 7))


def test_what_was_recorded_before_the_erasure_is_told_apart_from_what_came_after_a_readmission(
    store: Store,
) -> None:
    (before,) = tell(store, "a", now_us=1)
    store.erase_customer("ada", 2)
    readmit(store, "ada", 3)
    *_, after = tell(store, "b", now_us=4)
    erased = store.erased_ids(["ada"])["ada"]
    assert before.position <= erased.position < after.position
    assert store.append_events([event("now")]) == [Outcome.ACCEPTED]


def test_whoever_is_erased_again_is_kept_out_again(store: Store) -> None:
    for now_us in (2, 5):
        store.erase_customer("ada", now_us)
        assert store.append_events([event(f"{now_us}", customer="ada")]) == [Outcome.ERASED]
        assert store.erased_ids(["ada"])["ada"].erased_us == now_us
        readmit(store, "ada", now_us + 1)


def test_no_dead_letter_from_before_an_erasure_is_kept_of_the_readmitted(store: Store) -> None:
    (before,) = tell(store, "a", now_us=1)
    state = store.lease_sink("crm", "me", 1, 10)
    assert state is not None
    store.erase_customer("ada", 2)
    readmit(store, "ada", 3)
    *_, after = tell(store, "b", now_us=4)
    store.settle_sink(state, "me", 5, [DeadLetter(0, "crm", each, "no", 5) for each in (before, after)])
    assert [letter.record for letter in store.dead_letters(None, 0, 10)] == [after]


def test_an_erasure_is_due_in_the_files_and_in_every_sink_until_it_is_settled(
    store: Store, store_url: str
) -> None:
    for name in ("crm", "log"):
        store.lease_sink(name, "me", 1, 2)
    due = store.erase_customer("ada", 1).due
    assert due.keys() == {STORE_FILES, f"{SINKS}crm", f"{SINKS}log"}
    store.settle_erasures([due[f"{SINKS}log"]])
    with closing(open_store(store_url)) as again:
        assert sorted(places_due(again)) == [f"{SINKS}crm", STORE_FILES]


def test_what_is_due_of_one_erasure_outlives_the_settling_of_another(store: Store) -> None:
    store.lease_sink("log", "me", 1, 2)
    first, second = (store.erase_customer(one, 1).due for one in ("ada", "bob"))
    store.settle_erasures(first.values())
    assert {due.number for due in store.erasures_due()} == set(second.values())
    store.settle_erasures(second.values())
    third = store.erase_customer("cyd", 1).due
    assert set(third.values()).isdisjoint([*first.values(), *second.values()])


def test_a_scrub_settles_what_is_due_in_the_stores_files(store: Store) -> None:
    store.lease_sink("log", "me", 1, 2)
    store.erase_customer("ada", 1)
    assert store.scrub()
    assert places_due(store) == [f"{SINKS}log"]


def test_what_is_due_names_nobody(store: Store) -> None:
    store.lease_sink("log", "me", 1, 2)
    store.erase_customer("ada", 1)
    assert not any("ada" in due.place for due in store.erasures_due())


def bury(store: Store, *records: FeedRecord) -> None:
    state = store.lease_sink("crm", "me", 1, 10)
    assert state is not None
    assert store.settle_sink(state, "me", 1, [DeadLetter(0, "crm", record, "no", 1) for record in records])


def hold_everything(store: Store) -> None:
    """Have something in every table of ada, who was a visitor once."""
    bury(store, *tell(store, "a", customer="visitor"))
    store.upsert_profiles([ProfilePatch("ada", {"name": "Ada"}, 1)], 1)
    store.set_consents("ada", [Consent("mail", True, "form", 1)])
    store.merge_customers("visitor", "ada", 2, "merged", kept_of_both)
    changes = [MemberChange(store.begin_generation("g", 1).number, "vip", "in", 2)]
    store.look_at_due(9, 9, lambda due, _: [Look(one.customer_id, None, "s", changes, ["b"]) for one in due])
    bury(store, store.read_feed(0, 9)[-1])


EXPORTED = {
    "aliases": "other_ids",
    "consents": "consents",
    "customers": "customer_id",
    "dead_letters": "dead_letters",
    "events": "events",
    "feed": "feed",
    "profiles": "profile",
    "standings": "standing",
}
"""Of each table, what an export gives it as."""
DERIVED = {"members"}
"""Tables that say what the customer's standing says, for whoever asks the other way round."""


def test_whatever_an_erasure_deletes_an_export_has_given(store: Store) -> None:
    hold_everything(store)
    held = store.export_customer("ada")
    deleted = store.erase_customer("ada", 9).rows

    assert held is not None
    assert {table for table, count in deleted.items() if not count} == set()
    assert deleted.keys() == EXPORTED.keys() | DERIVED
    assert [table for table in deleted.keys() - DERIVED if not getattr(held, EXPORTED[table])] == []


def test_an_erasure_counts_what_was_there(store: Store) -> None:
    hold_everything(store)
    store.append_events([event("e1", customer="bob")])
    assert store.erase_customer("ada", 9).rows == {
        **dict.fromkeys(EXPORTED, 1),
        "members": 1,
        "feed": 3,
        "dead_letters": 2,
    }
    of_bob = store.erase_customer("bob", 9).rows
    assert {table for table, count in of_bob.items() if count} == {"customers", "events"}
    of_nobody = store.erase_customer("nobody", 9)
    assert not of_nobody.was_known
    assert of_nobody.rows == dict.fromkeys(EXPORTED.keys() | DERIVED, 0)


def test_an_export_has_the_dead_letters_from_before_a_merge(store: Store) -> None:
    hold_everything(store)
    held = store.export_customer("ada")
    assert held is not None
    assert [(letter.sink, letter.record.customer_id) for letter in held.dead_letters] == [
        ("crm", "visitor"),
        ("crm", "ada"),
    ]
