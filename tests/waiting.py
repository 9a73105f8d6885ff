"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable

LOOKS = 3_000
BETWEEN_LOOKS_S = 0.02
"""A minute in all, for machines with much else to do: who waits for what comes does not wait so long."""


def wait_until(holds: Callable[[], bool]) -> None:
    """Look, for a bounded time, until something holds."""
    for _ in range(LOOKS):
        if holds():
            return
        time.sleep(BETWEEN_LOOKS_S)
    raise AssertionError("it never came to hold")
