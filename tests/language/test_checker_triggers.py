"""Triggers: the moment that sets one off, its quiet hours, what it emits."""

from __future__ import annotations

import pytest

from dearly.language.program import (
    Becomes,
    Entering,
    Leaving,
    Limit,
    Literal,
    Moment,
    Pick,
    QuietHours,
    Selection,
    Trigger,
)
from dearly.language.types import DAY_US, TEXT, ItemRef
from tests.language.checking import codes_of, only_finding, program_of

BEFORE = """
segment keen { any viewed within 7 days }
lifecycle stage { buyer when any bought  lead otherwise }
score s { predict any bought within 30 days features auto tiers high >= 0.6, low }
value born = birthday
"""
EMIT = 'emit { campaign: "c" }'


def _trigger(parts: str) -> str:
    return f"{BEFORE}trigger t {{ {parts} }}"


def test_a_trigger_is_read() -> None:
    rules = _trigger(
        "when entering keen at most 1 per 7 days quiet 21:00 to 08:00 in customer timezone "
        'emit { campaign: "win-back", product: latest viewed.product_id }'
    )

    assert program_of(rules).triggers["t"] == Trigger(
        name="t",
        moment=Entering("keen"),
        limits=(Limit(1, 7 * DAY_US),),
        quiet=QuietHours(21 * 60, 8 * 60, "customer"),
        emit={
            "campaign": Literal("win-back", TEXT),
            "product": Pick("latest", Selection("viewed"), "product_id", ItemRef("product")),
        },
    )


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("entering keen", Entering("keen")),
        ("leaving keen", Leaving("keen")),
        ("stage becomes buyer", Becomes("stage", "buyer")),
        ("s becomes high", Becomes("s", "high")),
    ],
)
def test_what_may_set_a_trigger_off(written: str, moment: Moment) -> None:
    trigger = program_of(_trigger(f"when {written} {EMIT}")).triggers["t"]

    assert (trigger.moment, trigger.limits, trigger.quiet) == (moment, (), None)


@pytest.mark.parametrize(
    ("parts", "finding"),
    [
        (
            EMIT,
            (
                "missing-part: The trigger `t` has no `when`. "
                "Say what sets it off: `when entering SEGMENT`, or `when LIFECYCLE becomes STAGE`."
            ),
        ),
        (
            "when entering keen",
            (
                "missing-part: The trigger `t` has no `emit`. "
                'Say what it sends on: `emit { campaign: "win-back" }`.'
            ),
        ),
        (
            f"when entering keen when leaving keen {EMIT}",
            "repeated-part: The trigger `t` has its `when` already, at shop.rules:21. Leave one of them out.",
        ),
        (
            f"when entering keem {EMIT}",
            "unknown-name: There is no segment `keem`. Did you mean `keen`?",
        ),
        (
            f"when entering stage {EMIT}",
            (
                "unknown-name: `stage` is a lifecycle; what customers enter and leave is a segment. "
                "Write `when stage becomes STAGE`."
            ),
        ),
        (
            f"when leaving viewed {EMIT}",
            (
                "unknown-name: `viewed` is an event; what customers enter and leave is a segment. "
                "Declare one that asks for it: `segment NAME { .. }`, and write `leaving NAME`."
            ),
        ),
        (
            f"when stage becomes byer {EMIT}",
            "unknown-stage: The lifecycle `stage` has no stage `byer`. Did you mean `buyer`?",
        ),
        (
            f"when s becomes hihg {EMIT}",
            "unknown-tier: The score `s` has no tier `hihg`. Did you mean `high`?",
        ),
        (
            f"when entering keen quiet 08:00 to 08:00 {EMIT}",
            (
                "bad-quiet-hours: These quiet hours end when they begin, so there are none, or nothing else. "
                "Write, for example, `quiet 21:00 to 08:00`, or leave them out."
            ),
        ),
        (
            f"when entering keen quiet 21:00 to 08:00 quiet 12:00 to 13:00 {EMIT}",
            (
                "repeated-part: The trigger `t` has its `quiet` already, at shop.rules:21. Leave one of them "
                "out."
            ),
        ),
        (
            f"when entering keen at most 0 per day {EMIT}",
            "bad-limit: How often something may be is a whole number from 1 to 1,000; this is 0.",
        ),
        (
            'when entering keen emit { a: "x", a: "y" }',
            "duplicate-field: The trigger `t` emits `a` already. Leave one of them out.",
        ),
        (
            "when entering keen emit { born: birthday }",
            (
                "sensitive-value: `born` hands on `birthday`, which is `@sensitive` and may not leave the "
                "house. Decide with it, by a segment that the trigger waits for, and emit something else."
            ),
        ),
        (
            "when entering keen emit { born: born }",
            (
                "sensitive-value: `born` hands on `birthday`, which is `@sensitive` and may not leave the "
                "house. Decide with it, by a segment that the trigger waits for, and emit something else."
            ),
        ),
    ],
)
def test_a_wrong_trigger_is_told(parts: str, finding: str) -> None:
    assert only_finding(_trigger(parts)) == finding


def test_what_is_emitted_has_a_type_that_can_be_sent() -> None:
    assert codes_of(_trigger("when entering keen emit { since: time since last viewed }")) == [
        "misplaced-duration"
    ]
    assert codes_of(_trigger("when entering keen emit { a: ponits, b: pionts }")) == ["unknown-name"] * 2


def test_a_trigger_knows_no_call() -> None:
    rules = _trigger("when entering keen emit { total: cart_total }")

    assert codes_of(f"context {{ cart_total number? }}\n{rules}") == ["context-in-segment"]
