"""What compiled rules answer, worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dearly.evaluation import EventLog, Facts, UnknownNameError, compile_program
from dearly.evaluation.compiled.codegen import generate
from dearly.evaluation.compiled.plan import plan_program
from dearly.evaluation.facts import Properties
from dearly.language.program import (
    Compare,
    ContextField,
    Literal,
    Occurs,
    Or,
    ProfileField,
    Program,
    ScoreRef,
    Segment,
    SegmentRef,
    Selection,
    SetCompare,
    VariantIs,
)
from dearly.language.types import NUMBER, TEXT, SetOf, Value
from tests.evaluation.written import NOW, ask, compiled, customer, work_out

NOBODY = Facts()
ADA: Mapping[str, Value] = {
    "country": "US",
    "nickname": "Ada",
    "points": 10.0,
    "member": True,
    "birthday": 11_000,
    "joined": NOW,
    "interests": frozenset({"climbing", "books"}),
    "favourite": "p1",
}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('country == "US"', True),
        ('country == "us"', False),
        ('country != "DE"', True),
        ("points < 10", False),
        ("points <= 10", True),
        ("points > 10", False),
        ("points >= 10", True),
        ("points == 10", True),
        ("birthday >= 2000-01-01", True),
        ("birthday < 2000-01-01", False),
        ('country in ["DE", "US"]', True),
        ('country in ["DE"]', False),
        ('country not in ["DE"]', True),
        ("points in [1, 10]", True),
        ('nickname contains "d"', True),
        ('nickname contains ""', True),
        ('nickname starts with "Ad"', True),
        ('nickname starts with "ad"', False),
        ('nickname ends with "da"', True),
        ('nickname is like "ADA"', True),
        ("nickname is like country", False),
        ('interests contains "books"', True),
        ("interests contains country", False),
        ("points is present", True),
        ("points is missing", False),
        ("bonus is missing", True),
        ("bonus is present", False),
        ("(bonus else 3) == 3", True),
        ("(points else 3) == 10", True),
        ("(bonus else points) == 10", True),
        ("(bonus else points else 3) == 10", True),
        ("member", True),
        ("not member", False),
        ('member and country == "US"', True),
        ('not member or country == "DE"', False),
        ("points + 2 * 3 == 16", True),
        ("points - 2 - 3 == 5", True),
        ("points / 4 == 2.5", True),
        ("-points == -10", True),
        ("-(points - 12) == 2", True),
    ],
)
def test_what_is_known_gives_true_or_false(condition: str, expected: bool) -> None:
    assert ask(condition, Facts(ADA)) is expected


@pytest.mark.parametrize(
    "condition",
    [
        'country == "US"',
        'country != "US"',
        "country == nickname",
        "country != nickname",
        "points < 10",
        "points + 1 == 2",
        "points - bonus == 0",
        "-points == 3",
        "points / 0 == 1",
        'country in ["US"]',
        'country not in ["US"]',
        'nickname contains "x"',
        'nickname is like "x"',
        "nickname starts with country",
        'interests contains "x"',
        "member",
        "not member",
        'member and (country == "US")',
        'member or (country == "US")',
        "(points else bonus) > 1",
        "average of ordered.total > 1",
        "max of ordered.total > 1",
        'latest ordered.voucher == "x"',
        "time since last ordered > 1 day",
    ],
)
def test_what_is_missing_leaves_a_condition_unknown(condition: str) -> None:
    assert ask(condition, NOBODY) is None


@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [
        ("true", "true", True, True),
        ("true", "false", False, True),
        ("true", "unknown", None, True),
        ("false", "true", False, True),
        ("false", "false", False, False),
        ("false", "unknown", False, None),
        ("unknown", "true", None, True),
        ("unknown", "false", False, None),
        ("unknown", "unknown", None, None),
    ],
)
def test_and_and_or_follow_kleene(left: str, right: str, both: bool | None, either: bool | None) -> None:
    spelled = {"true": "points == 1", "false": "points == 2", "unknown": "bonus == 1"}
    facts = Facts({"points": 1.0})
    assert ask(f"{spelled[left]} and {spelled[right]}", facts) is both
    assert ask(f"{spelled[left]} or {spelled[right]}", facts) is either
    assert ask(f"not ({spelled[left]} or {spelled[right]})", facts) is (
        None if either is None else not either
    )


@pytest.mark.parametrize(
    ("country", "expected"), [("A", True), ("B", True), ("C", True), ("D", False), (None, None)]
)
def test_alternatives_of_one_field_mean_the_same_as_one_membership(
    country: str | None, expected: bool | None
) -> None:
    facts = Facts({} if country is None else {"country": country})
    assert ask('country == "A" or country == "B" or country in ["C"]', facts) is expected


def test_a_bare_field_beside_a_comparison_of_the_same_field_keeps_its_own_meaning() -> None:
    assert ask("member or member == false", Facts({"member": False})) is True
    assert ask("member or member == true", Facts({"member": False})) is False


@pytest.mark.parametrize(
    "expression", ["points / bonus", "points * 1e12 / 1e-300 * points", "points / (bonus * 0)"]
)
def test_arithmetic_that_has_no_finite_result_is_missing(expression: str) -> None:
    assert work_out(expression, Facts({"points": 1e12, "bonus": 0.0})) is None


def test_names_use_each_other_and_keep_what_is_unknown() -> None:
    program = compiled(
        """
        value score = points * 2
        segment rich { score > 100 }
        segment poor { not rich }
        segment known { rich or poor }
        """
    )
    assert program.at(Facts({"points": 60.0}), NOW).value("poor") is False
    assert program.at(Facts({"points": 50.0}), NOW).value("poor") is True
    for name in ("score", "rich", "poor", "known"):
        assert program.at(NOBODY, NOW).value(name) is None


LIFECYCLE = """
lifecycle stage {
  unsure  when points > 100
  buyer   when any ordered
  new     otherwise
}
segment fresh { stage is new }
segment moved { stage is not new and points is present }
"""


def test_a_lifecycle_stands_at_its_first_stage_that_is_true() -> None:
    program = compiled(LIFECYCLE)
    assert program.at(NOBODY, NOW).value("stage") == "new"
    assert program.at(NOBODY, NOW).value("fresh") is True
    assert program.at(customer(ordered=[-1]), NOW).value("stage") == "buyer"
    rich = program.at(customer({"points": 101.0}, ordered=[-1]), NOW)
    assert (rich.value("stage"), rich.value("fresh"), rich.value("moved")) == ("unsure", False, True)


BLOCK = """
value keen = count of viewed
block hero {
  when points > 100
    show "shown.html"
    with items = similar to latest added.product, limit 3, where (available and price < bonus)
  when any ordered
    show "shown.html" with items = recommended product, limit 3, where (category == country or keen > 2)
  otherwise
    show "shown.html" with items = trending product within 7 days, limit 3
}
"""


def test_a_block_shows_its_first_branch_that_is_true() -> None:
    hero = compiled(BLOCK)
    assert hero.at(NOBODY, NOW).branch("hero") == 2
    assert hero.at(customer(ordered=[-1]), NOW).branch("hero") == 1
    assert hero.at(customer({"points": 100.5}, ordered=[-1]), NOW).branch("hero") == 0


def test_what_comes_after_the_branch_that_decides_is_not_worked_out() -> None:
    def unread() -> Properties:
        raise AssertionError("nothing asks for what was said with these events")

    rules = """
    value favourite_of_all = top viewed.category
    segment varied { distinct of viewed.product this year > 5 or sum of viewed.seconds on weekends > 9 }
    block hero {
      when member                                     show "shown.html"
      when favourite_of_all == "books" and varied     show "shown.html"
      otherwise                                       show "shown.html"
    }
    """
    log = EventLog(tuple(range(NOW - 1_000, NOW)), unread)
    member = compiled(rules).at(Facts({"member": True}, {"viewed": log}), NOW)
    assert (member.branch("hero"), member.next_branch_flip("hero")) == (0, None)
    stranger = compiled(rules).at(Facts({}, {"viewed": log}), NOW)
    with pytest.raises(AssertionError, match="nothing asks"):
        stranger.branch("hero")


def test_a_name_that_is_not_declared_is_an_error_that_names_it() -> None:
    evaluation = compiled(BLOCK).at(NOBODY, NOW)
    for wrong in (
        lambda: evaluation.value("nope"),
        lambda: evaluation.next_flip("nope"),
        lambda: evaluation.branch("nope"),
        lambda: evaluation.next_branch_flip("nope"),
        lambda: evaluation.seed("hero", 0, "nope"),
        lambda: evaluation.item_filter("hero", 7, "nope"),
        lambda: evaluation.excluded("hero", 7, "nope"),
    ):
        with pytest.raises(UnknownNameError, match="nope"):
            wrong()


def test_what_an_author_wrote_never_stands_in_the_source() -> None:
    hostile = '""" + __import__(\'os\').abort() #'
    condition = Or(
        (
            Compare("==", ProfileField(hostile, TEXT), Literal(hostile, TEXT)),
            Compare("==", ContextField(hostile, TEXT), Literal(hostile, TEXT)),
            SetCompare(
                "any of", ContextField("set", SetOf(TEXT)), Literal(frozenset([hostile]), SetOf(TEXT))
            ),
            Compare(">", ScoreRef(hostile), Literal(0.5, NUMBER)),
            VariantIs(hostile, hostile),
            SegmentRef(hostile),
        )
    )
    segments = {
        hostile: Segment(hostile, hostile, Occurs("at least", 1, Selection(hostile))),
        "asked": Segment("asked", "", condition),
    }
    declared = Program(hostile, {}, {}, {}, segments, {}, {}, {}, {}, tuple(segments))
    assert not any("import" in function for function in generate(plan_program(declared)).functions)
    program = compile_program(declared)
    assert program.at(Facts({hostile: hostile}), NOW).value("asked") is True
    other = Facts({hostile: "x"}, {}, {hostile: "x", "set": frozenset()}, {hostile: 0.5}, {hostile: "x"})
    assert program.at(other, NOW).value("asked") is False


def test_answers_do_not_depend_on_what_was_asked_before() -> None:
    rules = """
    value views = count of viewed within 60 seconds
    segment a { views > 1 and any ordered }
    segment b { views > 2 or a }
    """
    program = compiled(rules)
    facts = customer(viewed=[-3, -2, -1], ordered=[-1])
    names = ["views", "a", "b"]
    alone = [program.at(facts, NOW).value(name) for name in names]
    together = program.at(facts, NOW)
    flips = [together.next_flip(name) for name in names]
    assert [together.value(name) for name in reversed(names)] == alone[::-1] == [True, True, 3.0]
    assert [together.next_flip(name) for name in names] == flips
