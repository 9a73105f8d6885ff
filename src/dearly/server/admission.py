"""How many calls of a kind may be under way at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dearly.server.statuses import busy

RETRY_AFTER_S = 0.5


class Admission:
    """Counts the calls of one kind, and refuses those beyond a number."""

    def __init__(self, what: str, most: int) -> None:
        self._what = what
        self._most = most
        self._under_way = 0

    def enter(self) -> None:
        """Count a call as under way, until it leaves.

        Raises:
            CallRefused: RESOURCE_EXHAUSTED when there are too many.
        """
        if self._under_way >= self._most:
            raise busy(f"{self._most} {self._what} are under way already. Try again.", RETRY_AFTER_S)
        self._under_way += 1

    def leave(self) -> None:
        """Count it no more."""
        self._under_way -= 1

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Count a call as under way for as long as the block lasts; see :meth:`enter`."""
        self.enter()
        try:
            yield
        finally:
            self.leave()
