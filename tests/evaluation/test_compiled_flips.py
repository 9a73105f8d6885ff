"""When compiled rules say that time alone changes an answer: by hand, and against every second."""

from __future__ import annotations

import random

import pytest

from dearly.evaluation import CompiledProgram, Evaluation, Facts
from dearly.language.types import DAY_US
from tests.evaluation.written import NOW, Happened, S, compiled, customer, flip

SHORT_LONG: list[Happened] = [(-30 * S, {"seconds": 1.0}), (-9 * S, {"seconds": 6.0})]
LONG_LONG: list[Happened] = [(-30 * S, {"seconds": 6.0}), (-9 * S, {"seconds": 6.0})]
A_THEN_B: list[Happened] = [(-9 * S, {"category": "a"}), (9 * S, {"category": "b"})]
A_THEN_MISSING: list[Happened] = [(-9 * S, {"category": "a"}), (-5 * S, {})]
B_THEN_MISSING: list[Happened] = [(-9 * S, {"category": "b"}), (9 * S, {})]


@pytest.mark.parametrize(
    ("condition", "viewed", "expected"),
    [
        ("any viewed", [0], None),
        ("any viewed", [], None),
        ("any viewed", [5], 5),
        ("any viewed within 60 seconds", [-10 * S], 50 * S),
        ("any viewed within 60 seconds", [-10 * S, -5 * S], 55 * S),
        ("any viewed within 60 seconds", [-60 * S], None),
        ("any viewed within 60 seconds", [-10 * S, 60 * S], 50 * S),
        # The second event comes while the first still counts: no flip between them.
        ("any viewed within 60 seconds", [-10 * S, 20 * S], 80 * S),
        # It comes in the instant the first leaves: still none.
        ("any viewed within 60 seconds", [-10 * S, 50 * S], 110 * S),
        ("no viewed within 60 seconds", [-10 * S], 50 * S),
        ("any viewed older than 60 seconds", [-10 * S], 50 * S),
        ("any viewed older than 60 seconds", [-60 * S], None),
        ("any viewed within 90 seconds older than 60 seconds", [-10 * S], 50 * S),
        ("any viewed within 90 seconds older than 60 seconds", [-70 * S], 20 * S),
        ("at least 2 viewed within 60 seconds", [-30 * S, -20 * S, -10 * S], 40 * S),
        ("at most 2 viewed within 60 seconds", [-30 * S, -20 * S, -10 * S], 30 * S),
        ("exactly 2 viewed within 60 seconds", [-30 * S, -20 * S, -10 * S], 30 * S),
        ("exactly 2 viewed within 60 seconds", [-20 * S, -10 * S], 40 * S),
        ("at least 0 viewed within 60 seconds", [-20 * S], None),
        ("time since last viewed > 60 seconds", [-10 * S], 50 * S + 1),
        ("time since last viewed >= 60 seconds", [-10 * S], 50 * S),
        ("time since last viewed < 60 seconds", [-10 * S], 50 * S),
        ("time since last viewed <= 60 seconds", [-10 * S], 50 * S + 1),
        ("time since last viewed == 60 seconds", [-10 * S], 50 * S),
        ("time since last viewed == 60 seconds", [-60 * S], 1),
        ("time since last viewed != 60 seconds", [-60 * S], 1),
        ("60 seconds < time since last viewed", [-10 * S], 50 * S + 1),
        ("time since last viewed > 60 seconds", [-70 * S], None),
        ("time since last viewed > 60 seconds", [-70 * S, 5 * S], 5 * S),
        ("time since first viewed > 60 seconds", [-10 * S, 5 * S], 50 * S + 1),
        ("time since last viewed within 70 seconds > 60 seconds", [-65 * S], 5 * S),
        ("(time since last viewed else 30 seconds) > 60 seconds", [5 * S], 65 * S + 1),
        ("(time since last viewed within 9 seconds else 30 seconds) > 10 seconds", [0], 9 * S),
        ("time since last viewed < time since first viewed", [-10 * S, 5 * S], 5 * S),
        ("time since last viewed within 60 seconds is missing", [-10 * S], 50 * S),
        ("count of viewed within 60 seconds >= 2", [-20 * S, -10 * S], 40 * S),
        ("sum of viewed.seconds within 60 seconds > 5", SHORT_LONG, 51 * S),
        ("average of viewed.seconds within 60 seconds > 5", SHORT_LONG, 30 * S),
        ("min of viewed.seconds within 60 seconds > 5", SHORT_LONG, 30 * S),
        ("max of viewed.seconds within 60 seconds > 5", SHORT_LONG, 51 * S),
        ("max of viewed.seconds within 60 seconds > 5", LONG_LONG, 51 * S),
        ('latest viewed.category within 60 seconds == "a"', A_THEN_B, 9 * S),
        ('first viewed.category within 60 seconds == "a"', A_THEN_B, 51 * S),
        ('latest viewed.category within 60 seconds == "a"', B_THEN_MISSING, 9 * S),
        ('any viewed where category == "a" within 60 seconds', A_THEN_MISSING, 51 * S),
        ("points > 5", [-9 * S], None),
    ],
)
def test_the_next_flip_is_exact(condition: str, viewed: list[Happened], expected: int | None) -> None:
    assert flip(condition, customer(viewed=viewed)) == expected


@pytest.mark.parametrize(
    ("sequence", "ordered", "now_after", "expected"),
    [
        # One 'added' at NOW.
        ("within 60 seconds followed by ordered", [10], 0, 10),
        ("within 60 seconds followed by ordered", [10], 10, 60 * S),
        ("within 60 seconds followed by ordered within 5 seconds", [6 * S], 0, None),
        ("within 60 seconds not followed by ordered", [10], 0, 10),
        ("within 60 seconds not followed by ordered", [], 0, 60 * S),
        ("not followed by ordered", [], 0, None),
        ("not followed by ordered within 48 hours", [], 0, 2 * DAY_US),
        ("not followed by ordered within 48 hours", [], 2 * DAY_US, None),
        ("not followed by ordered within 48 hours", [DAY_US], 0, None),
        ("not followed by ordered within 48 hours", [2 * DAY_US], 0, None),
        ("not followed by ordered within 48 hours", [2 * DAY_US + 1], 0, 2 * DAY_US),
        ("within 60 seconds not followed by ordered within 20 seconds", [], 0, 20 * S),
        ("within 60 seconds not followed by ordered within 20 seconds", [], 20 * S, 60 * S),
        ("within 60 seconds not followed by ordered within 60 seconds", [], 0, None),
        ("older than 30 seconds not followed by ordered", [20 * S], 0, None),
        ("older than 30 seconds not followed by ordered", [40 * S], 0, 30 * S),
    ],
)
def test_sequences_mature_at_the_exact_instant(
    sequence: str, ordered: list[Happened], now_after: int, expected: int | None
) -> None:
    assert flip(f"any added {sequence}", customer(added=[0], ordered=ordered), now_after) == expected


def test_unknown_and_false_are_different_values() -> None:
    facts = customer(viewed=[(-9 * S, {"seconds": 1.0})])
    assert flip("max of viewed.seconds within 60 seconds > 5", facts) == 51 * S


def test_a_value_flips_when_its_number_changes() -> None:
    program = compiled("value views = count of viewed within 60 seconds - count of added within 60 seconds")
    facts = customer(viewed=[-20 * S, -10 * S], added=[-20 * S])
    # At 40 s one of each leaves: the difference stays until the last view leaves.
    assert program.at(facts, NOW).next_flip("views") == NOW + 50 * S


STAGES = """
lifecycle stage {
  fresh   when any added within 20 seconds
  buyer   when any ordered within 60 seconds
  looker  when any viewed within 90 seconds
  new     otherwise
}
segment buying { stage is buyer }
block hero {
  when any added within 20 seconds   show "shown.html"
  when buying                        show "shown.html"
  when any viewed within 90 seconds  show "shown.html"
  otherwise                          show "shown.html"
}
"""


def test_a_stage_and_a_branch_flip_only_when_another_decides() -> None:
    program = compiled(STAGES)
    facts = customer(added=[30 * S], ordered=[-10 * S], viewed=[-20 * S])
    flips = [NOW + 30 * S, NOW + 50 * S, NOW + 70 * S, None]
    stages = ["buyer", "fresh", "looker", "new"]
    now_us = NOW
    for stage, flip_us in zip(stages, flips, strict=True):
        evaluation = program.at(facts, now_us)
        assert evaluation.value("stage") == stage
        assert evaluation.next_flip("stage") == flip_us
        assert evaluation.next_branch_flip("hero") == flip_us
        now_us = flip_us or now_us
    assert program.at(facts, NOW + 40 * S).next_flip("buying") is None


VARIETY = compiled(
    """
    value views   = count of viewed within 20 seconds
    value spent   = sum of ordered.total within 25 seconds
    value usual   = average of ordered.total within 30 seconds older than 3 seconds
    value lately  = latest viewed.category within 15 seconds
    value early   = first viewed.category within 15 seconds else "none"
    value ratio   = views / count of ordered within 25 seconds
    value lowest  = min of ordered.total within 20 seconds
    value highest = max of ordered.total not followed by viewed within 4 seconds
    segment a { at least 2 viewed within 10 seconds }
    segment b { exactly 1 viewed where category == "a" within 20 seconds }
    segment c { any added within 30 seconds older than 5 seconds not followed by ordered }
    segment d { any added within 30 seconds not followed by ordered where total > 1 within 8 seconds }
    segment e { at least 2 added within 30 seconds followed by added within 6 seconds }
    segment f { time since last viewed > 7 seconds }
    segment g { (time since last ordered within 12 seconds else 3 seconds) <= 5 seconds }
    segment h { time since last viewed == 4 seconds or time since first added < time since last added }
    segment i { not a and (b or spent > 2) }
    segment j { lately == early or ratio >= 2 }
    segment k { usual > 1 and not (c or d) }
    segment l { no viewed where seconds > points within 9 seconds and f }
    lifecycle stage {
      one   when a and not b
      two   when k or l
      three when highest is present and lowest < 2
      four  otherwise
    }
    block hero {
      when stage is one  show "shown.html"
      when c or d        show "shown.html"
      when usual > 1     show "shown.html"
      otherwise          show "shown.html"
    }
    """
)


def _random_customer(chance: random.Random) -> Facts:
    """Events on whole seconds, many at once, some in the future; properties often missing."""
    events: dict[str, list[Happened]] = {}
    for name in ("viewed", "added", "ordered"):
        times = sorted(chance.randrange(-35, 12) * S for _ in range(chance.randrange(7)))
        events[name] = [(time, _random_properties(chance)) for time in times]
    return customer({"points": 2.0}, **events)


def _random_properties(chance: random.Random) -> dict[str, str | float]:
    pool = {"category": ("a", "b"), "total": (0.5, 1.5, 3.0), "seconds": (1.0, 3.0)}
    return {name: chance.choice(values) for name, values in pool.items() if chance.random() < 0.7}


def _every_change(program: CompiledProgram, facts: Facts, name: str) -> list[int]:
    """Step through a minute, around each whole second: every instant at which the answer differs."""
    instants = [NOW + k * S + offset for k in range(60) for offset in (-1, 0, 1)]
    answers = [_answer(program.at(facts, instant), name) for instant in instants]
    return [
        instant
        for instant, before, after in zip(instants[1:], answers, answers[1:], strict=False)
        if before != after
    ]


def _answer(evaluation: Evaluation, name: str) -> object:
    return evaluation.branch("hero") if name == "hero" else evaluation.value(name)


def _flip(evaluation: Evaluation, name: str) -> int | None:
    return evaluation.next_branch_flip("hero") if name == "hero" else evaluation.next_flip(name)


NAMES = (
    *"abcdefghijkl",
    "views",
    "spent",
    "usual",
    "lately",
    "early",
    "ratio",
    "lowest",
    "highest",
    "stage",
    "hero",
)


@pytest.mark.parametrize("seed", range(12))
def test_stepping_through_time_finds_no_change_that_the_flip_missed_and_none_earlier(seed: int) -> None:
    facts = _random_customer(random.Random(seed))
    for name in NAMES:
        now_us, found = NOW - 1, []
        while (flip_us := _flip(VARIETY.at(facts, now_us), name)) is not None:
            found.append(flip_us)
            now_us = flip_us
        assert found == _every_change(VARIETY, facts, name), name


@pytest.mark.parametrize("seed", range(12))
def test_a_watch_answers_alike_and_is_sure_no_longer_than_until_the_first_flip(seed: int) -> None:
    evaluation = VARIETY.at(_random_customer(random.Random(seed)), NOW)
    watch = evaluation.watch()
    for name in NAMES:
        watched = watch.branch("hero") if name == "hero" else watch.value(name)
        assert watched == _answer(evaluation, name), name
        flip_us = _flip(evaluation, name)
        assert flip_us is None or (
            watch.sure_until_us is not None and NOW < watch.sure_until_us <= flip_us
        ), name


def test_a_watch_is_sure_for_ever_of_what_time_does_not_change() -> None:
    watch = compiled("segment known { points > 1 }").at(customer({"points": 2.0}), NOW).watch()
    assert watch.value("known") is True
    assert watch.sure_until_us is None


def test_a_search_that_looked_ahead_leaves_nothing_out_of_the_next() -> None:
    rules = """
    segment ahead { average of viewed.seconds within 60 seconds == 2 and any added within 60 seconds }
    segment asked { any added within 60 seconds }
    """
    evaluation = compiled(rules).at(customer(viewed=[(0, {"seconds": 1.0})], added=[0]), NOW)
    # In a minute the average is missing, and only there is 'added' looked at: it has just left.
    assert evaluation.next_flip("ahead") is None
    assert evaluation.next_flip("asked") == NOW + 60 * S


def test_every_answer_of_the_variety_flips_for_somebody() -> None:
    customers = [_random_customer(random.Random(seed)) for seed in range(12)]
    for name in NAMES:
        assert any(_flip(VARIETY.at(facts, NOW - 1), name) is not None for facts in customers), name
