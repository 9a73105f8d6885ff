"""Somebody else's session has a customer's row: nothing is kept of a look, and nobody spins."""

from __future__ import annotations

import psycopg

from dearly.membership.engine import SHORTEST_WAIT_US
from dearly.store.postgres import PostgresStore
from tests.membership.shop import Shop
from tests.postgres import needs_postgres

pytestmark = needs_postgres


def test_a_worker_waits_a_little_while_a_row_is_held(url: str, store: PostgresStore) -> None:
    shop = Shop(store)
    shop.settle()
    shop.happens("viewed")
    with psycopg.connect(url) as other:
        other.execute("SELECT FROM dearly.customers WHERE id = 'ada' FOR UPDATE")
        assert shop.engine.step() == 0
        assert shop.engine.wait_us() == SHORTEST_WAIT_US
    shop.settle()

    assert shop.members("browsing") == {"ada": "in"}
