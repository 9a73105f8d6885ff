"""Whatever a receiver answers, every record comes to it in order, or to the dead letters."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from dearly.delivery import each_dead_letter
from tests.delivery.clocks import Clock
from tests.delivery.couriers import courier, webhook
from tests.delivery.feeding import opened, put
from tests.delivery.receivers import Behaviour, Request, answers, closes, receiving

RECORDS = 12
MINUTE_US = 60_000_000
GONE = 0
"""In place of a status: the connection breaks off."""


def behaviour(status: int) -> Behaviour:
    """What a receiver does that gives this answer."""
    return closes if status == GONE else answers(status)


@given(
    st.lists(st.sampled_from([200, 204, 302, 400, 410, 422, 429, 500, GONE]), max_size=40), st.integers(1, 5)
)
@settings(max_examples=25, deadline=None)
async def test_every_record_is_taken_once_in_order_or_set_aside(
    statuses: Sequence[int], at_once: int
) -> None:
    clock, answered, taken = Clock(), iter(statuses), []

    def behave(request: Request) -> Behaviour:
        status = next(answered, 200)
        if 200 <= status <= 299:
            told = json.loads(request.body)
            taken.extend(each["position"] for each in (told if isinstance(told, list) else [told]))
        return behaviour(status)

    with tempfile.TemporaryDirectory() as folder, opened(f"sqlite:///{folder}/store.db") as store:
        async with receiving(behave, each=True) as receiver:
            telling = courier(store, webhook(receiver.url, store, clock, at_once=at_once), clock=clock)
            await telling.step()
            put(store, "anna", *(f"s{number}" for number in range(RECORDS)))
            positions = [each.position for each in store.read_feed(0, RECORDS)]
            while not any(report.waiting == 0 for report in await telling.step()):
                clock.us += MINUTE_US
            await telling.close()
        dead = [letter.record.position for letter in each_dead_letter(store)]

    assert taken == sorted(set(taken))
    assert sorted(taken + dead) == positions
