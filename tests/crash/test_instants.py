"""What the crash test's judge notices: an instant that is off, told twice, left out, or of another cause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.crash.instants import Arrival, Instants, Told, judge_instants

EVENT_US, ENDS_US, SEEN_US = 10_000, 14_000, 10_200
CAME_IN = Told("lookers", None, "in", EVENT_US, "event", SEEN_US)
WENT_OUT = Told("lookers", "in", None, ENDS_US, "time", ENDS_US + 5)
TRUE = [(EVENT_US, "in"), (ENDS_US, None)]
IN_TIME = [Arrival(EVENT_US, SEEN_US - 50)]


def test_what_a_replay_has_too_is_exact() -> None:
    assert judge_instants([CAME_IN, WENT_OUT], TRUE, IN_TIME) == Instants(exact=2)


WRONG: dict[str, list[Told]] = {
    "a microsecond late": [CAME_IN, replace(WENT_OUT, at_us=ENDS_US + 1)],
    "a microsecond early": [CAME_IN, replace(WENT_OUT, at_us=ENDS_US - 1)],
    "told twice": [CAME_IN, WENT_OUT, CAME_IN, WENT_OUT],
    "another state": [replace(CAME_IN, after="looker"), WENT_OUT],
    "time took it for an event": [CAME_IN, replace(WENT_OUT, cause="event")],
    "a correction of nothing": [CAME_IN, WENT_OUT, replace(CAME_IN, cause="late_event")],
    "left out": [CAME_IN],
}


@pytest.mark.parametrize("told", WRONG.values(), ids=WRONG)
def test_what_nothing_explains_is_wrong(told: list[Told]) -> None:
    assert judge_instants(told, TRUE, IN_TIME).wrong > 0


def test_an_event_that_came_after_it_was_told_explains_a_difference() -> None:
    late = Arrival(ENDS_US - 1_000, ENDS_US + 500)
    back = replace(CAME_IN, cause="late_event", recorded_us=ENDS_US + 600)
    out = replace(WENT_OUT, at_us=late.time_us + 4_000, recorded_us=ENDS_US + 4_000)
    true = [(EVENT_US, "in"), (out.at_us, None)]
    judged = judge_instants([CAME_IN, WENT_OUT, back, out], true, [*IN_TIME, late])
    assert judged == Instants(exact=2, explained=2)


def test_an_event_that_was_known_when_it_was_told_explains_nothing() -> None:
    known = Arrival(ENDS_US - 1_000, ENDS_US - 500)
    out = replace(WENT_OUT, at_us=known.time_us + 4_000, recorded_us=ENDS_US + 4_000)
    true = [(EVENT_US, "in"), (out.at_us, None)]
    assert judge_instants(
        [CAME_IN, WENT_OUT, replace(CAME_IN, cause="late_event"), out], true, [*IN_TIME, known]
    ).wrong


def test_what_began_and_ended_before_its_event_came_need_not_be_told() -> None:
    assert judge_instants([], TRUE, [Arrival(EVENT_US, ENDS_US + 1)]) == Instants(left_out=2)
