"""Experiments: who takes part, the variants and their weights, what counts as success."""

from __future__ import annotations

import pytest

from dearly.language.program import Experiment, Presence, ProfileField, Selection, Variant, VariantIs
from dearly.language.types import DAY_US, TEXT
from tests.language.checking import codes_of, only_finding, program_of

GOAL = "goal bought within 7 days"
VARIANTS = "variants control 50, discount 50"
USE = 'block b { when x is discount show "a.html" otherwise show "b.html" }'


def _experiment(parts: str) -> str:
    return f"experiment x {{ {parts} }}\n{USE}"


def test_an_experiment_is_read() -> None:
    rules = (
        f'experiment x "Does it pay?" {{ audience country is present {VARIANTS} holdout 5% {GOAL} }}\n{USE}'
    )
    program = program_of(rules)

    assert program.experiments["x"] == Experiment(
        name="x",
        title="Does it pay?",
        audience=Presence(ProfileField("country", TEXT), missing=False),
        variants=(Variant("control", 50.0), Variant("discount", 50.0)),
        holdout=0.05,
        goal=Selection("bought", within_us=7 * DAY_US),
    )
    assert program.blocks["b"].branches[0].condition == VariantIs("x", "discount")


def test_an_experiment_may_be_for_everybody_and_hold_nobody_out() -> None:
    experiment = program_of(_experiment(f"{VARIANTS} {GOAL}")).experiments["x"]

    assert (experiment.audience, experiment.holdout) == (None, 0.0)


@pytest.mark.parametrize(
    ("parts", "finding"),
    [
        (
            f"variants discount 50 {GOAL}",
            (
                "too-few-variants: The experiment `x` compares one variant; it takes two or more. "
                "Write, for example, `variants control 50, discount 50`."
            ),
        ),
        (
            f"variants discount 50, discount 50 {GOAL}",
            (
                "duplicate-variant: The experiment `x` has a variant `discount` already. "
                "Give each variant a name of its own, and one weight."
            ),
        ),
        (
            f"variants control 0, discount 50 {GOAL}",
            (
                "bad-weight: A weight is a number above 0, up to 1,000,000; that of `control` is 0. "
                "Leave `control` out: nobody would ever be in it."
            ),
        ),
        (
            f"variants control 1e9, discount 50 {GOAL}",
            (
                "bad-weight: A weight is a number above 0, up to 1,000,000; that of `control` is 1e9. "
                "Weights are shares of their sum, so `50, 50` and `1, 1` are alike."
            ),
        ),
        (
            f"{VARIANTS} holdout 100% {GOAL}",
            (
                "bad-holdout: A holdout is 0 % to less than 100 % of the audience; this is 100 %. "
                "Those held out see none of the variants; write, for example, `holdout 5%`."
            ),
        ),
        (
            VARIANTS,
            (
                "missing-part: The experiment `x` has no `goal`. "
                "Say what counts as success: `goal order_completed within 7 days`."
            ),
        ),
        (
            f"{VARIANTS} goal bought",
            (
                "cannot-look-forward: A goal is reached after somebody saw a variant, so it needs to know "
                "how far ahead. Add a window: `bought within 30 days`."
            ),
        ),
        (
            f"{VARIANTS} goal bought today",
            (
                "cannot-look-forward: A goal is reached after somebody saw a variant, and `today` begins in "
                "the past. Say how long it may take: `within 30 days`."
            ),
        ),
        (
            f"{VARIANTS} holdout 5% holdout 6% {GOAL}",
            (
                "repeated-part: The experiment `x` has its `holdout` already, at shop.rules:16. "
                "Leave one of them out."
            ),
        ),
        (
            f"{VARIANTS} {GOAL} goal read within 3 days",
            (
                "repeated-part: The experiment `x` has its `goal` already, at shop.rules:16. Leave one of "
                "them out."
            ),
        ),
        (
            f"{VARIANTS} audience points > 1 audience points > 2 {GOAL}",
            (
                "repeated-part: The experiment `x` has its `audience` already, at shop.rules:16. "
                "Leave one of them out."
            ),
        ),
    ],
)
def test_a_wrong_experiment_is_told(parts: str, finding: str) -> None:
    assert only_finding(_experiment(parts)) == finding


def test_an_experiment_that_no_block_asks_for_is_refused() -> None:
    assert only_finding(f"experiment x {{ {VARIANTS} {GOAL} }}") == (
        "unused-experiment: No block asks for a variant of the experiment `x`, so all see the same. "
        "Write `when x is control` in a block, or leave the experiment out."
    )


def test_nothing_is_called_unused_while_something_cannot_be_read() -> None:
    rules = f"experiment x {{ {VARIANTS} {GOAL} }}\ncap c {{ at most 1 per day }}\nblock b {{ when }}"

    assert codes_of(rules) == ["syntax-error"]


def test_a_segment_cannot_ask_for_a_variant_and_an_audience_for_none() -> None:
    assert codes_of(f"segment s {{ x is discount }}\n{_experiment(f'{VARIANTS} {GOAL}')}") == [
        "variant-in-segment"
    ]
    assert codes_of(_experiment(f"audience x is control {VARIANTS} {GOAL}")) == ["variant-in-segment"]


def test_a_block_is_told_of_a_variant_that_there_is_not() -> None:
    rules = _experiment(f"{VARIANTS} {GOAL}").replace("x is discount", "x is discuont")

    assert only_finding(rules) == (
        "unknown-variant: The experiment `x` has no variant `discuont`. Did you mean `discount`?"
    )
