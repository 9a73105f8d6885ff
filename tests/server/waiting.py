"""Waiting for what a server does by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(ask: Callable[[], Awaitable[T]], expected: T) -> bool:
    """Ask, for at most five seconds, until the answer is the one expected."""
    for _ in range(250):
        if await ask() == expected:
            return True
        await asyncio.sleep(0.02)
    return False
