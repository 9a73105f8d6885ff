"""Every store patches profiles alike."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dearly.store import ProfilePatch, ProfileRecord, Store
from tests.store.records import event, read

_VALUES = st.one_of(
    st.text(max_size=20),
    st.floats(-1e12, 1e12),
    st.booleans(),
    st.lists(st.text(max_size=5), max_size=3),
)


def test_a_profile_is_read_back_as_it_was_kept(store: Store) -> None:
    fields = {"name": "Ada", "points": 3.0, "vip": True, "interests": ["a", "b"], "nothing": []}
    store.upsert_profiles([ProfilePatch("ada", fields, 77)], 77)
    assert store.get_profile("ada") == ProfileRecord("ada", fields, 77)
    assert read(store).fields == fields


def test_a_patch_changes_what_it_names_and_leaves_the_rest(store: Store) -> None:
    store.upsert_profiles([ProfilePatch("ada", {"name": "Ada", "country": "GB", "tags": ["a", "b"]}, 1)], 1)
    store.upsert_profiles([ProfilePatch("ada", {"country": "FR", "tags": ["c"]}, 2)], 2)
    assert store.get_profile("ada") == ProfileRecord(
        "ada", {"name": "Ada", "country": "FR", "tags": ["c"]}, 2
    )


def test_none_clears_a_field(store: Store) -> None:
    store.upsert_profiles([ProfilePatch("ada", {"name": "Ada", "country": None}, 1)], 1)
    store.upsert_profiles([ProfilePatch("ada", {"name": None, "unknown": None}, 2)], 2)
    assert store.get_profile("ada") == ProfileRecord("ada", {}, 2)


def test_patches_in_one_call_hold_one_after_the_other(store: Store) -> None:
    store.upsert_profiles(
        [
            ProfilePatch("ada", {"a": 1.0, "b": 1.0}, 1),
            ProfilePatch("ada", {"b": 2.0}, 1),
            ProfilePatch("bob", {}, 1),
        ],
        1,
    )
    assert read(store, "ada").fields == {"a": 1.0, "b": 2.0}
    assert read(store, "bob").fields == {}


def test_a_customer_with_events_only_has_no_profile(store: Store) -> None:
    store.append_events([event("1")])
    assert store.get_profile("ada") is None
    assert read(store, "ada", "product_viewed").fields is None
    assert len(read(store, "ada", "product_viewed").events) == 1
    store.upsert_profiles([ProfilePatch("ada", {"a": 1.0}, 1)], 1)
    assert read(store, "ada", "product_viewed").fields == {"a": 1.0}
    assert len(read(store, "ada", "product_viewed").events) == 1


def test_an_unknown_customer_has_no_profile(store: Store) -> None:
    assert store.get_profile("nobody") is None


def test_known_customers_are_given_a_page_at_a_time(store: Store) -> None:
    store.upsert_profiles([ProfilePatch("b", {}, 1), ProfilePatch("é", {}, 1), ProfilePatch("a", {}, 1)], 1)
    store.append_events([event("1", customer="c"), event("2", customer="a")])
    assert store.page_customers(None, 3) == ["a", "b", "c"]
    assert store.page_customers("c", 3) == ["é"]
    assert store.page_customers("é", 3) == []


def test_known_customers_come_in_the_order_of_code_points(store: Store) -> None:
    ids = ["B", "a", "ab", "é", "\uffee", "\U00010000"]  # UTF-16 and dictionaries would order them otherwise
    store.upsert_profiles([ProfilePatch(customer_id, {}, 1) for customer_id in reversed(ids)], 1)
    assert store.page_customers(None, 10) == ids
    assert [store.page_customers(after, 1) for after in ids] == [[after] for after in ids[1:]] + [[]]


def test_threads_that_patch_different_fields_all_win(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda number: store.upsert_profiles([ProfilePatch("ada", {f"f{number}": 1.0}, 1)], 1),
                range(40),
            )
        )
    assert read(store).fields == {f"f{number}": 1.0 for number in range(40)}


@given(patches=st.lists(st.dictionaries(st.sampled_from("abc"), st.none() | _VALUES), max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_patches_add_up_as_dictionaries_do(store: Store, patches) -> None:  # type: ignore[no-untyped-def]
    store.erase_customer("ada", 1)  # as an example before left them
    store.upsert_profiles([ProfilePatch("ada", {}, 1, readmit=True)], 1)
    expected: dict[str, object] = {}
    for time_us, patch in enumerate(patches, 2):
        store.upsert_profiles([ProfilePatch("ada", patch, time_us)], 1)
        expected |= patch
    assert read(store).fields == {name: value for name, value in expected.items() if value is not None}
