"""The zones' tables say what the calendar says."""

from __future__ import annotations

import pytest

from dearly.evaluation.sql import clock_rows, zone_columns, zone_rows
from dearly.language.calendar import day_start, local_day, local_weekday, period_start
from dearly.language.types import DAY_US, HOUR_US, WEEK_US
from tests.evaluation.vocabulary import OCCASIONS, Occasion


@pytest.mark.parametrize("occasion", OCCASIONS, ids=lambda each: each.zone)
def test_clocks_give_the_weekday_of_every_quarter_of_an_hour(occasion: Occasion) -> None:
    zone, around_us = occasion.zone, occasion.instant_us
    from_us, until_us = around_us - 10 * DAY_US, around_us + 10 * DAY_US
    clocks = clock_rows(zone, from_us, until_us)

    for quarter in range(20 * 96):
        for time_us in (from_us + quarter * HOUR_US // 4, from_us + quarter * HOUR_US // 4 - 1):
            if time_us < from_us:
                continue
            (clock,) = (each for each in clocks if each.from_us <= time_us < each.until_us)
            into_week = time_us - clock.monday_us
            assert into_week >= 0
            assert into_week % WEEK_US // DAY_US == local_weekday(zone, time_us), time_us


def test_clocks_leave_no_instant_out_and_give_none_twice() -> None:
    clocks = clock_rows("Europe/Berlin", OCCASIONS[0].instant_us, OCCASIONS[2].instant_us)

    assert len(clocks) > 2
    assert [each.until_us for each in clocks[:-1]] == [each.from_us for each in clocks[1:]]


def test_a_zone_without_changes_has_one_clock() -> None:
    assert len(clock_rows("Asia/Tokyo", 0, 20_000 * DAY_US // 10)) <= 8
    assert len(clock_rows("UTC", 0, 20_000 * DAY_US)) == 1


def test_zones_say_where_days_and_periods_began() -> None:
    occasion = OCCASIONS[1]
    now_us, zone, dates = occasion.instant_us, occasion.zone, (20_000, 20_541)

    (row,) = zone_rows([zone], now_us, dates)

    assert dict(zip(zone_columns(dates), row, strict=True)) == {
        "zone": zone,
        "today": local_day(zone, now_us),
        "today_start_us": period_start("today", zone, now_us),
        "week_start_us": period_start("this week", zone, now_us),
        "month_start_us": period_start("this month", zone, now_us),
        "year_start_us": period_start("this year", zone, now_us),
        "day_0_start_us": day_start(zone, 20_000),
        "day_1_start_us": day_start(zone, 20_541),
    }
