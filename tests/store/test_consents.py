"""Every store keeps of each purpose what was said last, in whatever order it is told."""

from __future__ import annotations

from itertools import permutations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dearly.store import Consent, ProfilePatch, Store

_SAID = st.builds(
    Consent,
    st.sampled_from(["mail", "sms"]),
    st.booleans(),
    st.sampled_from(["", "shop", "Ä"]),
    st.integers(1, 2),
)


@given(said=st.lists(_SAID, min_size=2, max_size=4))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_consents_in_any_order_and_again_end_alike(store: Store, said: list[Consent]) -> None:
    ends = []
    for number, order in enumerate(permutations(said)):
        customer_id = f"c{number}"
        store.erase_customer(customer_id, 1)
        store.upsert_profiles([_readmitted(customer_id)], 1)
        for one in (*order, order[0]):
            store.set_consents(customer_id, [one])
        ends.append(list(store.get_consents(customer_id)))
    assert all(end == ends[0] for end in ends)


def _readmitted(customer_id: str) -> ProfilePatch:
    return ProfilePatch(customer_id, {}, 1, readmit=True)
