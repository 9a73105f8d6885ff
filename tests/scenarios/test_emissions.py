"""Triggers along a scenario: exact instants, limits, quiet hours."""

from __future__ import annotations

import pytest

from tests.scenarios.rehearsals import failures

CART = 'at 2026-03-01 10:00 added { product_id: "X" }'


def trigger(when: str, more: str = "") -> str:
    return f'trigger t {{ when {when} {more} emit {{ campaign: "c" }} }}'


ENTERING = trigger("entering left_behind")
FIRED = {
    "at the instant of entering, not before": (
        ENTERING,
        f"{CART} at +47:59:59 expect not emitted t at +48:00 expect emitted t",
    ),
    "once, and seen by the step after it only": (
        ENTERING,
        f"{CART} at +50:00 expect emitted t at +51:00 expect not emitted t",
    ),
    "by every expectation of that step": (
        ENTERING,
        f"{CART} at +48:00 expect emitted t at +48:00 expect emitted t",
    ),
    "on leaving": (
        trigger("leaving left_behind"),
        f"{CART} at +49:00 expect not emitted t at +50:00 ordered {{ total: 1 }} at +50:00 expect emitted t",
    ),
    "on becoming": (
        trigger("stage becomes customer"),
        f"{CART} at +1:00 expect not emitted t at +2:00 ordered {{ total: 1 }} at +2:00 expect emitted t",
    ),
    "on becoming so with the first event": (
        trigger("stage becomes customer"),
        "at 2026-03-01 10:00 ordered { total: 1 } at +0:00 expect emitted t",
    ),
    "again when it comes again": (
        trigger("entering buyers"),
        (
            "at 2026-03-01 10:00 ordered { total: 1 } at +0:00 expect emitted t "
            "at 2026-03-20 10:00 ordered { total: 1 } "
            "at 2026-03-20 10:00 expect emitted t"
        ),
    ),
    "but not over its limit": (
        trigger("entering buyers", "at most 1 per 30 days"),
        (
            "at 2026-03-01 10:00 ordered { total: 1 } at +0:00 expect emitted t "
            "at 2026-03-20 10:00 ordered { total: 1 } "
            "at 2026-03-20 10:00 expect not emitted t"
        ),
    ),
    "and again once the limit's window has passed": (
        trigger("entering buyers", "at most 1 per 30 days"),
        (
            "at 2026-03-01 10:00 ordered { total: 1 } at 2026-03-31 11:00 ordered { total: 1 } "
            "at 2026-03-31 11:00 expect emitted t"
        ),  # thirty days of 24 hours, and the clocks went forward
    ),
    "once a calendar month": (
        trigger("entering buyers", "at most 1 per month"),
        (
            "at 2026-03-01 10:00 ordered { total: 1 } at 2026-03-31 10:00 ordered { total: 1 } "
            "at 2026-03-31 10:00 expect not emitted t at 2026-04-20 10:00 ordered { total: 1 } "
            "at 2026-04-20 10:00 expect emitted t"
        ),
    ),
    "after quiet hours over midnight": (
        trigger("entering buyers", "quiet 21:00 to 08:00"),
        "at 2026-03-01 22:00 ordered { total: 1 } at +9:59 expect not emitted t at +10:00 expect emitted t",
    ),
    "in the morning before their end": (
        trigger("entering buyers", "quiet 21:00 to 08:00"),
        "at 2026-03-01 07:59 ordered { total: 1 } at +0:00 expect not emitted t at +0:01 expect emitted t",
    ),
    "at once where the hours are not quiet": (
        trigger("entering buyers", "quiet 21:00 to 08:00"),
        "at 2026-03-01 20:59 ordered { total: 1 } at +0:00 expect emitted t",
    ),
    "quiet within a day": (
        trigger("entering buyers", "quiet 12:00 to 13:00"),
        "at 2026-03-01 12:30 ordered { total: 1 } at +0:00 expect not emitted t at +0:30 expect emitted t",
    ),
    "quiet by the customer's clock": (
        trigger("entering buyers", "quiet 21:00 to 08:00 in customer timezone"),
        (
            'given profile { timezone: "Asia/Tokyo" } at 2026-03-01 22:00 ordered { total: 1 } '
            "at 2026-03-02 07:59 expect not emitted t at 2026-03-02 08:00 expect emitted t"
        ),
    ),
}


@pytest.mark.parametrize("name", FIRED)
def test_a_trigger_fires(name: str) -> None:
    rules, body = FIRED[name]
    assert failures(body, rules) == []


def test_a_failure_names_what_was_emitted_instead() -> None:
    rules = ENTERING + trigger("entering buyers").replace("trigger t", "trigger other")

    seen = failures(f"{CART} at +1:00 ordered {{ total: 1 }} at +1:00 expect emitted t", rules)

    assert seen == ["other was emitted since the step before"]
