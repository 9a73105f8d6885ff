"""What compiled conditions and aggregates over events answer, worked out by hand, to the microsecond."""

from __future__ import annotations

import pytest

from tests.evaluation.written import NOW, Happened, S, ask, compiled, customer, work_out


@pytest.mark.parametrize(
    ("condition", "event_at", "expected"),
    [
        ("any viewed", 0, True),
        ("any viewed", 1, False),
        ("any viewed within 60 seconds", -60 * S, False),
        ("any viewed within 60 seconds", -60 * S + 1, True),
        ("any viewed within 60 seconds", 0, True),
        ("any viewed within 60 seconds", 1, False),
        ("any viewed older than 60 seconds", -60 * S, True),
        ("any viewed older than 60 seconds", -60 * S + 1, False),
        ("any viewed within 90 seconds older than 60 seconds", -90 * S, False),
        ("any viewed within 90 seconds older than 60 seconds", -90 * S + 1, True),
        ("any viewed within 90 seconds older than 60 seconds", -60 * S, True),
        ("any viewed within 90 seconds older than 60 seconds", -60 * S + 1, False),
        ("no viewed within 60 seconds", -60 * S, True),
        ("no viewed within 60 seconds", -60 * S + 1, False),
        ("count of viewed within 60 seconds == 1", -60 * S + 1, True),
        ("count of viewed within 60 seconds == 0", -60 * S, True),
        ("time since last viewed > 60 seconds", -60 * S, False),
        ("time since last viewed > 60 seconds", -60 * S - 1, True),
        ("time since last viewed >= 60 seconds", -60 * S, True),
        ("time since last viewed < 60 seconds", -60 * S, False),
        ("time since first viewed == 60 seconds", -60 * S, True),
        ("time since first viewed != 60 seconds", -60 * S, False),
    ],
)
def test_windows_are_half_open_to_the_microsecond(condition: str, event_at: int, expected: bool) -> None:
    assert ask(condition, customer(viewed=[event_at])) is expected


@pytest.mark.parametrize(
    ("quantifier", "holds_for"),
    [
        ("any", {1, 2, 3, 4}),
        ("no", {0}),
        ("at least 2", {2, 3, 4}),
        ("at most 2", {0, 1, 2}),
        ("exactly 2", {2}),
        ("more than 2", {3, 4}),
        ("fewer than 2", {0, 1}),
        ("at least 0", {0, 1, 2, 3, 4}),
        ("exactly 0", {0}),
    ],
)
@pytest.mark.parametrize("window", ["", "within 60 seconds", "where seconds > 0 within 60 seconds"])
def test_a_quantifier_counts_the_selected_events(quantifier: str, holds_for: set[int], window: str) -> None:
    asked = compiled(f"segment asked {{ {quantifier} viewed {window} }}")
    for count in range(5):
        events = [(-i * S, {"seconds": 1.0}) for i in reversed(range(count))]
        assert asked.at(customer(viewed=[*events, 1]), NOW).value("asked") is (count in holds_for)


@pytest.mark.parametrize(
    ("condition", "b_at", "now_after", "expected"),
    [
        # One 'added' at NOW; 'ordered' at b_at; asked at now_after.
        ("any added followed by ordered", 1, 0, False),
        ("any added followed by ordered", 1, 1, True),
        ("any added followed by ordered", 0, 10, False),
        ("any added followed by ordered within 60 seconds", 60 * S, 60 * S, True),
        ("any added followed by ordered within 60 seconds", 60 * S + 1, 61 * S, False),
        ("any added not followed by ordered within 60 seconds", None, 60 * S - 1, False),
        ("any added not followed by ordered within 60 seconds", None, 60 * S, True),
        ("any added not followed by ordered within 60 seconds", 0, 60 * S, True),
        ("any added not followed by ordered within 60 seconds", 1, 60 * S, False),
        ("any added not followed by ordered within 60 seconds", 60 * S, 60 * S, False),
        ("any added not followed by ordered within 60 seconds", 60 * S + 1, 90 * S, True),
        ("any added not followed by ordered", None, 0, True),
        ("any added not followed by ordered", 30, 29, True),
        ("any added not followed by ordered", 30, 30, False),
        ("any added within 90 seconds not followed by ordered within 60 seconds", None, 90 * S - 1, True),
        ("any added within 90 seconds not followed by ordered within 60 seconds", None, 90 * S, False),
        (
            "any added older than 70 seconds not followed by ordered within 60 seconds",
            None,
            70 * S - 1,
            False,
        ),
        ("any added older than 70 seconds not followed by ordered within 60 seconds", None, 70 * S, True),
        ("any added older than 70 seconds followed by ordered", 1, 70 * S, True),
        ("any added older than 70 seconds followed by ordered", 1, 70 * S - 1, False),
        ('any added followed by ordered where voucher == "x"', 1, 2, False),
    ],
)
def test_sequences_hold_and_mature_to_the_microsecond(
    condition: str, b_at: int | None, now_after: int, expected: bool
) -> None:
    facts = customer(added=[0], ordered=[] if b_at is None else [b_at])
    assert ask(condition, facts, now_after) is expected


def test_an_event_may_be_followed_by_another_of_its_own_type_but_not_by_itself() -> None:
    asked = compiled("segment asked { any viewed followed by viewed within 10 seconds }")
    assert asked.at(customer(viewed=[-5 * S]), NOW).value("asked") is False
    assert asked.at(customer(viewed=[-5 * S, -5 * S]), NOW).value("asked") is False
    assert asked.at(customer(viewed=[-5 * S, -4 * S]), NOW).value("asked") is True


ORDERS = customer(
    ordered=[
        (-50 * S, {"total": 0.1, "voucher": "a"}),
        (-40 * S, {"total": 0.2}),
        (-30 * S, {}),
        (-20 * S, {"total": 0.3000005, "voucher": "c"}),
        (10 * S, {"total": 99.0}),
    ],
    viewed=[(-9 * S, {"day": 300, "seconds": 2.5}), (-8 * S, {"day": 100})],
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("count of ordered", 4.0),
        ("count of ordered where total > 0.15", 2.0),
        ("count of ordered within 30 seconds", 1.0),
        ("sum of ordered.total", 0.6),  # 0.3000005 counts as 0.300000: half to even
        ("sum of ordered.total within 1 second", 0.0),
        ("average of ordered.total", 0.2),
        ("average of ordered.total within 1 second", None),
        ("min of ordered.total", 0.1),
        ("max of ordered.total", 0.3000005),
        ("max of viewed.day", 300),
        ("min of viewed.day", 100),
        ("distinct of ordered.total", 3.0),
        ("distinct of ordered.total within 1 second", 0.0),
        ("distinct of ordered.voucher", 2.0),
        ("distinct of viewed.day within 9 seconds", 1.0),
        ("distinct of ordered.total not followed by viewed within 25 seconds", 2.0),
        ("top ordered.voucher", "c"),
        ("top ordered.voucher within 1 second", None),
        ("top viewed.day", 100),
        ("latest ordered.voucher", "c"),
        ("latest ordered.voucher within 45 seconds older than 30 seconds", None),
        ("first ordered.voucher", "a"),
        ("first ordered.total within 45 seconds", 0.2),
        ("first ordered.voucher within 45 seconds", None),
        ("latest viewed.seconds else 0", 0.0),
        ("sum of ordered.total followed by viewed within 25 seconds", 0.3),
        ("latest ordered.total not followed by viewed within 25 seconds", 0.2),
        ("latest ordered.total older than 25 seconds followed by viewed within 25 seconds", None),
        ("count of ordered not followed by viewed within 25 seconds", 2.0),
    ],
)
def test_aggregates_and_picks_look_at_the_selected_events(expression: str, expected: object) -> None:
    assert work_out(expression, ORDERS) == expected


@pytest.mark.parametrize(
    ("seen", "top"),
    [
        ("", None),
        ("-", None),
        ("a", "a"),
        ("ab", "b"),
        ("aba", "a"),
        ("aab", "a"),
        ("abba", "a"),
        ("baab", "b"),
        ("b---", "b"),
        ("abbca-c", "c"),
        ("abcabca", "a"),
    ],
)
def test_the_top_value_is_the_most_frequent_and_of_several_the_one_last_seen(
    seen: str, top: str | None
) -> None:
    viewed: list[Happened] = [
        (i - len(seen), {} if category == "-" else {"category": category}) for i, category in enumerate(seen)
    ]
    assert work_out("top viewed.category", customer(viewed=viewed)) == top


def test_a_sum_does_not_depend_on_the_order_of_its_addends() -> None:
    totals = [1e12, 0.000001, -1e12, 0.1, 0.2, 0.3]
    assert sum(totals) != sum(reversed(totals))
    for order in (totals, totals[::-1]):
        facts = customer(ordered=[(-i, {"total": total}) for i, total in enumerate(order)][::-1])
        assert work_out("sum of ordered.total", facts) == 0.600001


def test_an_average_is_the_nearest_double_to_the_exact_quotient() -> None:
    facts = customer(ordered=[(-3, {"total": 0.1}), (-2, {"total": 0.1}), (-1, {"total": 0.1})])
    assert work_out("average of ordered.total", facts) == 0.1


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('category == "books"', 1.0),
        ('category != "books"', 1.0),
        ('not (category == "books")', 1.0),
        ("category == country", 1.0),
        ("category == nickname", 0.0),
        ("category != nickname", 0.0),
        ('category in ["books", "pens"]', 2.0),
        ("category is missing", 1.0),
        ('(category else "books") == "books"', 2.0),
        ('(category == "books" or seconds > 5)', 2.0),
        ("(seconds > 1 and points > 1)", 2.0),
        ("(seconds > 1 and points > 100)", 0.0),
        ("customer.points == seconds", 1.0),
        ("(points > 5 or bonus > 1)", 3.0),
        ("(points < 5 or bonus > 1)", 0.0),
        ("seconds + 1 > 3", 1.0),
    ],
)
def test_where_keeps_an_event_only_when_its_condition_is_true(where: str, expected: float) -> None:
    facts = customer(
        {"country": "pens", "points": 10.0},
        viewed=[
            (-3, {"category": "books", "seconds": 2.0}),
            (-2, {"category": "pens"}),
            (-1, {"seconds": 10.0}),
        ],
    )
    assert work_out(f"count of viewed where {where}", facts) == expected
