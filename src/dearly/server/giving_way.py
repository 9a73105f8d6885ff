"""Work behind the calls that lets them go first, as long as it still gets on."""

from __future__ import annotations

import time
from collections.abc import Callable

MOST_TIMES_LONGER = 8
"""It waits at most so many times as long as it worked: under a flood of calls it has a ninth of the time."""
LONGEST_S = 0.01
STEP_S = 0.0005


class GivingWay:
    """To be called again and again in the middle of long work in Python, from one thread.

    Such work hands the interpreter over only every 5 ms, and a call needs it several times. (Measured with
    membership behind a flood of events in batches: twice as many events a second.)
    """

    def __init__(self, is_busy: Callable[[], bool]) -> None:
        """``is_busy`` says whether calls are under way that are to go first; cheap."""
        self._is_busy = is_busy
        self._since_s = time.monotonic()

    def __call__(self) -> None:
        """Wait while calls are under way, but not for long."""
        now_s = time.monotonic()
        worked_s = now_s - self._since_s
        if worked_s < STEP_S:
            return
        until_s = now_s + min(worked_s * MOST_TIMES_LONGER, LONGEST_S)
        while self._is_busy() and time.monotonic() < until_s:
            time.sleep(STEP_S)
        self._since_s = time.monotonic()
