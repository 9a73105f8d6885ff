"""Explanations: every part with its value, the events behind it, what is missing, what would change it."""

from __future__ import annotations

import pytest

from dearly.evaluation import Facts
from dearly.evaluation.explanation import (
    describe_change,
    explain_expression,
    explain_name,
    explanation_data,
    explanation_text,
    smallest_changes,
)
from dearly.evaluation.explanation.changes import apply_changes
from dearly.evaluation.explanation.wording import stored_value
from dearly.evaluation.reference import evaluate, value_of
from dearly.language import Package, Program, check_package
from dearly.language.program import Expression
from dearly.language.types import DATE, DAY_US, HOUR_US, SetOf
from tests.evaluation.written import NOW, SCHEMA, customer
from tests.steps import steps_of

TODAY = "2024-10-04"


def program_of(rules: str) -> Program:
    files = {"all.rules": (SCHEMA + rules).encode(), "templates/shown.html": b"<p>shown</p>"}
    report = check_package(Package(files))
    assert report.program is not None, [f"{d.span}: {d.message}" for d in report.diagnostics]
    return report.program


def asked(condition: str, more: str = "") -> tuple[Program, Expression]:
    """The program with a segment of this condition, and the condition."""
    program = program_of(f"{more}\nsegment asked {{ {condition} }}")
    return program, program.segments["asked"].condition


def told(condition: str, facts: Facts, more: str = "") -> list[str]:
    """The lines of the explanation."""
    program, expression = asked(condition, more)
    return explanation_text(explain_expression(program, expression, facts, NOW)).splitlines()


def flips(condition: str, facts: Facts, more: str = "") -> list[str]:
    """The smallest changes, as they read, each seen to hold."""
    program, expression = asked(condition, more)
    before = evaluate(program, expression, facts, NOW) is True

    def is_other(changed: Facts, now_us: int) -> bool:
        return (evaluate(program, expression, changed, now_us) is True) is not before

    found = smallest_changes(program, [expression], facts, NOW, is_other)
    assert all(is_other(*apply_changes(changes, facts, NOW)) for changes in found)
    return [" and ".join(describe_change(program, change) for change in changes) for changes in found]


# ----------------------------------------------------------------------------------------------- the tree


def test_each_part_of_a_condition_has_its_value_below_it() -> None:
    assert told('country == "NL" and points > 10', customer({"country": "NL", "points": 3.0})) == [
        'country == "NL" and points > 10: false',
        '  country == "NL": true',
        '    country: "NL"',
        "  points > 10: false",
        "    points: 3",
    ]


def test_what_is_unknown_says_which_field_is_missing() -> None:
    assert told("not points > 10 or bonus < 1", customer({"bonus": 2.0})) == [
        "not (points > 10) or bonus < 1: unknown, since points is missing",
        "  not (points > 10): unknown, since points is missing",
        "    points > 10: unknown, since points is missing",
        "      points: missing",
        "  bonus < 1: false",
        "    bonus: 2",
    ]


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("latest viewed.seconds > 3", "no viewed counts"),
        ("average of opened.campaign is present", None),
        ("min of ordered.total > 3", "no ordered that is looked at has a total"),
        ("time since last viewed > 3 days", "no viewed counts"),
        ("points / bonus > 1", "it divides by zero, or goes beyond all numbers"),
        ("points + 1 > member_bonus", "bonus is missing"),
    ],
)
def test_what_has_no_value_says_why(condition: str, reason: str | None) -> None:
    facts = customer({"points": 3.0, "bonus": 0.0}, ordered=[-1])
    more = "value member_bonus = 2 * bonus"
    if reason is None:
        return
    if "member" in condition:
        facts = customer({"points": 3.0})
    assert told(condition, facts, more)[0].endswith(f": unknown, since {reason}")


def test_the_events_that_count_are_told_and_why_others_do_not() -> None:
    facts = customer(
        viewed=[
            (-9 * DAY_US, {"product": "p1", "category": "books"}),
            (-2 * DAY_US, {"product": "p2", "category": "toys"}),
            (-DAY_US, {"product": "p3", "category": "books", "seconds": 2.0}),
            (DAY_US, {"product": "p4", "category": "books"}),
        ]
    )
    assert told('any viewed where category == "books" within 7 days', facts) == [
        'any viewed where category == "books" within 7 days: true',
        "  1 of 3 viewed counted:",
        '    2024-10-03T11:00:00Z  product: "p3", category: "books", seconds: 2',
        '  1 left out, not within 7 days; the latest: 2024-09-25T11:00:00Z  product: "p1", category: "books"',
        (
            '  1 left out, not where category == "books"; the latest: '
            '2024-10-02T11:00:00Z  product: "p2", category: "toys"'
        ),
    ]


def test_only_the_latest_events_that_count_are_told_one_by_one() -> None:
    lines = told("at least 2 opened", customer(opened=[-hours * HOUR_US for hours in range(9, 0, -1)]))
    assert lines[1:] == [
        "  9 of 9 opened counted:",
        "    2024-10-04T10:00:00Z",
        "    2024-10-04T09:00:00Z",
        "    2024-10-04T08:00:00Z",
        "    and 6 before",
    ]


def test_a_sequence_tells_what_was_followed_and_what_may_yet_be() -> None:
    facts = customer(added=[-9 * DAY_US, -DAY_US], ordered=[-8 * DAY_US])
    assert told("any added not followed by ordered within 2 days", facts)[1:] == [
        "  none of 2 added counted",
        "  1 left out, followed by ordered within 2 days; the latest: 2024-09-25T11:00:00Z",
        "  1 left out, may yet be followed by ordered within 2 days; the latest: 2024-10-03T11:00:00Z",
        "  1 of 1 ordered counted:",
        "    2024-09-26T11:00:00Z",
    ]


def test_names_are_followed_to_their_definitions_once() -> None:
    more = 'segment dutch { country == "NL" }\nvalue score = points * 2'
    lines = told("dutch and score > 3 or not dutch", customer({"country": "BE", "points": 1.0}), more)
    assert [line for line in lines if line.startswith("    dutch: ")] == [
        "    dutch: false  (all.rules:18)",
        "    dutch: false  (all.rules:18)  (told above)",
    ]
    assert lines.count('      country == "NL": false') == 1
    assert "      score: 2  (all.rules:19)" in lines


def test_a_lifecycle_tells_the_stages_down_to_the_one_that_decides() -> None:
    stages = "vip when points > 9  fan when member == true  known when points > 0  new otherwise"
    rules = f"lifecycle life {{ {stages} }}"
    explained = explain_name(program_of(rules), "life", customer({"points": 3.0, "member": True}), NOW)
    assert [(part.words, part.value) for part in explained.parts] == [
        ("vip when points > 9", False),
        ("fan when member == true", True),
    ]
    assert explained.value == "fan"


def test_a_long_chain_of_names_is_cut_and_not_recursed_into() -> None:
    links = "\n".join(
        f"segment s{number} {{ s{number - 1} or points > {number} }}" for number in range(1, 300)
    )
    program = program_of(f"segment s0 {{ points > 0 }}\n{links}")
    explained = explain_name(program, "s299", customer({"points": 0.0}), NOW)
    depth, part = 0, explained
    while part.parts:
        depth, part = depth + 1, part.parts[0]
    assert 20 < depth < 70
    assert part.cut
    assert explained.value is False


def test_names_that_stand_in_many_places_do_not_multiply() -> None:
    doubling = "\n".join(
        f"segment s{number} {{ s{number - 1} and (s{number - 1} or points > 1) }}" for number in range(1, 25)
    )
    program = program_of(f"segment s0 {{ points > 0 }}\n{doubling}")
    assert len(explanation_text(explain_name(program, "s24", customer(), NOW)).splitlines()) < 300


# ----------------------------------------------------------------------------------------------- sensitive

SECRET = """
profile { birthday date? @sensitive, points number? @sensitive, country text? }
event told { illness text? @sensitive }
value twice = points * 2
segment asked { birthday == today or twice > 3 or latest told.illness == "flu" or country == "NL" }
"""


def test_sensitive_values_are_shown_or_hidden_with_all_that_is_made_of_them() -> None:
    program = check_package(Package({"all.rules": SECRET.encode()})).program
    assert program is not None
    facts = customer({"birthday": 4242, "points": 1.25, "country": "BE"}, told=[(-1, {"illness": "cold"})])
    explained = explain_name(program, "asked", facts, NOW)
    for shown in ("1981-08-13", "1.25", "2.5", "cold"):
        assert shown in explanation_text(explained)
        assert shown not in explanation_text(explained, show_sensitive=False)
        assert shown in str(explanation_data(explained))
        assert shown not in str(explanation_data(explained, show_sensitive=False))
    assert '"BE"' in explanation_text(explained, show_sensitive=False)
    assert "birthday == today: false" in explanation_text(explained, show_sensitive=False)


# -------------------------------------------------------------------------------------------------- changes


@pytest.mark.parametrize(
    ("condition", "facts", "change"),
    [
        ('country == "NL"', customer(), 'country were "NL"'),
        ('country != "NL"', customer({"country": "NL"}), 'country were "other than NL"'),
        ('country in ["NL", "BE"]', customer({"country": "US"}), 'country were "NL"'),
        ("country is missing", customer({"country": "US"}), "country were missing"),
        ("points > 10", customer({"points": 3.0}), "points were 11"),
        ("points * 2 >= 10", customer({"points": 10.0}), "points were 2"),
        ('interests contains "jazz"', customer({"interests": frozenset({"pop"})}), None),
        ("birthday == today", customer(), f"birthday were {TODAY}"),
        ("member == true", customer({"member": False}), "member were true"),
        ("any viewed", customer(), "there were one more viewed at 2024-10-04T11:00:00Z"),
        ("any viewed older than 2 days", customer(), "there were one more viewed at 2024-10-02T11:00:00Z"),
        (
            'any viewed where (category == "books" and seconds > 3)',
            customer(),
            'there were one more viewed (category: "books", seconds: 4) at 2024-10-04T11:00:00Z',
        ),
        ("no opened", customer(opened=[-HOUR_US]), "there were no opened at 2024-10-04T10:00:00Z"),
        ("sum of ordered.total > 50", customer(ordered=[(-1, {"total": 20.0})]), None),
        ("no opened within 2 hours", customer(opened=[-HOUR_US, -1]), "it were 2024-10-04T12:59:59.999999Z"),
    ],
)
def test_the_smallest_change_is_told(condition: str, facts: Facts, change: str | None) -> None:
    found = flips(condition, facts)
    assert found
    assert change is None or change in found


def test_two_changes_are_told_only_where_one_does_not_do() -> None:
    assert flips('country == "NL" and points > 3', customer()) == ['country were "NL" and points were 4']
    assert flips('country == "NL" or points > 3', customer()) == ['country were "NL"', "points were 4"]
    assert flips("at least 2 viewed", customer()) == ["there were 2 more viewed at 2024-10-04T11:00:00Z"]


@pytest.mark.parametrize("count", [3, 4, 5, 20, 33])
def test_as_many_events_are_told_as_suffice(count: int) -> None:
    more = f"there were {count} more viewed at 2024-10-04T11:00:00Z"
    assert flips(f"at least {count} viewed within 30 days", customer()) == [more]
    assert flips("lively > 20", customer(), "value lively = 7 * count of viewed") == [
        "there were 3 more viewed at 2024-10-04T11:00:00Z"
    ]


def test_what_a_named_value_is_compared_with_is_tried_inside_it() -> None:
    much = "value much = sum of ordered.total within 30 days"
    found = flips("much > 50", customer(ordered=[(-1, {"total": 20.0})]), much)
    assert found == ["there were one more ordered (total: 31) at 2024-10-04T11:00:00Z"]


def test_many_values_of_a_field_crowd_no_event_out() -> None:
    countries = ", ".join(f'"C{number}"' for number in range(60))
    found = flips(f"country in [{countries}] and any viewed within 1 day", customer({"country": "C7"}))
    assert found == ["there were one more viewed at 2024-10-04T11:00:00Z"]


def test_what_nothing_that_is_tried_makes_otherwise_is_told_none_of() -> None:
    assert flips("at least 5000 viewed", customer()) == []


def test_an_explanation_takes_steps_that_grow_with_the_events_alone() -> None:
    def steps(count: int) -> int:
        program, expression = asked("any viewed within 1 hour")
        facts = customer(viewed=[-DAY_US] * count)
        return steps_of(lambda: explain_expression(program, expression, facts, NOW))

    assert steps(2_000) < 5 * steps(500)


def test_a_set_of_dates_is_told_in_json_as_dates() -> None:
    assert stored_value(frozenset([20_485, 20_454]), SetOf(DATE)) == ["2026-01-01", "2026-02-01"]


@pytest.mark.parametrize(
    ("condition", "impossible"),
    [("points > 1000000000000", "points were"), ("any viewed since 2020-01-01 before 2020-02-01", "2020-01")],
)
def test_no_change_is_told_that_no_customer_could_have(condition: str, impossible: str) -> None:
    found = flips(condition, customer(), more="settings { keep events 100 days }")
    assert not [one for one in found if impossible in one]


def test_changes_are_looked_for_through_names_and_stages() -> None:
    more = "lifecycle life { vip when points > 9  new otherwise }\nsegment wanted { life is vip }"
    assert flips("wanted", customer({"points": 1.0}), more) == ["points were 10"]


def test_the_facts_are_never_changed_by_the_search() -> None:
    facts = customer({"country": "BE"}, viewed=[-HOUR_US])
    flips('country == "NL" and no viewed', facts)
    assert facts == customer({"country": "BE"}, viewed=[-HOUR_US])


def test_an_explanation_says_what_the_reference_says() -> None:
    program = program_of('segment asked { country == "NL" or any viewed }\nvalue twice = points * 2')
    for facts in (customer(), customer({"country": "NL"}), customer({"points": 2.5}, viewed=[-1])):
        for name in ("asked", "twice"):
            assert explain_name(program, name, facts, NOW).value == value_of(program, name, facts, NOW)
