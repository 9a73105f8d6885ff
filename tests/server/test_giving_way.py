"""Work behind the calls lets them go first, and still gets on."""

from __future__ import annotations

import time

from dearly.server.giving_way import GivingWay


def test_it_goes_on_as_soon_as_no_call_is_under_way() -> None:
    asked: list[bool] = []

    def is_busy() -> bool:
        asked.append(len(asked) < 3)
        return asked[-1]

    give_way = GivingWay(is_busy)
    time.sleep(0.05)  # some work
    give_way()
    assert asked[-1] is False
    assert asked[:-1] == [True] * 3


def test_it_goes_on_though_calls_are_always_under_way() -> None:
    give_way = GivingWay(lambda: True)
    for _ in range(3):
        time.sleep(0.001)  # some work
        give_way()


def test_it_asks_once_where_nothing_is_under_way() -> None:
    asked: list[bool] = []
    give_way = GivingWay(lambda: bool(asked.append(True)))
    time.sleep(0.01)  # some work
    give_way()
    assert asked == [True]


def test_it_does_not_ask_before_there_was_some_work() -> None:
    asked: list[bool] = []
    give_way = GivingWay(lambda: bool(asked.append(True)))
    for _ in range(3):
        give_way()
    assert len(asked) < 3
