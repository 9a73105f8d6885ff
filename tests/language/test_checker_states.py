"""What is asked of scores, experiments and the call: tiers, variants, context."""

from __future__ import annotations

import pytest

from dearly.language.program import (
    Compare,
    ContextField,
    Expression,
    Literal,
    Not,
    ScoreRef,
    StageIs,
    TierIs,
    VariantIs,
)
from dearly.language.types import NUMBER
from tests.language.checking import check_rules, codes_of, only_finding, program_of

DECLARED = """
context { cart_total number?, points_now number = 0 }
lifecycle life { vip when points > 3 rest otherwise }
score conversion { predict any bought within 30 days features auto tiers high >= 0.6, low }
experiment offer { variants control 50, discount 50 goal bought within 7 days }
block used { when offer is control show "a.html" otherwise show "b.html" }
"""


def _block(condition: str) -> str:
    return f'{DECLARED}block b {{ when {condition} show "a.html" otherwise show "b.html" }}'


@pytest.mark.parametrize(
    ("condition", "meant"),
    [
        ("life is vip", StageIs("life", "vip")),
        ("conversion is high", TierIs("conversion", "high")),
        ("offer is discount", VariantIs("offer", "discount")),
        ("offer is not discount", Not(VariantIs("offer", "discount"))),
        ("conversion > 0.5", Compare(">", ScoreRef("conversion"), Literal(0.5, NUMBER))),
        ("cart_total > 5", Compare(">", ContextField("cart_total", NUMBER), Literal(5.0, NUMBER))),
        ("context.cart_total > 5", Compare(">", ContextField("cart_total", NUMBER), Literal(5.0, NUMBER))),
    ],
)
def test_a_block_may_ask_for_all_that_is_known_of_a_call(condition: str, meant: Expression) -> None:
    assert program_of(_block(condition)).blocks["b"].branches[0].condition == meant


@pytest.mark.parametrize(
    ("segment", "place", "said"),
    [
        (
            "cart_total > 5",
            "cart_total",
            (
                "context-in-segment: `cart_total` is what a call brings along; segments, values and their "
                "like exist without a call. Ask for it in a block: `when cart_total ..`."
            ),
        ),
        ("points > context.cart_total", "context.cart_total", "context-in-segment: "),
        ("any viewed where seconds > cart_total", "cart_total", "context-in-segment: "),
        (
            "offer is control",
            "offer is control",
            "variant-in-segment: Who is in which variant of `offer` is decided when content is shown",
        ),
        ("conversion is hihg", "hihg", "unknown-tier: The score `conversion` has no tier `hihg`. Did you"),
        ("conversion is medium", "medium", "unknown-tier: The score `conversion` has no tier `medium`. Its"),
        ("conversoin is high", "conversoin", "unknown-name: There is no lifecycle, score or experiment"),
        ("points is high", "points", "Compare with `==`, or ask `points is present`"),
        ("old is high", "old", "Write `old`, or `not old`."),
        ('conversion == "high"', 'conversion == "high"', "A score has tiers: write `conversion is TIER`"),
        ("any viewed where conversion > 0.5", "conversion", "impure-where: `conversion` is about"),
        ("any viewed where conversion is high", "conversion is high", "impure-where: "),
        ("any viewed where offer is control", "offer is control", "impure-where: "),
        ("context.cart_totl > 5", "context.cart_totl", "The context has no field `cart_totl`. Did you mean"),
        ("offer", "offer", "not-a-value: `offer` is an experiment"),
    ],
)
def test_what_a_segment_cannot_ask_is_told_where_it_stands(segment: str, place: str, said: str) -> None:
    rules = f"segment s {{ {segment} }}"

    (found,) = check_rules(f"{DECLARED}segment old {{ points > 3 }}\n{rules}").diagnostics

    assert said in f"{found.code}: {found.message} {found.hint}"
    assert rules[found.span.column - 1 : found.span.end_column - 1] == place


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (
            "offer is nothing",
            "unknown-variant: The experiment `offer` has no variant `nothing`. Its",
        ),
        ("cart_totl > 5", "unknown-name: There is no `cart_totl`. Did you mean `cart_total`?"),
    ],
)
def test_what_a_block_cannot_ask_is_told(condition: str, said: str) -> None:
    assert said in only_finding(_block(condition))


@pytest.mark.parametrize(
    "rules",
    [
        "value v = cart_total * 2",
        "value v = offer is control",
        "lifecycle l { a when cart_total > 3 b otherwise }",
        "score z { predict any bought within 3 days among cart_total > 3 features auto tiers a >= 0.5, b }",
    ],
)
def test_all_that_exists_without_a_call_is_held_to_that(rules: str) -> None:
    assert codes_of(DECLARED + rules) in (["context-in-segment"], ["variant-in-segment"])


def test_a_name_that_an_event_and_the_call_share_means_the_events_and_is_warned_of() -> None:
    rules = f"{DECLARED}event e {{ cart_total number }}\n"
    shown = 'show "a.html" otherwise show "b.html" }'

    assert only_finding(f"{rules}block b {{ when any e where cart_total > 5 {shown}") == (
        "ambiguous-name: Both the call and the event `e` have a `cart_total`; here it means that of the "
        "event `e`. Write `context.cart_total` for the call's; rename one of them to be rid of this warning."
    )
    assert codes_of(f"{rules}block b {{ when any e where context.cart_total > 5 {shown}") == []
