"""How long is waited between two tries, and for how long it is tried."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dearly.delivery import Failure
from dearly.delivery.retrying import RetryPolicy, is_given_up, pause_us
from tests.delivery.records import NOON_US, record

SECOND_US = 1_000_000
HOUR_US = 3_600 * SECOND_US
DAY_US = 24 * HOUR_US
DOWN = Failure("it is down", may_help=True)


@pytest.mark.parametrize(
    ("failures", "bound_s"), [(1, 1), (2, 2), (3, 4), (10, 512), (11, 900), (12, 900), (10**6, 900)]
)
def test_the_bound_of_a_pause_doubles_up_to_a_quarter_of_an_hour(failures: int, bound_s: int) -> None:
    assert pause_us(RetryPolicy(), failures, DOWN, 0.5) == bound_s * SECOND_US // 2


@given(st.integers(1, 10**4), st.floats(0, 1, exclude_max=True), st.integers(0, 2**62))
def test_a_pause_is_never_longer_than_an_hour_nor_shorter_than_asked(
    failures: int, chance: float, asked_us: int
) -> None:
    pause = pause_us(RetryPolicy(), failures, Failure("busy", may_help=True, retry_after_us=asked_us), chance)

    assert 0 <= pause <= HOUR_US
    assert pause >= min(asked_us, HOUR_US)


@pytest.mark.parametrize(
    ("recorded_before_us", "failing_for_us", "given_up"),
    [
        (DAY_US, DAY_US, True),
        (9 * DAY_US, DAY_US, True),
        (9 * DAY_US, DAY_US - 1, False),  # it waited while the sink was well, or nobody was there to tell it
        (DAY_US - 1, 9 * DAY_US, False),  # the sink has long failed, but this is new
    ],
)
def test_a_record_is_given_up_once_it_and_the_failing_are_a_day_old(
    recorded_before_us: int, failing_for_us: int, given_up: bool
) -> None:
    failing = record(1, recorded_us=NOON_US - recorded_before_us)

    assert is_given_up(RetryPolicy(), failing, NOON_US - failing_for_us, NOON_US) is given_up
