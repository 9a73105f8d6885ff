"""What one rendering may use of bytes and time, and the clock that everything in it looks at."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from dearly import DearlyError


class RenderBudgetExceeded(DearlyError):
    """A template made more output, or took more time, than it was allowed."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one rendering may use: bytes of UTF-8 for each part, and time for all parts together."""

    max_bytes: int = 256 * 1024
    max_s: float = 0.050
    monotonic: Callable[[], float] = time.monotonic


class Clock:
    """The time that one rendering has; it begins when the clock is made."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._ends_s = budget.monotonic() + budget.max_s

    def check(self) -> None:
        """Raises RenderBudgetExceeded when the time is up."""
        if self._budget.monotonic() > self._ends_s:
            raise RenderBudgetExceeded(
                f"The template took longer than its {self._budget.max_s * 1000:.0f} ms."
            )
