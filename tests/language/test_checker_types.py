"""Types: what goes together, and what is said where it does not."""

from __future__ import annotations

import pytest

from dearly.language.program import (
    Aggregate,
    Arithmetic,
    Compare,
    Else,
    Expression,
    In,
    Literal,
    Negate,
    Not,
    Occurs,
    Pick,
    Presence,
    ProfileField,
    Selection,
    Sequence,
    SetContains,
    StageIs,
    TextMatch,
    TimeSince,
)
from dearly.language.types import BOOL, DATE, DAY_US, DURATION, HOUR_US, NUMBER, TEXT, ItemRef, SetOf
from tests.language.checking import codes_of, only_finding, program_of

POINTS = ProfileField("points", NUMBER)
COUNTRY = ProfileField("country", TEXT)
SEEN = Pick("latest", Selection("viewed"), "product_id", ItemRef("product"))
INTERESTS = ProfileField("interests", SetOf(TEXT))


@pytest.mark.parametrize(
    ("condition", "meant"),
    [
        ("points > 3", Compare(">", POINTS, Literal(3.0, NUMBER))),
        ("points > -3", Compare(">", POINTS, Literal(-3.0, NUMBER))),
        ("points > -points", Compare(">", POINTS, Negate(POINTS))),
        ("points + 1 > 3", Compare(">", Arithmetic("+", POINTS, Literal(1.0, NUMBER)), Literal(3.0, NUMBER))),
        ('country in ["a", "b"]', In(COUNTRY, (Literal("a", TEXT), Literal("b", TEXT)))),
        ('country starts with "a"', TextMatch("starts with", COUNTRY, Literal("a", TEXT))),
        ('interests contains "a"', SetContains(INTERESTS, Literal("a", TEXT))),
        ('country contains "a"', TextMatch("contains", COUNTRY, Literal("a", TEXT))),
        ("country is present", Presence(COUNTRY, missing=False)),
        ('(country else "x") == "x"', Compare("==", Else(COUNTRY, Literal("x", TEXT)), Literal("x", TEXT))),
        ("birthday >= 1970-01-02", Compare(">=", ProfileField("birthday", DATE), Literal(1, DATE))),
        ("any viewed", Occurs("at least", 1, Selection("viewed"))),
        ("no viewed", Occurs("exactly", 0, Selection("viewed"))),
        ("more than 2 viewed", Occurs("at least", 3, Selection("viewed"))),
        ("fewer than 2 viewed", Occurs("at most", 1, Selection("viewed"))),
        ("at least 0 viewed", Occurs("at least", 0, Selection("viewed"))),
        ("exactly 1000000000 viewed", Occurs("exactly", 1_000_000_000, Selection("viewed"))),
        (
            "any viewed within 2 days older than 1 hour",
            Occurs("at least", 1, Selection("viewed", None, 2 * DAY_US, HOUR_US)),
        ),
        (
            "any viewed not followed by bought within 1 day",
            Occurs(
                "at least", 1, Selection("viewed", sequence=Sequence(True, "bought", None, DAY_US))
            ),
        ),
        (
            "count of viewed > 1",
            Compare(">", Aggregate("count", Selection("viewed"), None, NUMBER), Literal(1.0, NUMBER)),
        ),
        (
            "max of bought.on > 1970-01-02",
            Compare(">", Aggregate("max", Selection("bought"), "on", DATE), Literal(1, DATE)),
        ),
        (
            'latest viewed.product_id == "X"',
            Compare("==", SEEN, Literal("X", TEXT)),
        ),
        (
            "time since last bought > 1 day",
            Compare(">", TimeSince("latest", Selection("bought")), Literal(DAY_US, DURATION)),
        ),
        ("life is b", StageIs("life", "b")),
        ("life is not b", Not(StageIs("life", "b"))),
    ],
)  # fmt: skip
def test_a_written_condition_means(condition: str, meant: Expression) -> None:
    program = program_of(f"lifecycle life {{ a when points > 3 b otherwise }}\nsegment s {{ {condition} }}")

    assert program.segments["s"].condition == meant


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("country > 5", "`country` is text and `5` is a number: they cannot be compared. Put text in double"),
        (
            'points == "abc"',
            '`points` is a number and `"abc"` is text: they cannot be compared. Write the number',
        ),
        ("interests + 1 > 2", "`+` takes numbers, and `interests` is a set of text."),
        ('interests == "x"', "Ask whether the set contains it"),
        ("interests == interests", "they cannot be compared"),
        ("interests contains 3", "it cannot contain a number"),
        ('points contains "x"', "`points` is a number"),
        ("country starts with 3", "`3` is a number"),
        ("joined >= 2026-01-01", "Beside a time, write `since 2026-01-01` or `before 2026-01-01`"),
        ("birthday > 1990", "Write a whole date: `1990-01-01`."),
        ("1990 <= birthday", "Write a whole date: `1990-01-01`."),
        ("joined < 2020", "Write a time: `2020-01-01T00:00:00Z`."),
        ('birthday >= "2000-01-01"', "Write the date without quotes."),
        ("(points > 3) < true", "which has no order for `<`. Use `==` or `!=`."),
        ("latest viewed.product_id == latest read.article_id", "an item's id (product)"),
        ("country in [3]", "`country` is text and `3` is a number"),
        (
            "country is present and points",
            "A condition is expected here, and `points` is a number. Compare it",
        ),
        ("not country", "A condition is expected here, and `country` is text."),
        ('true or "x"', 'A condition is expected here, and `"x"` is text.'),
        ("interests", 'Ask for an element, `.. contains "x"`'),
        ("(country else 3) == 3", 'the one cannot stand in for the other. Write `else "none"`'),
        ("sum of bought.on > 3", "`sum of` takes a number; `bought.on` is a date."),
        ("min of viewed.category > 3", "`min of` takes a number or a date or a time"),
        ("5 is present", "`5` is a constant: it is always present."),
    ],
)
def test_what_does_not_go_together_is_told_with_what_each_is(condition: str, said: str) -> None:
    assert said in only_finding(f"segment s {{ {condition} }}")


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("segment s { time since last bought > 60 }", "type-mismatch"),
        ("segment s { time since last bought }", "not-a-condition"),
        ("value v = time since last bought", "misplaced-duration"),
        ("value v = 3 days", "misplaced-duration"),
        ("value v = (time since last bought) + 1", "misplaced-duration"),
        ("value v = time since last bought else 3 days", "misplaced-duration"),
    ],
)
def test_a_length_of_time_stands_only_in_comparisons(rules: str, code: str) -> None:
    assert codes_of(rules) == [code]


@pytest.mark.parametrize(
    "condition",
    [
        "time since last bought > 60 days",
        "(time since last bought else 2 weeks) > 1 week",
        "time since last bought is missing",
        "time since last bought > time since first viewed",
    ],
)
def test_a_length_of_time_is_compared_defaulted_and_asked_for(condition: str) -> None:
    assert codes_of(f"segment s {{ {condition} }}") == []


@pytest.mark.parametrize("count", ["1.5", "1.0", "1e3", "1000000001"])
def test_events_are_counted_against_whole_numbers_within_reason(count: str) -> None:
    assert codes_of(f"segment s {{ at least {count} viewed }}") == ["bad-count"]


def test_fewer_than_none_is_refused_since_it_is_never_true() -> None:
    assert "Write `no viewed`." in only_finding("segment s { fewer than 0 viewed }")


@pytest.mark.parametrize(
    "condition",
    ["points > 1e400", "count of bought > 9223372036854775808", "points > -1e400", "points > 1000000000001"],
)
def test_numbers_beyond_a_million_million_are_refused(condition: str) -> None:
    assert codes_of(f"segment s {{ {condition} }}") == ["number-out-of-range"]


@pytest.mark.parametrize("condition", ["points > nan", "points > -inf", "points > infinity"])
def test_special_floats_have_no_spelling(condition: str) -> None:
    assert codes_of(f"segment s {{ {condition} }}") == ["unknown-name"]


@pytest.mark.parametrize("window", ["within 36526 days", "older than 999999999999 days"])
def test_a_window_longer_than_a_hundred_years_is_refused(window: str) -> None:
    assert codes_of(f"segment s {{ any viewed {window} }}") == ["duration-out-of-range"]


@pytest.mark.parametrize("older", ["3 days", "2 days"])
def test_a_window_that_no_event_can_be_in_is_refused(older: str) -> None:
    assert codes_of(f"segment s {{ any viewed within 2 days older than {older} }}") == ["empty-window"]


@pytest.mark.parametrize(
    "where",
    [
        "any bought",
        "count of bought > 3",
        "latest bought.total > 3",
        "time since last bought > 3 days",
        "s2",
        "v2 > 3",
        "life is b",
        "(points > 3 and s2)",
    ],
)
def test_the_where_of_an_event_is_about_that_event(where: str) -> None:
    rules = "lifecycle life { a when points > 3 b otherwise }\nsegment s2 { points > 3 }\nvalue v2 = points\n"

    assert codes_of(rules + f"segment s {{ any viewed where {where} }}") == ["impure-where"]
    assert codes_of(rules + f"segment s {{ any viewed followed by viewed where {where} }}") == [
        "impure-where"
    ]


def test_the_where_of_an_event_takes_constants_properties_and_fields() -> None:
    assert (
        codes_of("segment s { any viewed where ((seconds else 0) * 2 > points and product_id == favorite) }")
        == []
    )


def test_conditions_are_values_too() -> None:
    program = program_of("value rich = points > 3\nsegment s { rich == true and rich }")

    assert program.values["rich"].type == BOOL


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ('country else "x"', TEXT),
        ("latest viewed.product_id", ItemRef("product")),
        ('latest viewed.product_id else "A1"', ItemRef("product")),
        ('"A1" else latest viewed.product_id', ItemRef("product")),
        ("latest viewed.product_id else country", TEXT),
        ("interests", SetOf(TEXT)),
        ("max of bought.on", DATE),
        ("-points / 3", NUMBER),
        ("not (points > 3)", BOOL),
    ],
)
def test_a_named_value_has_the_type_of_its_expression(expression: str, kind: object) -> None:
    assert program_of(f"value v = {expression}").values["v"].type == kind


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ('x number = "a"', "bad-default"),
        ("x text = 3", "bad-default"),
        ('x set of text = "a"', "bad-default"),
        ('x url = "a\\nb"', "bad-default"),
        ('x product = ""', "bad-default"),
        ("x date = 2026-01-01T00:00:00Z", "bad-default"),
        ("x number? = 3", "default-on-optional"),
        ("x number = 3, x text", "duplicate-field"),
    ],
)
def test_a_field_that_contradicts_itself_is_told(field: str, code: str) -> None:
    assert codes_of(f"event e {{ {field} }}") == [code]


@pytest.mark.parametrize(
    ("field", "default"),
    [
        ('x text = "a"', "a"),
        ("x number = -3", -3.0),
        ("x bool = false", False),
        ("x date = 1970-01-02", 1),
        ("x time = 1970-01-01T00:00:01Z", 1_000_000),
        ('x url = "https://a.example/"', "https://a.example/"),
        ('x product = "A1"', "A1"),
    ],
)
def test_a_default_is_a_constant_of_the_fields_type(field: str, default: object) -> None:
    assert program_of(f"event e {{ {field} }}").events["e"].fields["x"].default == default


def test_sensitive_fields_are_the_customers_or_an_events_not_an_items() -> None:
    assert program_of("event e { x text @sensitive }").events["e"].fields["x"].sensitive
    assert codes_of("catalog c { x text @sensitive }") == ["misplaced-annotation"]
