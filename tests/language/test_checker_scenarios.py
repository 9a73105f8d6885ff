"""Tests that authors write: what is given, what happens, what is expected."""

from __future__ import annotations

import pytest

from dearly.language.program import (
    After,
    Contains,
    Emitted,
    Happens,
    Holds,
    LocalMoment,
    Not,
    Scenario,
    SegmentRef,
    Shows,
    StageIs,
    Step,
)
from dearly.language.types import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from tests.language.checking import codes_of, only_finding, program_of

BEFORE = """
context { cart_total number? }
segment keen { any viewed within 7 days }
lifecycle stage { buyer when any bought  lead otherwise }
block hero { when keen show "hero/keen.html" otherwise show "hero/all.html" }
trigger wave { when entering keen emit { campaign: "wave" } }
"""
START = "at 2026-03-01 10:00 "
MARCH_1 = 20_513 * DAY_US


def _test(parts: str) -> str:
    return f'{BEFORE}test "t" {{ {parts} }}'


def _scenario(parts: str) -> Scenario:
    (scenario,) = program_of(_test(parts)).scenarios
    return scenario


def test_a_test_is_read() -> None:
    scenario = _scenario(
        """
        given profile {
          first_name: "Ada", points: 3, birthday: 1990-12-31, interests: ["a", "b"], favorite: "X"
        } consents to personalization, marketing
        given context { cart_total: -2.5 }
        at 2026-03-01 10:00 viewed { product_id: "X", seconds: 4 }
        at +47:59:59 expect keen, not stage is buyer
        at 2026-03-09 10:00 bought { product_id: "X", total: 20 }
          expect hero shows "hero/all.html", hero contains "Ada", not emitted wave
        """
    )

    assert scenario == Scenario(
        name="t",
        profile={
            "first_name": "Ada",
            "points": 3.0,
            "birthday": 7_669,
            "interests": frozenset(["a", "b"]),
            "favorite": "X",
        },
        context={"cart_total": -2.5},
        consents=frozenset(["personalization", "marketing"]),
        steps=(
            Step(
                LocalMoment(MARCH_1 + 10 * HOUR_US),
                Happens("viewed", {"product_id": "X", "seconds": 4.0}),
                (),
            ),
            Step(
                After(47 * HOUR_US + 59 * MINUTE_US + 59 * SECOND_US),
                None,
                (Holds(SegmentRef("keen"), False), Holds(StageIs("stage", "buyer"), True)),
            ),
            Step(
                LocalMoment(MARCH_1 + 8 * DAY_US + 10 * HOUR_US),
                Happens("bought", {"product_id": "X", "total": 20.0}),
                (Shows("hero", "hero/all", False), Contains("hero", "Ada", False), Emitted("wave", True)),
            ),
        ),
    )


def test_whoever_says_nothing_of_consent_leaves_it_open() -> None:
    assert _scenario(f"{START} expect keen").consents is None
    assert _scenario(f"given consents to nothing {START} expect keen").consents == frozenset()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("not keen", Holds(SegmentRef("keen"), True)),
        ("stage is not buyer", Holds(Not(StageIs("stage", "buyer")), False)),
        ('not hero contains "x"', Contains("hero", "x", True)),
        ('not hero shows "hero/keen.html"', Shows("hero", "hero/keen", True)),
        ("emitted wave", Emitted("wave", False)),
    ],
)
def test_what_may_be_expected(written: str, expected: object) -> None:
    assert _scenario(f"{START} expect {written}").steps[0].expects == (expected,)


def test_conditions_in_a_test_may_ask_for_the_context() -> None:
    assert codes_of(_test(f"given context {{ cart_total: 3 }} {START} expect cart_total > 2")) == []


@pytest.mark.parametrize(
    ("parts", "finding"),
    [
        (
            f'given profile {{ frist_name: "Ada" }} {START} expect keen',
            "unknown-name: The profile has no field `frist_name`. Did you mean `first_name`?",
        ),
        (
            f"given context {{ total: 3 }} {START} expect keen",
            "unknown-name: The context has no field `total`. It has cart_total.",
        ),
        (
            f'given profile {{ points: "3" }} {START} expect keen',
            "bad-value: `points` is a number: expected a number, got text.",
        ),
        (
            f"given profile {{ interests: [1, 2] }} {START} expect keen",
            "bad-value: `interests` is a set of text: expected text, got a number.",
        ),
        (
            f'given profile {{ birthday: "1990-12-31" }} {START} expect keen',
            (
                "bad-value: `birthday` is a date: expected a date, got text. Write it without quotes: "
                "`1990-12-31`."
            ),
        ),
        (
            f"given profile {{ points: 1, points: 2 }} {START} expect keen",
            "duplicate-field: `points` has a value already. Leave one of them out.",
        ),
        (
            f"given profile {{ points: 1 }} given profile {{ points: 2 }} {START} expect keen",
            (
                "repeated-part: This test has its `given profile` already, at shop.rules:22. "
                "Leave one of them out."
            ),
        ),
        (
            f"given consents to everyone {START} expect keen",
            (
                "not-a-purpose: `everyone` is no purpose: whether somebody agreed is the server's to know, "
                "and no rule can set it aside. Name what the content is for: `purpose marketing`; naming "
                "none asks for all of them."
            ),
        ),
        (
            f'{START} viewd {{ product_id: "X" }} expect keen',
            "unknown-event: There is no event `viewd`. Did you mean `viewed`?",
        ),
        (
            f'{START} viewed {{ product: "X", product_id: "Y" }} expect keen',
            (
                "unknown-property: The event `viewed` has no field `product`. It has product_id, category, "
                "seconds."
            ),
        ),
        (
            f"{START} bought {{ total: 3 }} expect keen",
            (
                "missing-property: `bought` needs a `product_id`: its declaration has neither `?` nor a "
                "default. Add `product_id: ..`, a product."
            ),
        ),
        (
            "at +1:00 expect keen",
            (
                "missing-start: The first `at` says when the test begins, and this is only so long after it. "
                "Begin with a date and time: `at 2026-03-01 10:00 ..`."
            ),
        ),
        (
            f'{START} viewed {{ product_id: "X" }}',
            (
                "test-without-expect: This test expects nothing, so it cannot fail. "
                "Say what is to be so, and when: `at +1:00 expect SEGMENT`."
            ),
        ),
        (f"{START} expect kene", "unknown-name: There is no `kene`. Did you mean `keen`?"),
        (
            f'{START} expect hreo shows "hero/all.html"',
            "unknown-name: There is no block `hreo`. Did you mean `hero`?",
        ),
        (
            f'{START} expect hero shows "hero/kene.html"',
            'not-shown: The block `hero` never shows "hero/kene.html". Did you mean "hero/keen.html"?',
        ),
        (
            f'{START} expect hero shows "cart.html"',
            (
                'not-shown: The block `hero` never shows "cart.html". It shows "hero/keen.html", '
                '"hero/all.html".'
            ),
        ),
        (
            f"{START} expect hero contains 3",
            (
                "type-mismatch: What `hero` contains is compared with a text in quotes. Write `hero contains "
                '"Ada"`.'
            ),
        ),
        (f"{START} expect emitted wvae", "unknown-name: There is no trigger `wvae`. Did you mean `wave`?"),
    ],
)
def test_a_wrong_part_of_a_test_is_told(parts: str, finding: str) -> None:
    assert only_finding(_test(parts)) == finding


def test_two_tests_have_two_titles() -> None:
    again = f'test "t" {{ {START} expect keen }}'

    assert only_finding(f"{_test(f'{START} expect keen')}\n{again}") == (
        'duplicate-test: There is a test "t" already, at shop.rules:22. Give each test a title of its own.'
    )


def test_tests_stand_in_the_order_of_their_places() -> None:
    rules = "".join(f'\ntest "{name}" {{ {START} expect keen }}' for name in ("z", "a", "m"))

    assert [scenario.name for scenario in program_of(BEFORE + rules).scenarios] == ["z", "a", "m"]


def test_every_wrong_part_of_a_test_is_told() -> None:
    parts = f"given profile {{ x: 1, points: true }} {START} bouhgt {{ }} expect kene, emitted nothing_at_all"

    assert codes_of(_test(parts)) == [
        "unknown-name",
        "bad-value",
        "unknown-event",
        "unknown-name",
        "unknown-name",
    ]


@pytest.mark.parametrize(
    "steps", ["at 9999-12-31 23:59", "at 0001-01-01 00:00", "at 9998-12-31 23:00 expect s at +99:00"]
)
def test_a_test_at_the_ends_of_the_calendar_is_refused(steps: str) -> None:
    assert "test-out-of-time" in codes_of(f'segment s {{ any viewed }}\ntest "t" {{ {steps} expect s }}')
