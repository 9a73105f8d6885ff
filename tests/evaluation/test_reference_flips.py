"""The reference's next flip: against hand-worked instants, and against looking at every microsecond."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dearly.evaluation.facts import EventLog, Facts
from dearly.evaluation.reference import branch_of, next_branch_flip, next_flip, value_of
from dearly.language.calendar import day_start, local_day, zone_of
from dearly.language.program import (
    Aggregate,
    Block,
    Branch,
    Compare,
    Else,
    Expression,
    Lifecycle,
    Literal,
    Not,
    Occurs,
    Presence,
    Segment,
    SegmentRef,
    Selection,
    Sequence,
    Stage,
    StageIs,
    TimeSince,
)
from dearly.language.types import DAY_US, DURATION, NUMBER
from tests.evaluation.cases import TEMPLATE, Case, program_of
from tests.evaluation.generator import cases
from tests.evaluation.vocabulary import Occasion

ANY_VIEWED = Occurs("at least", 1, Selection("viewed", within_us=10))


def history(**times_us: tuple[int, ...]) -> Facts:
    return Facts(events={kind: EventLog(times, ({},) * len(times)) for kind, times in times_us.items()})


def flip(of: Expression, facts: Facts, now_us: int) -> int | None:
    return next_flip(program_of(), of, facts, now_us)


def test_a_condition_flips_when_its_last_event_leaves_the_window() -> None:
    assert flip(ANY_VIEWED, history(viewed=(3, 7)), 8) == 17
    assert flip(ANY_VIEWED, history(viewed=(3, 7)), 17) is None


def test_an_event_of_the_future_flips_a_condition_when_it_comes_due() -> None:
    assert flip(ANY_VIEWED, history(viewed=(20,)), 8) == 20


def test_a_wait_ends_at_exactly_its_end() -> None:
    abandoned = Occurs("at least", 1, Selection("viewed", sequence=Sequence(True, "bought", None, 5)))
    assert flip(abandoned, history(viewed=(10,)), 11) == 15
    assert flip(abandoned, history(viewed=(10,), bought=(12,)), 12) is None


def test_an_event_grows_older_than_a_limit() -> None:
    old = Occurs("at least", 1, Selection("viewed", older_than_us=6))
    assert flip(old, history(viewed=(10,)), 11) == 16


def test_each_comparison_of_an_age_has_its_instant() -> None:
    since, limit = TimeSince("latest", Selection("viewed")), Literal(5, DURATION)
    expected = {"==": 15, "!=": 15, "<": 15, ">=": 15, "<=": 16, ">": 16}
    for operator, instant_us in expected.items():
        assert flip(Compare(operator, since, limit), history(viewed=(10,)), 11) == instant_us  # type: ignore[arg-type]
    assert flip(Compare("==", since, limit), history(viewed=(10,)), 15) == 16


def test_a_default_age_does_not_grow() -> None:
    since = Else(TimeSince("latest", Selection("viewed", within_us=3)), Literal(9, DURATION))
    assert flip(Compare(">=", since, Literal(9, DURATION)), history(viewed=(10,)), 11) == 13


def test_unknown_turning_false_is_a_flip() -> None:
    old = Compare(">", TimeSince("latest", Selection("viewed")), Literal(5, DURATION))
    assert flip(old, history(viewed=(10,)), 1) == 10
    assert flip(Presence(old, missing=True), history(viewed=(10,)), 1) == 10


def test_a_number_flips_whenever_it_changes() -> None:
    counted = Aggregate("count", Selection("viewed", within_us=10), None, NUMBER)
    assert flip(counted, history(viewed=(3, 7)), 8) == 13
    # At 13 one event leaves and another comes: the count stays, so nothing flips before 17.
    assert flip(counted, history(viewed=(3, 7, 13)), 8) == 17


def test_flips_are_followed_through_names_stages_and_blocks() -> None:
    program = program_of(
        Segment("viewers", "", ANY_VIEWED),
        Lifecycle("stage", (Stage("active", SegmentRef("viewers")), Stage("asleep", None))),
        Segment("sleepers", "", Not(StageIs("stage", "active"))),
        block=Block("hero", (Branch(SegmentRef("sleepers"), TEMPLATE, ()), Branch(None, TEMPLATE, ()))),
    )
    facts = history(viewed=(3,))
    assert next_flip(program, "stage", facts, 5) == 13
    assert next_flip(program, "sleepers", facts, 5) == 13
    assert next_branch_flip(program, "hero", facts, 5) == 13
    assert next_branch_flip(program, "hero", facts, 13) is None


TINY = {
    "durations": (1, 2, 3, 5),
    "occasions": (Occasion(20, "UTC"),),
    "customers": 1,
    "instants": 2,
    "calendar": False,
}
"""Durations of a few microseconds, so that every instant until nothing more can change may be looked at."""


@given(cases(**TINY))  # type: ignore[arg-type]
@settings(
    max_examples=150, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
def test_looking_at_every_microsecond_finds_the_same_flip(case: Case) -> None:
    (facts,) = case.customers
    last_us = max((time for log in facts.events.values() for time in log.times_us), default=20) + 20
    for now_us in case.instants:
        for name in case.program.evaluation_order:
            seen_now = value_of(case.program, name, facts, now_us)
            seen = (
                at for at in range(now_us + 1, last_us) if value_of(case.program, name, facts, at) != seen_now
            )
            assert next_flip(case.program, name, facts, now_us) == next(seen, None)
        branch_now = branch_of(case.program, "hero", facts, now_us)
        branches = (
            at
            for at in range(now_us + 1, last_us)
            if branch_of(case.program, "hero", facts, at) != branch_now
        )
        assert next_branch_flip(case.program, "hero", facts, now_us) == next(branches, None)


@given(cases(customers=1, instants=2), st.integers(0, 2**32))
@settings(
    max_examples=80, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
def test_nothing_changes_before_the_flip_whatever_the_calendar(case: Case, seed: int) -> None:
    """Looked at where days begin, and at instants picked by chance, as far as the flip or half a year on."""
    (facts,), zone = case.customers, zone_of(case.program.settings, case.customers[0].profile)
    for now_us in case.instants:
        for name in case.program.evaluation_order:
            value, flip_us = (
                value_of(case.program, name, facts, now_us),
                next_flip(case.program, name, facts, now_us),
            )
            end_us = now_us + 180 * DAY_US if flip_us is None else flip_us
            today = local_day(zone, now_us)
            looks = [day_start(zone, today + days) + nudge for days in range(40) for nudge in (-1, 0)]
            looks += [Random(seed + place).randrange(now_us, end_us) for place in range(20)]
            for at_us in (look for look in looks if now_us < look < end_us):
                assert value_of(case.program, name, facts, at_us) == value
            if flip_us is not None:
                assert value_of(case.program, name, facts, flip_us) != value
