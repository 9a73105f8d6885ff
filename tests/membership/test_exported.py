"""A standing is exported in words: names, states, times; nothing of how it is kept."""

from __future__ import annotations

import pytest

from dearly.language.types import DAY_US, SECOND_US
from dearly.membership import UnreadableStanding, exported_standing
from dearly.membership.standing import (
    GenerationStanding,
    NameStanding,
    Standing,
    TriggerStanding,
    Waiting,
    write_standing,
)

VIP = NameStanding("in", SECOND_US, None)
STANDING = Standing(
    {
        1: GenerationStanding(DAY_US, {"vip": VIP}),
        2: GenerationStanding(
            2 * DAY_US,
            {"vip": NameStanding(None, 0, 3 * DAY_US), "stage": NameStanding("buyer", SECOND_US, None)},
        ),
    },
    {"remind": TriggerStanding((SECOND_US, DAY_US), Waiting(2 * DAY_US, "event"))},
)


def test_states_and_times_stand_under_their_names() -> None:
    assert exported_standing(write_standing(STANDING), 2) == {
        "as_of": "1970-01-03T00:00:00Z",
        "names": {
            "stage": {"state": "buyer", "since": "1970-01-01T00:00:01Z", "next_change": None},
            "vip": {"state": None, "since": None, "next_change": "1970-01-04T00:00:00Z"},
        },
        "triggers": {
            "remind": {
                "fired": ["1970-01-01T00:00:01Z", "1970-01-02T00:00:00Z"],
                "waits_until": "1970-01-03T00:00:00Z",
            }
        },
    }


@pytest.mark.parametrize("serving", [None, 3])
def test_before_a_look_under_new_rules_what_was_told_last_stands(serving: int | None) -> None:
    told = exported_standing(write_standing(STANDING), serving)
    assert told["names"] == {"vip": {"state": "in", "since": "1970-01-01T00:00:01Z", "next_change": None}}


def test_whoever_was_not_looked_at_stands_nowhere() -> None:
    assert exported_standing(write_standing(Standing({}, {})), 1) == {
        "as_of": None,
        "names": {},
        "triggers": {},
    }


def test_what_another_version_wrote_is_not_guessed_at() -> None:
    with pytest.raises(UnreadableStanding):
        exported_standing("[99]", 1)
