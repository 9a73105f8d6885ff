"""Local days and periods, through every trick that clocks have played."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dearly.language.calendar import (
    day_start,
    instant_at,
    is_zone,
    local_clock,
    local_day,
    local_weekday,
    period_end,
    period_start,
    zone_names,
    zone_of,
)
from dearly.language.program import Period, Settings
from dearly.language.types import DAY_US, HOUR_US, MINUTE_US
from dearly.language.values import date_from_stored, time_from_stored

PERIODS: tuple[Period, ...] = ("today", "this week", "this month", "this year")


def moment(text: str) -> int:
    """Microseconds since the epoch of a time in UTC, written without its Z."""
    return time_from_stored(f"{text}Z")


# ------------------------------------------------------------------------------------------------------ days


@pytest.mark.parametrize(
    ("zone", "day", "begins", "hours"),
    [
        pytest.param("UTC", "2026-03-29", "2026-03-29T00:00:00", 24, id="no change at all"),
        pytest.param("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00", 23, id="an hour skipped"),
        pytest.param("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00", 25, id="an hour twice"),
        pytest.param("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00", 24.5, id="half an hour"),
        pytest.param("Antarctica/Troll", "2026-03-29", "2026-03-29T00:00:00", 22, id="two hours"),
        pytest.param("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00", 23, id="no midnight"),
        pytest.param("Asia/Beirut", "2022-03-27", "2022-03-26T22:00:00", 23, id="no midnight, east"),
        pytest.param("America/Havana", "2023-11-05", "2023-11-05T04:00:00", 25, id="midnight twice"),
        pytest.param("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00", 25, id="23:00 twice"),
        pytest.param("America/St_Johns", "2007-11-03", "2007-11-03T02:30:00", 24, id="before 00:01"),
        pytest.param("America/St_Johns", "2007-11-04", "2007-11-04T02:30:00", 25, id="00:01 back to 23:01"),
        pytest.param("America/St_Johns", "2007-03-11", "2007-03-11T03:30:00", 23, id="00:01 on to 01:01"),
        pytest.param("America/Toronto", "1919-03-30", "1919-03-30T05:00:00", 23.5, id="23:30 on to 00:30"),
        pytest.param("America/Toronto", "1919-03-31", "1919-03-31T04:30:00", 23.5, id="begins at 00:30"),
        pytest.param("Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00", 24, id="the last one east"),
        pytest.param("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00", 0, id="a day skipped"),
        pytest.param("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00", 24, id="the first one west"),
        pytest.param("Pacific/Kwajalein", "1993-08-21", "1993-08-21T12:00:00", 0, id="another day skipped"),
        pytest.param("America/Juneau", "1867-10-19", "1867-10-18T08:57:41", 48, id="a day twice"),
        pytest.param("Asia/Kathmandu", "2026-01-01", "2025-12-31T18:15:00", 24, id="a quarter of an hour"),
    ],
)
def test_a_day_begins_when_clocks_first_show_its_date_or_a_later_one(
    zone: str, day: str, begins: str, hours: float
) -> None:
    days = date_from_stored(day)
    assert day_start(zone, days) == moment(begins)
    assert day_start(zone, days + 1) - day_start(zone, days) == hours * HOUR_US


def test_a_day_that_began_goes_on_while_clocks_show_yesterday_again() -> None:
    new_day, zone = date_from_stored("2007-11-04"), "America/St_Johns"
    assert local_day(zone, moment("2007-11-04T02:29:59")) == new_day - 1
    assert local_day(zone, moment("2007-11-04T02:30:30")) == new_day
    set_back_us = moment("2007-11-04T02:31:00")
    assert local_clock(zone, set_back_us) == moment("2007-11-03T23:01:00")
    assert local_day(zone, set_back_us) == new_day
    assert local_day(zone, moment("2007-11-05T03:29:59")) == new_day


def test_no_instant_belongs_to_a_day_without_length() -> None:
    skipped, change_us = date_from_stored("2011-12-30"), moment("2011-12-30T10:00:00")
    assert local_day("Pacific/Apia", change_us - 1) == skipped - 1
    assert local_day("Pacific/Apia", change_us) == skipped + 1


def test_a_day_begins_at_a_microsecond() -> None:
    start_us = day_start("Europe/Berlin", date_from_stored("2026-03-29"))
    assert local_day("Europe/Berlin", start_us) - local_day("Europe/Berlin", start_us - 1) == 1


@pytest.mark.parametrize(
    ("time", "weekday"),
    [
        ("2026-03-01T22:59:59", 6),
        ("2026-03-01T23:00:00", 0),
        ("1969-12-31T22:59:59", 2),
        ("1900-01-01T12:00:00", 0),
    ],
)
def test_a_weekday_is_that_of_the_local_date(time: str, weekday: int) -> None:
    assert local_weekday("Europe/Berlin", moment(time)) == weekday


# --------------------------------------------------------------------------------------------------- periods


@pytest.mark.parametrize(
    ("period", "zone", "now", "first", "after"),
    [
        ("today", "Europe/Berlin", "2026-03-28T23:30:00", "2026-03-29", "2026-03-30"),
        ("this week", "Europe/Berlin", "2026-03-29T21:59:59", "2026-03-23", "2026-03-30"),
        ("this week", "Europe/Berlin", "2026-03-29T22:00:00", "2026-03-30", "2026-04-06"),
        ("this week", "Pacific/Apia", "2011-12-30T10:00:00", "2011-12-26", "2012-01-02"),
        ("this week", "UTC", "1969-12-31T00:00:00", "1969-12-29", "1970-01-05"),
        ("this month", "America/New_York", "2026-03-01T04:59:59", "2026-02-01", "2026-03-01"),
        ("this month", "America/New_York", "2026-03-01T05:00:00", "2026-03-01", "2026-04-01"),
        ("this month", "UTC", "2028-02-29T12:00:00", "2028-02-01", "2028-03-01"),
        ("this month", "UTC", "2026-12-31T23:59:59", "2026-12-01", "2027-01-01"),
        ("this year", "Asia/Tokyo", "2025-12-31T14:59:59", "2025-01-01", "2026-01-01"),
        ("this year", "Asia/Tokyo", "2025-12-31T15:00:00", "2026-01-01", "2027-01-01"),
        ("this year", "UTC", "2028-12-31T12:00:00", "2028-01-01", "2029-01-01"),
        ("this year", "UTC", "1900-06-01T00:00:00", "1900-01-01", "1901-01-01"),
    ],
)
def test_a_period_reaches_from_its_first_day_to_the_next_ones(
    period: Period, zone: str, now: str, first: str, after: str
) -> None:
    assert period_start(period, zone, moment(now)) == day_start(zone, date_from_stored(first))
    assert period_end(period, zone, moment(now)) == day_start(zone, date_from_stored(after))


def test_a_year_has_as_many_hours_as_its_clocks_pass() -> None:
    now_us = moment("2011-06-01T00:00:00")
    length_us = period_end("this year", "Pacific/Apia", now_us) - period_start(
        "this year", "Pacific/Apia", now_us
    )
    # From UTC-10 in one summer to UTC+14 in the next, a day is gone.
    assert length_us == 364 * DAY_US


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Niue", "Europe/Berlin"])
@pytest.mark.parametrize(
    "time_us",
    [
        pytest.param(moment("0001-01-01T00:00:00"), id="first second"),
        pytest.param(moment("9999-12-31T23:59:59"), id="last second"),
        pytest.param(-(2**63), id="long before"),
        pytest.param(2**63 - 1, id="long after"),
    ],
)
def test_the_ends_of_time_belong_to_days_and_periods_like_any_other(zone: str, time_us: int) -> None:
    days = local_day(zone, time_us)
    assert day_start(zone, days) <= time_us < day_start(zone, days + 1)
    for period in PERIODS:
        assert period_start(period, zone, time_us) <= time_us < period_end(period, zone, time_us)


@pytest.mark.parametrize(("zone", "hours"), [("Etc/GMT-14", -14), ("Etc/GMT+12", 12)])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_date_begin_where_their_zone_says(zone: str, hours: int, day: str) -> None:
    assert day_start(zone, date_from_stored(day)) == date_from_stored(day) * DAY_US + hours * HOUR_US


def test_the_year_after_the_last_is_a_year() -> None:
    end_us = period_end("this year", "UTC", moment("9999-06-01T00:00:00"))
    assert end_us == moment("9999-12-31T00:00:00") + DAY_US
    assert period_end("this month", "UTC", end_us) == end_us + 31 * DAY_US


# ---------------------------------------------------------------------------------------------------- clocks


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        pytest.param("2026-03-29T01:59:00", "2026-03-29T00:59:00", id="just before the change"),
        pytest.param("2026-03-29T02:30:00", "2026-03-29T01:30:00", id="a time that is skipped"),
        pytest.param("2026-10-25T02:30:00", "2026-10-25T00:30:00", id="the first of a time that comes twice"),
    ],
)
def test_a_clock_reading_is_one_instant(shown: str, expected: str) -> None:
    assert instant_at("Europe/Berlin", moment(shown)) == moment(expected)


def test_a_clock_shows_what_the_zone_is_off_from_utc() -> None:
    assert local_clock("America/St_Johns", moment("2026-01-01T12:00:00")) == moment("2026-01-01T08:30:00")
    assert local_clock("UTC", -1) == -1


# ----------------------------------------------------------------------------------------------------- zones


@pytest.mark.parametrize(
    "name", ["UTC", "Europe/Berlin", "Asia/Kolkata", "Etc/GMT+12", "America/Argentina/Salta"]
)
def test_a_name_in_the_database_is_a_zone(name: str) -> None:
    assert is_zone(name)
    assert name in zone_names()


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "Mars/Olympus",
        "Europe",
        "Europe/",
        "Europe/Berlin ",
        "+02:00",
        "../zoneinfo/UTC",
        "/usr/share/zoneinfo/UTC",
        "zone.tab",
        "Europe/Berlin\0",
        "\ud800",
        "Europe/Bérlin",
        "x" * 10_000,
        "a/" * 5_000,
    ],
)
def test_anything_else_is_not(name: str) -> None:
    assert not is_zone(name)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("Asia/Tokyo", "Asia/Tokyo"),
        ("asia tokyo", "Europe/Berlin"),
        ("", "Europe/Berlin"),
        (None, "Europe/Berlin"),
        (9.0, "Europe/Berlin"),
    ],
)
def test_a_zone_that_is_missing_or_unheard_of_is_the_packages(own: str | float | None, expected: str) -> None:
    profile = {} if own is None else {"timezone": own}
    assert zone_of(Settings(timezone="Europe/Berlin"), profile) == expected


# ------------------------------------------------------------------------------------------------------ laws

LAWFUL = settings(max_examples=300, derandomize=True, database=None, deadline=None)
ZONES = st.sampled_from(sorted(zone_names()))
DAYS = st.integers((date(1840, 1, 1) - date(1970, 1, 1)).days, (date(2100, 1, 1) - date(1970, 1, 1)).days)


@given(ZONES, DAYS)
@LAWFUL
def test_days_follow_each_other_and_each_instant_belongs_to_one(zone: str, days: int) -> None:
    start_us, end_us = day_start(zone, days), day_start(zone, days + 1)
    assert start_us <= end_us
    if start_us == end_us:
        assert local_day(zone, start_us) > days
        return
    for instant_us in (start_us, (start_us + end_us) // 2, end_us - 1):
        assert local_day(zone, instant_us) == days
    assert local_day(zone, start_us - 1) < days


@given(ZONES, DAYS, st.integers(0, DAY_US - 1), st.sampled_from(PERIODS))
@LAWFUL
def test_a_period_is_the_same_for_every_instant_in_it(
    zone: str, days: int, within_us: int, period: Period
) -> None:
    now_us = days * DAY_US + within_us
    start_us, end_us = period_start(period, zone, now_us), period_end(period, zone, now_us)
    assert start_us <= now_us < end_us
    for instant_us in (start_us, end_us - 1):
        assert period_start(period, zone, instant_us) == start_us
        assert period_end(period, zone, instant_us) == end_us
    assert period_start(period, zone, end_us) == end_us


@given(ZONES, DAYS)
@LAWFUL
def test_no_clock_shows_a_date_before_its_day_begins(zone: str, days: int) -> None:
    """Looked at just before, and then every quarter of an hour of the two days before."""
    start_us = day_start(zone, days)
    assert local_clock(zone, start_us) // DAY_US >= days
    before = range(start_us - 1, start_us - 2 * DAY_US, -15 * MINUTE_US)
    assert all(local_clock(zone, at_us) // DAY_US < days for at_us in before)


def test_the_calendar_counts_days_as_python_does() -> None:
    for text in ("0001-01-01", "1582-10-15", "1970-01-01", "2000-02-29", "9999-12-31"):
        noon = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC) + timedelta(hours=12)
        assert local_day("UTC", moment(noon.replace(tzinfo=None).isoformat())) == date_from_stored(text)
