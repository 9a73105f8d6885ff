"""Waiting for what a server does by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

LOOKS = 1_500
BETWEEN_LOOKS_S = 0.02
"""Half a minute in all, for machines with much else to do: who waits for what comes does not wait so long."""


async def eventually(ask: Callable[[], Awaitable[T]], expected: T) -> bool:
    """Ask, for a bounded time, until the answer is the one expected."""
    for _ in range(LOOKS):
        if await ask() == expected:
            return True
        await asyncio.sleep(BETWEEN_LOOKS_S)
    return False


async def until(holds: Callable[[], bool]) -> None:
    """Look, for a bounded time, until something holds."""

    async def ask() -> bool:
        return holds()

    assert await eventually(ask, True), "it never came to hold"
