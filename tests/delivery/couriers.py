"""A courier as a process, until it is killed: ``python -m tests.delivery.couriers STORE URL``."""

from __future__ import annotations

import asyncio
import base64
import os
import random
import sys
import time

from dearly.delivery import Courier, Sink, WebhookSink, read_secrets
from dearly.store import Store
from tests.delivery.clocks import Clock
from tests.delivery.feeding import opened

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def webhook(
    url: str, store: Store, clock: Clock | None = None, name: str = "crm", at_once: int = 1
) -> WebhookSink:
    """A sink at a URL of this machine, with time enough for a machine that has much else to do."""
    secrets = read_secrets(SECRET, "the test")
    return WebhookSink(
        name,
        url,
        secrets,
        store.identity(),
        store.erased_ids,
        clock or now_us,
        at_once=at_once,
        allow_private=True,
        whole_s=60.0,
    )


def courier(store: Store, *sinks: Sink, clock: Clock, owner: str = "one") -> Courier:
    """A courier whose pauses are the longest that chance allows."""
    return Courier(store, sinks, clock, lambda: 0.999_999, owner)


def now_us() -> int:
    """The time of this machine."""
    return time.time_ns() // 1_000


async def deliver(store_url: str, url: str) -> None:
    """Deliver without end."""
    with opened(store_url) as store:
        running = Courier(store, [webhook(url, store)], now_us, random.random, f"process-{os.getpid()}")
        while True:
            await running.step()


if __name__ == "__main__":
    asyncio.run(deliver(sys.argv[1], sys.argv[2]))
