"""What a sink is: something outside that is told the feed's records, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dearly.store import FeedRecord


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a sink did not take a record.

    ``reason`` holds nothing of anybody's data and may be logged; ``answer`` is the beginning of what the
    other side said, which may hold some. ``may_help`` is whether trying again may; ``retry_after_us`` is how
    long the other side asks to wait (0: it does not say).
    """

    reason: str
    may_help: bool
    retry_after_us: int = 0
    answer: str = ""

    def __str__(self) -> str:
        return f"{self.reason}: {self.answer}" if self.answer else self.reason


@dataclass(frozen=True, slots=True)
class Delivery:
    """How many of the records a sink took, from the first on; the one after them met the failure, if any."""

    taken: int
    failure: Failure | None = None


class Sink(Protocol):
    """Where records go. Telling it the same record twice does no harm."""

    @property
    def name(self) -> str:
        """Under which name the store keeps how far it was told."""
        ...

    @property
    def at_once(self) -> int:
        """How many records it can be told at once."""
        ...

    async def deliver(self, records: Sequence[FeedRecord]) -> Delivery:
        """Tell it some records, at least one and at most :attr:`at_once`; what was taken is kept for good.

        It ends within half a minute, and whatever the other side does is a :class:`Failure`, not raised. It
        may take some and stop without one. Who was erased since a record was recorded is told to nobody: such
        a record counts as taken.

        Raises:
            StoreUnavailable: the store cannot say who was erased.
        """
        ...

    async def close(self) -> None:
        """Give back what is held open; safe to call twice."""
        ...
