"""Caps and the limits that triggers share with them; purposes; what counts toward what."""

from __future__ import annotations

import pytest

from dearly.language.program import Cap, Limit
from dearly.language.types import DAY_US
from tests.language.checking import codes_of, only_finding, program_of


def _capped(limits: str) -> str:
    return (
        f'cap c {{ {limits} }}\nblock b {{ counts toward c when true show "a.html" otherwise show "a.html" }}'
    )


def _block(head: str) -> str:
    return f'block b {{ {head} when true show "a.html" otherwise show "a.html" }}'


def test_a_cap_is_read() -> None:
    program = program_of(_capped("at most 2 per 7 days\n at most 1 per day in customer timezone"))

    assert program.caps["c"] == Cap("c", (Limit(2, 7 * DAY_US), Limit(1, None, "day", "customer")))
    assert program.blocks["b"].counts_toward == ("c",)


@pytest.mark.parametrize(
    ("limits", "finding"),
    [
        (
            "at most 0 per day",
            "bad-limit: How often something may be is a whole number from 1 to 1,000; this is 0.",
        ),
        (
            "at most 1.5 per day",
            "bad-limit: How often something may be is a whole number from 1 to 1,000; this is 1.5.",
        ),
        (
            "at most 1 per 30 seconds",
            (
                "bad-limit: A limit looks at 1 minute to 366 days; this is 30 seconds. "
                "Write, for example, `at most 2 per 7 days`."
            ),
        ),
        (
            "at most 1 per 400 days",
            (
                "bad-limit: A limit looks at 1 minute to 366 days; this is 400 days. "
                "Write, for example, `at most 2 per 7 days`."
            ),
        ),
        (
            "at most 2 per 7 days at most 3 per 7 days",
            (
                "pointless-limit: `at most 3 per 7 days` is never what holds somebody back: `at most 2 per "
                "7 days` allows no more than that already. Leave it out, or make it stricter."
            ),
        ),
    ],
)
def test_a_wrong_limit_is_told(limits: str, finding: str) -> None:
    assert only_finding(_capped(limits)) == finding


def test_a_cap_needs_a_limit() -> None:
    assert "missing-part" in codes_of(_capped(""))


@pytest.mark.parametrize(
    ("strict", "idle"),
    [
        ("at most 2 per 7 days", "at most 2 per 3 days"),
        ("at most 1 per 1 day", "at most 7 per 7 days"),
        ("at most 1 per 2 days", "at most 4 per 7 days"),
        ("at most 1 per day", "at most 7 per week"),
        ("at most 1 per day", "at most 31 per month"),
        ("at most 5 per month", "at most 5 per week in customer timezone and more"),
        ("at most 3 per month", "at most 3 per day"),
        ("at most 1 per 8 days", "at most 1 per week"),
        ("at most 1 per day", "at most 9 per 7 days"),
        ("at most 1 per day", "at most 3 per day in customer timezone"),
    ],
)
def test_a_limit_that_another_keeps_already_is_pointless(strict: str, idle: str) -> None:
    idle = idle.removesuffix(" in customer timezone and more")
    expected = [] if "week" in idle and "month" in strict else ["pointless-limit"]

    assert codes_of(_capped(f"{strict} {idle}")) == expected
    assert codes_of(_capped(f"{idle} {strict}")) == expected


@pytest.mark.parametrize(
    "limits",
    [
        "at most 1 per day at most 3 per week",
        "at most 1 per 1 day at most 6 per 7 days",
        "at most 1 per day at most 8 per 7 days",
        "at most 1 per 7 days at most 1 per week",
        "at most 1 per day at most 2 per day in customer timezone",
        "at most 4 per month at most 4 per week",
    ],
)
def test_a_limit_that_may_hold_somebody_back_is_not_pointless(limits: str) -> None:
    assert codes_of(_capped(limits)) == []


def test_two_limits_that_say_the_same_are_told_once() -> None:
    assert (
        codes_of(_capped("at most 1 per day at most 1 per day at most 1 per day")) == ["pointless-limit"] * 2
    )


def test_a_cap_has_few_limits() -> None:
    assert codes_of(_capped("at most 1 per day " * 11)) == ["bad-limit"]


def test_a_cap_that_nothing_counts_toward_is_refused() -> None:
    assert only_finding("cap c { at most 1 per day }") == (
        "unused-cap: Nothing counts toward the cap `c`, so it holds nobody back. "
        "Write `counts toward c` in a block, or leave the cap out."
    )


# ----------------------------------------------------------------------------- what a block counts toward


@pytest.mark.parametrize(
    ("rules", "finding"),
    [
        (
            "cap promos { at most 1 per day }\n" + _block("counts toward promos, promo"),
            "unknown-cap: There is no cap `promo`. Did you mean `promos`?",
        ),
        (
            _block("counts toward promos"),
            "unknown-cap: There is no cap `promos`. Declare it: `cap promos { at most 2 per 7 days }`.",
        ),
        (
            "cap c { at most 1 per day }\n" + _block("counts toward c, c"),
            "repeated-name: The block `b` names `c` twice in its `counts toward`. Name it once.",
        ),
        (
            _block("purpose marketing, marketing"),
            "repeated-name: The block `b` names `marketing` twice in its `purpose`. Name it once.",
        ),
        (
            _block("purpose everyone"),
            (
                "not-a-purpose: `everyone` is no purpose: whether somebody agreed is the server's to know, "
                "and no rule can set it aside. Name what the content is for: `purpose marketing`; naming "
                "none asks for all of them."
            ),
        ),
    ],
)
def test_a_wrong_head_of_a_block_is_told(rules: str, finding: str) -> None:
    assert only_finding(rules) == finding


def test_a_block_says_what_it_needs_consent_for() -> None:
    assert program_of(_block("purpose personalization, marketing")).blocks["b"].purposes == (
        "personalization",
        "marketing",
    )
