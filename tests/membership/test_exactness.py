"""Flips: none missed, none early, none at the wrong instant; and whatever order events come in, one end."""

from __future__ import annotations

from tests.membership.editing import check_edits
from tests.membership.exactness import check_histories
from tests.membership.order import check_orders
from tests.membership.stepping import check_steps


def test_every_transition_of_5000_histories_is_told_at_its_exact_instant_and_nothing_else_is() -> None:
    assert list(check_histories(first=0, count=5_000)) == []


def test_stepped_second_by_second_the_states_are_those_of_an_evaluation_from_scratch() -> None:
    assert list(check_steps(first=0, count=1_000)) == []


def test_any_order_repeats_and_looks_end_in_the_same_standing_and_the_same_net_transitions() -> None:
    assert [one for one in check_orders(first=0, count=1_500) if one.seen != one.expected] == []


def test_an_edit_at_any_time_adds_up_with_what_was_told_before() -> None:
    assert list(check_edits(first=0, count=1_500)) == []
