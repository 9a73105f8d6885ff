"""Every store keeps consents, makes one customer of two, and lets nobody come back who was erased."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dearly.store import (
    Consent,
    Due,
    Look,
    MergeOutcome,
    Outcome,
    ProfilePatch,
    ReadCustomers,
    Store,
)
from tests.store.records import event, kept_of_both, read, times

NEW = ProfilePatch("new", {}, 1)


def patch(customer_id: str, time_us: int, **fields: str | None) -> ProfilePatch:
    return ProfilePatch(customer_id, fields, time_us)


# -------------------------------------------------------------------------------- fields by when they changed


def test_an_older_change_never_overwrites_a_newer_one(store: Store) -> None:
    store.upsert_profiles([patch("ada", 10, name="Ada", city="Paris")], 20)
    store.upsert_profiles([patch("ada", 5, name="Adah", country="FR")], 21)
    assert read(store).fields == {"name": "Ada", "city": "Paris", "country": "FR"}


def test_a_field_that_was_cleared_stays_clear_for_older_values(store: Store) -> None:
    store.upsert_profiles([patch("ada", 10, name=None)], 20)
    store.upsert_profiles([patch("ada", 9, name="Ada")], 21)
    assert read(store).fields == {}
    store.upsert_profiles([patch("ada", 11, name="Ada")], 22)
    assert read(store).fields == {"name": "Ada"}


@given(
    changes=st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["x", "y", None]), st.integers(1, 3)),
        min_size=2,
        max_size=4,
    )
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_patches_in_any_order_and_again_end_alike(
    store: Store, changes: list[tuple[str, str | None, int]]
) -> None:
    patches = [patch("?", time_us, **{name: value}) for name, value, time_us in changes]
    ends = []
    for number, order in enumerate(permutations(patches)):
        for one in (*order, order[0]):
            store.upsert_profiles([ProfilePatch(f"c{number}", one.fields, one.time_us)], 1)
        ends.append(read(store, f"c{number}").fields)
        store.erase_customer(f"c{number}", 2)
        store.upsert_profiles([ProfilePatch(f"c{number}", {}, 1, readmit=True)], 3)
        store.merge_customers(f"c{number}", "sink", 4, "{}", kept_of_both)
        store.erase_customer("sink", 5)
        store.upsert_profiles(
            [ProfilePatch("sink", {}, 1, readmit=True), ProfilePatch(f"c{number}", {}, 1, readmit=True)], 6
        )
    assert all(end == ends[0] for end in ends)


# ----------------------------------------------------------------------------------------- consents


def test_the_latest_answer_of_each_purpose_stands(store: Store) -> None:
    said = [
        Consent("mail", True, "form", 10),
        Consent("mail", False, "link", 12),
        Consent("mail", True, "import", 11),
        Consent("ads", True, "form", 1),
    ]
    for order in permutations(said):
        for consent in order:
            assert store.set_consents("ada", [consent])
        assert store.get_consents("ada") == [said[3], said[1]]


def test_of_two_answers_at_one_instant_the_refusal_stands(store: Store) -> None:
    store.set_consents("ada", [Consent("mail", False, "a", 5)])
    store.set_consents("ada", [Consent("mail", True, "b", 5)])
    assert store.get_consents("ada") == [Consent("mail", False, "a", 5)]


def test_whoever_answered_is_known(store: Store) -> None:
    assert store.get_consents("ada") == []
    store.set_consents("ada", [Consent("mail", True, "", 5)])
    assert list(store.page_customers(None, 10)) == ["ada"]
    assert store.count_customers() == 1
    assert store.count_due(1) == 1
    store.look_at_due(1, 10, lambda due, read_customers: [])
    store.set_consents("ada", [Consent("mail", False, "", 6)])
    assert store.count_due(1) == 0


# ----------------------------------------------------------------------------------------- merging


def test_what_two_customers_did_and_said_is_one_customers_then(store: Store) -> None:
    store.append_events([event("1", customer="visitor", at=1), event("2", customer="ada", at=2)])
    store.upsert_profiles([patch("visitor", 9, name="?", city="Rome"), patch("ada", 8, name="Ada")], 10)
    store.set_consents("visitor", [Consent("mail", False, "", 5)])
    store.set_consents("ada", [Consent("mail", True, "", 4)])

    assert store.merge_customers("visitor", "ada", 11, "merged", kept_of_both) is MergeOutcome.MERGED

    for customer_id in ("ada", "visitor"):
        assert read(store, customer_id, "product_viewed").fields == {"name": "?", "city": "Rome"}
        assert times(store, customer=customer_id) == [1, 2]
        assert store.get_consents(customer_id) == [Consent("mail", False, "", 5)]
        profile = store.get_profile(customer_id)
        assert profile is not None
        assert profile.customer_id == "ada"
    assert list(store.page_customers(None, 10)) == ["ada"]
    assert [(record.customer_id, record.body) for record in store.read_feed(0, 10)] == [("ada", "merged")]


def test_an_id_that_forwards_takes_events_for_the_survivor(store: Store) -> None:
    assert store.merge_customers("visitor", "ada", 1, "{}", kept_of_both) is MergeOutcome.MERGED
    assert store.append_events([event("1", customer="visitor")]) == [Outcome.ACCEPTED]
    assert store.append_events([event("1", customer="visitor")]) == [Outcome.DUPLICATE]
    assert times(store, customer="ada") == [1_000]


def test_merging_again_or_round_in_a_circle_changes_nothing(store: Store) -> None:
    for first, second in (("a", "b"), ("b", "c")):
        assert store.merge_customers(first, second, 1, "{}", kept_of_both) is MergeOutcome.MERGED
    for first, second in permutations("abc", 2):
        assert store.merge_customers(first, second, 2, "{}", kept_of_both) is MergeOutcome.ALREADY_ONE
    assert store.merge_customers("a", "a", 3, "{}", kept_of_both) is MergeOutcome.ALREADY_ONE
    store.append_events([event("1", customer="a")])
    assert times(store, customer="c") == [1_000]
    assert len(store.read_feed(0, 10)) == 2


def test_an_id_that_forwards_already_brings_nobody_else_along(store: Store) -> None:
    store.append_events([event("1", customer="ada"), event("2", customer="bob")])
    assert store.merge_customers("browser", "ada", 1, "{}", kept_of_both) is MergeOutcome.MERGED
    assert store.merge_customers("browser", "bob", 2, "{}", kept_of_both) is MergeOutcome.TAKEN
    assert list(store.page_customers(None, 10)) == ["ada", "bob"]
    assert store.merge_customers("ada", "bob", 3, "{}", kept_of_both) is MergeOutcome.MERGED
    assert store.merge_customers("browser", "bob", 4, "{}", kept_of_both) is MergeOutcome.ALREADY_ONE


def test_whoever_was_merged_is_due_at_once(store: Store) -> None:
    store.append_events([event("1", customer="ada")])
    store.look_at_due(1, 10, lambda due, read_customers: [])
    store.merge_customers("visitor", "ada", 2, "{}", kept_of_both)
    (due,) = store.due_customers(2, None, 10)
    assert (due.customer_id, "@all" in due.touched) == ("ada", True)


def test_what_the_last_looks_left_of_both_is_joined(store: Store) -> None:
    look_at("ada", "bob", "cyd", in_=store)
    seen = {}
    for from_id, into_id in (("ada", "bob"), ("cyd", "bob"), ("bob", "new")):
        store.merge_customers(from_id, into_id, 2, "{}", kept_of_both)
        seen[from_id] = {due.customer_id: due.standing for due in store.due_customers(2, None, 10)}
    assert seen["ada"]["bob"] == "ada's + bob's"
    assert seen["cyd"] == {"bob": "cyd's + ada's + bob's"}
    assert seen["bob"] == {"new": "cyd's + ada's + bob's"}


def test_a_merge_whose_standings_cannot_be_joined_says_so_and_changes_nothing(store: Store) -> None:
    class UnreadableHereError(Exception):
        pass

    def join(lost: str | None, kept: str | None) -> str | None:
        raise UnreadableHereError

    store.append_events([event("1", at=1, customer="visitor"), event("2", at=2)])
    with pytest.raises(UnreadableHereError):
        store.merge_customers("visitor", "ada", 2, "merged", join)
    assert store.ids_of("visitor") == ["visitor"]
    assert (times(store, customer="visitor"), times(store)) == ([1], [2])
    assert store.feed_ends() == (0, 0)
    assert store.append_events([event("3", at=3)]) == [Outcome.ACCEPTED]


def test_what_the_feed_told_stays_under_the_id_of_then(store: Store) -> None:
    look_at("visitor", "ada", in_=store)
    store.merge_customers("visitor", "ada", 2, "merged", kept_of_both)

    told = {record.body: record.customer_id for record in store.read_feed(0, 10)}
    assert told == {"of visitor": "visitor", "of ada": "ada", "merged": "ada"}
    assert list(store.ids_of("visitor")) == list(store.ids_of("ada")) == ["ada", "visitor"]
    assert list(store.ids_of("nobody")) == ["nobody"]
    held = store.export_customer("ada")
    assert held is not None
    assert sorted(held.feed) == ["merged", "of ada", "of visitor"]
    assert store.erase_customer("visitor", 3).rows["feed"] == 3
    assert list(store.read_feed(0, 10)) == []


def look_at(*customer_ids: str, in_: Store) -> None:
    """Each has an event, and is looked at."""
    in_.append_events([event(customer_id, customer=customer_id) for customer_id in customer_ids])

    def look(due: Sequence[Due], read_customers: ReadCustomers) -> list[Look]:
        del read_customers
        ids = [each.customer_id for each in due]
        return [Look(one, None, f"{one}'s", (), [f"of {one}"]) for one in ids]

    in_.look_at_due(1, len(customer_ids), look)


# ---------------------------------------------------------------------------------------- export and erasure


def test_an_export_has_everything(store: Store) -> None:
    assert store.export_customer("ada") is None
    store.append_events([event("2", at=5, note="x"), event("1", at=3)])
    store.upsert_profiles([patch("ada", 7, name="Ada", city=None)], 8)
    store.set_consents("ada", [Consent("mail", True, "form", 1)])
    store.merge_customers("visitor", "ada", 9, "merged", kept_of_both)

    held = store.export_customer("visitor")

    assert held is not None
    assert (held.customer_id, held.other_ids) == ("ada", ["visitor"])
    assert held.profile is not None
    assert held.profile.fields == {"name": "Ada"}
    assert held.field_times_us == {"name": 7, "city": 7}
    assert held.consents == [Consent("mail", True, "form", 1)]
    assert list(held.events) == [event("1", at=3), event("2", at=5, note="x")]
    assert held.feed == ["merged"]


def test_erasing_leaves_nothing_and_keeps_everything_out(store: Store) -> None:
    store.append_events([event("1"), event("2", customer="bob")])
    store.upsert_profiles([patch("ada", 1, name="Ada")], 1)
    store.set_consents("ada", [Consent("mail", True, "", 1)])
    store.merge_customers("visitor", "ada", 2, "merged", kept_of_both)

    erased = store.erase_customer("visitor", 3)

    assert erased.was_known
    assert set(erased.ids) == {"ada", "visitor"}
    assert erased.rows["events"] == erased.rows["consents"] == erased.rows["feed"] == 1
    for customer_id in ("ada", "visitor"):
        assert store.export_customer(customer_id) is None
        assert store.append_events([event("3", customer=customer_id)]) == [Outcome.ERASED]
        assert store.upsert_profiles([NEW, patch(customer_id, 9, name="A")], 9) == [1]
        assert not store.set_consents(customer_id, [Consent("mail", True, "", 9)])
        assert store.merge_customers(customer_id, "bob", 9, "{}", kept_of_both) is MergeOutcome.ERASED
    assert store.get_profile("new") is None
    assert list(store.page_customers(None, 10)) == ["bob"]


def test_whoever_is_readmitted_begins_anew(store: Store) -> None:
    store.append_events([event("1")])
    store.erase_customer("ada", 1)
    assert store.upsert_profiles([ProfilePatch("ada", {"name": "Ada"}, 2, readmit=True)], 2) == []
    assert store.append_events([event("1")]) == [Outcome.ACCEPTED]
    assert times(store) == [1_000]


def test_erasing_somebody_unknown_keeps_them_out_all_the_same(store: Store) -> None:
    assert not store.erase_customer("nobody", 1).was_known
    assert store.append_events([event("1", customer="nobody")]) == [Outcome.ERASED]


# ----------------------------------------------------------------------------------------- retention


def test_events_expire_some_at_a_time_with_what_tells_repeats_of_them(store: Store) -> None:
    kinds = ("product_viewed", "ordered")
    sent = [event(f"{kind}{at}", kind=kind, at=at) for kind in kinds for at in range(1, 6)]
    random.Random(1).shuffle(sent)
    store.append_events(sent)

    counts = [store.expire_events(3, 4), store.expire_events(3, 4), store.expire_events(3, 4)]

    assert counts == [4, 2, 0]
    kept = read(store, "ada", *kinds).events
    assert [time_us for _, time_us, _ in kept] == [4, 5, 4, 5]
    assert store.append_events([event("ordered2", kind="ordered", at=2, more="x")]) == [Outcome.ACCEPTED]
    assert store.append_events([event("ordered4", kind="ordered", at=4)]) == [Outcome.DUPLICATE]


@pytest.mark.parametrize("count", [0, 3])
def test_customers_are_counted(store: Store, count: int) -> None:
    store.append_events([event(str(number), customer=f"c{number}") for number in range(count)])
    assert store.count_customers() == count
