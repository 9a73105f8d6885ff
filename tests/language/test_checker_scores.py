"""Scores: what can be predicted, from what, and the tiers that a likelihood falls into."""

from __future__ import annotations

import pytest

from dearly.language.program import Occurs, Score, Selection, Tier
from dearly.language.types import DAY_US
from tests.language.checking import codes_of, only_finding, program_of

LABEL = "predict any bought within 30 days"
TIERS = "tiers high >= 0.6, medium >= 0.25, low"


def _score(parts: str) -> str:
    return f"score s {{ {parts} }}"


def _tiers(tiers: str) -> str:
    return _score(f"{LABEL} features auto tiers {tiers}")


def test_a_score_is_read() -> None:
    rules = f"""
    value keen = count of viewed within 30 days
    score s "Will buy" {{ {LABEL} among any viewed within 90 days features auto, keen {TIERS} }}
    """

    assert program_of(rules).scores["s"] == Score(
        name="s",
        title="Will buy",
        label=Occurs("at least", 1, Selection("bought", within_us=30 * DAY_US)),
        among=Occurs("at least", 1, Selection("viewed", within_us=90 * DAY_US)),
        features=("keen",),
        automatic=True,
        tiers=(Tier("high", 0.6), Tier("medium", 0.25), Tier("low", None)),
    )


def test_a_score_may_be_without_audience_automatic_features_and_tiers() -> None:
    score = program_of(f"value v = points\nscore s {{ {LABEL} features v }}").scores["s"]

    assert (score.among, score.automatic, score.features, score.tiers) == (None, False, ("v",), ())


# -------------------------------------------------------------------------------------- looking forward


@pytest.mark.parametrize(
    "label",
    [
        "at least 2 bought within 30 days",
        "no bought within 30 days",
        "any bought where total > 20 within 30 days and no viewed within 7 days",
        "not (any bought within 30 days or any read within 30 days)",
        "sum of bought.total within 30 days > 100",
        "any viewed within 30 days followed by bought within 2 days",
    ],
)
def test_what_happens_within_a_window_can_be_predicted(label: str) -> None:
    assert codes_of(_score(f"predict {label} features auto")) == []


@pytest.mark.parametrize(
    ("label", "finding"),
    [
        (
            "points > 3",
            (
                "A score predicts what is ahead, and `points` is about what is known by then already. "
                "Predict events: `any order_completed within 30 days`. What is known belongs in `among`."
            ),
        ),
        (
            "any bought within 30 days and country is present",
            (
                "A score predicts what is ahead, and `country is present` is about what is known by then "
                "already. Predict events: `any order_completed within 30 days`. What is known belongs in "
                "`among`."
            ),
        ),
        (
            "true",
            (
                "A score predicts whether something happens, and this asks for no event. "
                "Predict events: `any order_completed within 30 days`."
            ),
        ),
        (
            "any bought",
            (
                "A score predicts what is ahead, so it needs to know how far ahead. "
                "Add a window: `bought within 30 days`."
            ),
        ),
        (
            "any bought within 30 days older than 2 days",
            (
                "A score predicts what is ahead, and `older than` looks back. "
                "Say how long it may take: `within 30 days`."
            ),
        ),
        (
            "any bought this month",
            (
                "A score predicts what is ahead, and `this month` begins in the past. "
                "Say how long it may take: `within 30 days`."
            ),
        ),
        (
            "any bought since 2026-01-01",
            (
                "A score predicts what is ahead, from a different moment for each customer, so a fixed day "
                "is no part of it. Say how long it may take: `within 30 days`."
            ),
        ),
        (
            "any viewed within 30 days not followed by bought",
            (
                "A score predicts what is ahead, so it needs to know how long to wait for what follows. "
                "Add a window: `followed by bought within 2 days`."
            ),
        ),
    ],
)
def test_what_is_not_ahead_cannot_be_predicted(label: str, finding: str) -> None:
    assert only_finding(_score(f"predict {label} features auto")) == f"cannot-look-forward: {finding}"


# -------------------------------------------------------------------------------------- parts and features


@pytest.mark.parametrize(
    ("rules", "finding"),
    [
        (
            _score("features auto"),
            (
                "missing-part: The score `s` has no `predict`. "
                "Say what it predicts: `predict any order_completed within 30 days`."
            ),
        ),
        (
            _score(LABEL),
            (
                "missing-part: The score `s` has no `features`. "
                "Say what it learns from: `features auto`, and names of values."
            ),
        ),
        (
            _score(f"{LABEL}\n predict any read within 3 days features auto"),
            (
                "repeated-part: The score `s` has its `predict` already, at shop.rules:16. Leave one of them "
                "out."
            ),
        ),
        (
            _score(f"{LABEL}\n among points > 3 among points > 4 features auto"),
            "repeated-part: The score `s` has its `among` already, at shop.rules:17. Leave one of them out.",
        ),
        (
            "value engagement = points\n" + _score(f"{LABEL} features auto, engagment"),
            "unknown-name: There is no value `engagment`. Did you mean `engagement`?",
        ),
        (
            _score(f"{LABEL} features auto, points"),
            (
                "unknown-name: `points` is a profile field; features are values. "
                "Give it a name: `value NAME = points`."
            ),
        ),
        (
            _score(f"{LABEL} features auto, bought"),
            "unknown-name: `bought` is an event; features are values. Leave it out, or name a value.",
        ),
        (
            _score(f"{LABEL} features auto, auto"),
            "repeated-name: The score `s` names `auto` twice in its `features`. Name it once.",
        ),
        (
            f"value v = s * 2\n{_score(f'{LABEL} features auto, v')}",
            (
                "cycle: The score `s` would be learnt from itself: s -> v -> s. "
                "Take one of these references out: what a score is learnt from is known before it is."
            ),
        ),
    ],
)
def test_a_wrong_part_is_told(rules: str, finding: str) -> None:
    assert only_finding(rules) == finding


# -------------------------------------------------------------------------------------- tiers


@pytest.mark.parametrize(
    ("tiers", "finding"),
    [
        (
            "high >= 0.6, medium >= 0.7, low",
            (
                "overlapping-tiers: `high` and `medium` overlap: `high >= 0.6` comes first and takes every "
                "score that `medium >= 0.7` would have, so nobody is ever `medium`. Write the highest "
                "first: `tiers medium >= 0.7, high >= 0.6, low`."
            ),
        ),
        (
            "high >= 0.6, medium >= 0.6, low",
            (
                "overlapping-tiers: `high` and `medium` overlap: `high >= 0.6` comes first and takes every "
                "score that `medium >= 0.6` would have, so nobody is ever `medium`. Let each tier begin at "
                "a number of its own, the highest first."
            ),
        ),
        (
            "low, medium >= 0.25, high >= 0.6",
            (
                "overlapping-tiers: `low` and `medium` overlap: `low` comes first and takes every score "
                "that `medium >= 0.25` would have, so nobody is ever `medium`. "
                "Write the highest first: `tiers high >= 0.6, medium >= 0.25, low`."
            ),
        ),
        (
            "high >= 60, low",
            (
                "bad-threshold: A score is a likelihood from 0 to 1, and `high` begins at 60. "
                "60 % is written `high >= 0.6`."
            ),
        ),
        (
            "high >= 0, low",
            (
                "bad-threshold: A score is a likelihood from 0 to 1, and `high` begins at 0. "
                "Write `high` alone, as the last tier: it takes all that is left."
            ),
        ),
        (
            "high >= 0.6, low >= 0.2",
            (
                "bad-threshold: No tier is left for a score below 0.2: the last one has no threshold. "
                "Write `low` alone, or add a tier after it that has no threshold."
            ),
        ),
        (
            "high >= 0.6, medium, low",
            (
                "bad-threshold: `medium` has no threshold; only one tier, the last, can take all that is "
                "left. Say where it begins: `medium >= 0.5`."
            ),
        ),
        (
            "high >= 0.6, high >= 0.3, low",
            "duplicate-tier: The score `s` has a tier `high` already. Give each tier a name of its own.",
        ),
    ],
)
def test_wrong_tiers_are_told_with_what_to_write(tiers: str, finding: str) -> None:
    assert only_finding(_tiers(tiers)) == finding
