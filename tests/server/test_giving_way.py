"""Work behind the calls lets them go first, and still gets on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dearly.server.giving_way import PAUSE_EVERY, STEP_S, GivingWay, with_pauses


class Work:
    """Work on a clock of its own, which only work and sleep move."""

    def __init__(self, is_busy: Callable[[], bool]) -> None:
        self.now_s = 0.0
        self.asked = 0
        self._is_busy = is_busy
        self.give_way = GivingWay(self._ask, lambda: self.now_s, self._sleep)

    def works(self, for_s: float) -> None:
        self.now_s += for_s

    def waits_s(self) -> float:
        """How long it gives way now."""
        before_s = self.now_s
        self.give_way()
        return self.now_s - before_s

    def _ask(self) -> bool:
        self.asked += 1
        return self._is_busy()

    def _sleep(self, for_s: float) -> None:
        self.now_s += for_s


@pytest.mark.parametrize(
    ("worked_s", "waits_s"),
    [(0.0005, 0.004), (0.001, 0.008), (0.00125, 0.01), (0.005, 0.01), (1.0, 0.01)],
)
def test_where_calls_never_end_it_waits_eight_times_its_work_and_ten_milliseconds_at_most(
    worked_s: float, waits_s: float
) -> None:
    work = Work(lambda: True)
    for _ in range(3):  # what it waited does not count as work the next time
        work.works(worked_s)
        assert work.waits_s() == pytest.approx(waits_s, abs=STEP_S)


def test_it_goes_on_as_soon_as_no_call_is_under_way() -> None:
    work = Work(lambda: work.asked <= 3)
    work.works(0.05)
    assert work.waits_s() == pytest.approx(3 * STEP_S)


def test_it_asks_once_where_nothing_is_under_way() -> None:
    work = Work(lambda: False)
    work.works(0.01)
    assert work.waits_s() == 0
    assert work.asked == 1


def test_it_asks_nobody_before_there_was_some_work() -> None:
    work = Work(lambda: True)
    work.works(STEP_S / 2)
    assert work.waits_s() == 0
    assert work.asked == 0


@pytest.mark.parametrize("count", [0, 1, PAUSE_EVERY, 2 * PAUSE_EVERY + 1])
def test_pauses_leave_out_nothing(count: int) -> None:
    assert list(with_pauses(range(count))) == list(range(count))
