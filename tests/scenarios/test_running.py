"""Expectations on a fake clock."""

from __future__ import annotations

import pytest

from tests.scenarios.rehearsals import failures, run

CART = 'at 2026-03-01 10:00 added { product_id: "X" }'

MET = {
    "a segment flips at its exact instant": (
        f"{CART} at +47:59:59 expect not left_behind at +48:00 expect left_behind"
    ),
    "what happens at an instant counts": f"{CART} at +49:00 ordered {{ total: 5 }} at +49:00 expect buyers",
    "though it is written after": f"{CART} at +49:00 expect buyers at +49:00 ordered {{ total: 5 }}",
    "the order of the steps does not matter": (
        "at 2026-03-01 10:00 expect not buyers at 2026-03-03 10:00 expect left_behind "
        'at 2026-03-01 10:00 added { product_id: "X" }'
    ),
    "an unknown condition is not one that holds": (
        'at 2026-03-01 10:00 expect not first_name == "Ada", not (not first_name == "Ada")'
    ),
    "declared defaults stand": (f"{CART} at +0:00 expect points == 5, latest added.quantity == 1"),
    "given fields replace them": "given profile { points: 7 } at 2026-03-01 10:00 expect points == 7",
    "a stage": (
        f"{CART} at +1:00 expect stage is guest "
        "at +2:00 ordered { total: 1 } at +2:00 expect stage is customer"
    ),
    "a block decides": (
        f'{CART} at +48:00 expect hero shows "hero/cart.html", not hero shows "hero/plain.html"'
    ),
    "a template is rendered with made-up items": (
        f'given profile {{ first_name: "Ada" }} {CART} at +48:00 expect hero contains "Ada", '
        'hero contains "title 2", not hero contains "title 3"'
    ),
    "a context decides and is shown": (
        'given context { cart_total: 120 } at 2026-03-01 10:00 expect hero shows "hero/large.html", '
        'hero contains "120 & more"'
    ),
    "without consent only an otherwise is shown": (
        f'given consents to nothing {CART} at +48:00 expect left_behind, hero shows "hero/plain.html"'
    ),
    "with consent all is": f'given consents to marketing {CART} at +48:00 expect hero shows "hero/cart.html"',
    "clocks are the package's": ("at 2026-03-01 10:00 expect now == 2026-03-01T09:00:00Z"),
    "or the customer's own": (
        'given profile { timezone: "Asia/Tokyo" } at 2026-03-01 10:00 expect now == 2026-03-01T01:00:00Z'
    ),
    "an offset is time that passes, not what clocks show": (
        "at 2026-03-28 12:00 expect now == 2026-03-28T11:00:00Z at +24:00 expect now == 2026-03-29T11:00:00Z "
        "at 2026-03-29 12:00 expect now == 2026-03-29T10:00:00Z"
    ),
    "a time that clocks skip is as long after the change": (
        "at 2026-03-29 02:30 expect now == 2026-03-29T01:30:00Z"
    ),
}


@pytest.mark.parametrize("body", MET.values(), ids=MET)
def test_what_is_expected_and_so_passes(body: str) -> None:
    assert failures(body) == []


NOT_MET = {
    f"{CART} at +1:00 expect left_behind": "it is false",
    f"{CART} at +48:00 expect not left_behind": "it is true",
    'at 2026-03-01 10:00 expect first_name == "Ada"': "it is unknown",
    f'{CART} at +48:00 expect hero shows "hero/plain.html"': 'it shows "hero/cart.html"',
    'at 2026-03-01 10:00 expect hero contains "Ada"': 'it shows "hero/plain.html", as text:\nHello',
    'at 2026-03-01 10:00 expect not hero contains "Hello"': 'it shows "hero/plain.html", as text:\nHello',
}


@pytest.mark.parametrize("body", NOT_MET)
def test_what_is_expected_and_not_so_fails_and_tells_what_was_seen(body: str) -> None:
    assert [seen.rstrip() for seen in failures(body)] == [NOT_MET[body]]


def test_every_expectation_is_asked_even_after_one_failed() -> None:
    result = run("at 2026-03-01 10:00 expect buyers, not buyers, stage is customer")

    assert [outcome.passed for outcome in result.outcomes] == [False, True, False]
    assert not result.passed


def test_a_test_without_steps_expects_nothing_and_passes() -> None:
    result = run("")
    assert result.passed
    assert result.outcomes == ()
