"""Wakes everybody on the loop who waits for news."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Bell:
    """Rung when there may be something new; for one event loop."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def listen(self) -> asyncio.Event:
        """The next ring, which is set once it comes: ask for it before looking, so that none is missed."""
        return self._next

    def ring(self) -> None:
        """Wake all who listen."""
        rung, self._next = self._next, asyncio.Event()
        rung.set()


async def heard(ring: asyncio.Event, within_s: float) -> None:
    """Return once it rings, or after a while."""
    with suppress(TimeoutError):
        await asyncio.wait_for(ring.wait(), within_s)
