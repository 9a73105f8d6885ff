"""Whoever is erased while they are looked at, and readmitted at once, begins with nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dearly.store import Due, Look, ProfilePatch, ReadCustomers, Store
from tests.store.records import event


@pytest.mark.parametrize("touches", [1, 3])
def test_a_look_at_who_was_erased_and_readmitted_meanwhile_is_dropped(store: Store, touches: int) -> None:
    for number in range(touches):
        store.append_events([event(f"{number}")])
    (customer_id,) = store.page_customers(None, 9)

    def look_at(due: Sequence[Due], read: ReadCustomers) -> list[Look]:
        store.erase_customer(customer_id, 2)
        for time_us in range(touches):
            store.upsert_profiles([ProfilePatch(customer_id, {"name": "new"}, time_us, readmit=True)], 3)
        return [Look(one.customer_id, None, "of before", (), ["told of before"]) for one in due]

    assert store.look_at_due(1, 9, look_at) == 0

    assert store.read_feed(0, 9) == []
    (due,) = store.due_customers(3, None, 9)
    assert (due.customer_id, due.standing) == (customer_id, None)
