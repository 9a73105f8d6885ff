"""A clock that stands until it is moved."""

from __future__ import annotations

from dataclasses import dataclass

from tests.delivery.records import NOON_US


@dataclass(slots=True)
class Clock:
    """Gives the same time until a test says otherwise."""

    us: int = NOON_US

    def __call__(self) -> int:
        return self.us
