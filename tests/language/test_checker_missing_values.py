"""Missing values: what is known to be there, what may be missing, and where the checker warns of it."""

from __future__ import annotations

import pytest

from tests.language.checking import check_rules, codes_of, only_finding, program_of

SCORE = """
score conversion { predict any bought within 30 days features auto tiers high >= 0.6, low }
"""


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (
            'country != "US"',
            "`country` may be missing; then this is unknown, and lets nobody in. Write `(country else",
        ),
        ('not (country == "US")', "`country is present and ..`"),
        ('country not in ["US"]', "`country` may be missing"),
        ('not (country starts with "U")', "`country` may be missing"),
        ("not (points > 3 and joined < 2026-01-01T00:00:00Z)", "Write `joined is present and ..`"),
        ("not (average of bought.total > 3)", "Write `(average of bought.total else 0)`"),
        ('not (latest viewed.category == "x")', "`latest viewed.category` may be missing"),
        ("not (time since last bought > 3 days)", "`time since last bought` may be missing"),
        ("not (3 / points > 1)", "A division by zero is missing"),
        (
            "not old",
            "`old` may be unknown; then this is unknown, and lets nobody in. Write `(old else false)`",
        ),
        ('likes != "x"', "`likes` may be missing"),
        ('any viewed where category != "x"', "`category` may be missing"),
        ('any viewed followed by viewed where category != "x"', "`category` may be missing"),
        ('not (country is missing and country == "x")', "`country` may be missing"),
        ('interests none of ["a"]', "Write `interests is present and ..`, to keep them out"),
        ('not (interests any of ["a"])', "`interests` may be missing"),
        ("birthday not between 1990-01-01 and 1999-12-31", "`birthday` may be missing"),
        ("not (birthday before today)", "`birthday` may be missing"),
        ('not (top viewed.category == "x")', 'Write `(top viewed.category else "none")`'),
        (
            "not (average of bought.total within 3 days > 3)",
            "Write `(average of bought.total within 3 days else 0)`",
        ),
        ("not (conversion > 0.5)", "Write `(conversion else 0)`"),
        (
            "conversion is not high",
            (
                "`conversion is high` may be unknown; then this is unknown, and lets nobody in. "
                "Write `not ((conversion is high) else false)`, which lets them in; or "
                "`conversion is present and ..`, to keep them out for certain."
            ),
        ),
    ],
)
def test_what_may_be_missing_under_a_negation_is_warned_of(condition: str, said: str) -> None:
    rules = f"{SCORE}segment old {{ birthday < 1960-01-01 }}\nvalue likes = latest viewed.category\n"

    found = only_finding(f"{rules}segment s {{ {condition} }}")

    assert found.startswith("missing-under-not: ")
    assert said in found


@pytest.mark.parametrize(
    "condition",
    [
        'country == "US"',
        "points != 3",
        "not (points > 3)",
        '(country else "") != "US"',
        'country is present and country != "US"',
        'country is present and (points > 3 and country != "US")',
        'country is missing or country != "US"',
        'not (country is missing) and not (country == "US")',
        'not (country is missing or country == "US")',
        "(country is present and points > 3) and country != joined_country",
        "not any viewed",
        "not (sum of bought.total > 3)",
        "not (count of bought where total > 3 > 3)",
        "any bought and not (average of bought.total > 3)",
        "at least 2 bought within 3 days and not (latest bought.total > 3)",
        "any bought where total > 3 within 3 days and not (time since last bought > 3 days)",
        "no bought or not (max of bought.total > 3)",
        "not (points / 3 > 1)",
        "life is not b",
        "not (country is present)",
        "not ((old else false))",
        'any viewed where (category is present and category != "x")',
        'interests is present and interests none of ["a"]',
        "birthday is present and not (birthday before today - 3 days)",
        "conversion is present and conversion is not high",
        "conversion is missing or not (conversion is high or conversion > 0.5)",
        "not (distinct of viewed.category > 3)",
        "any bought today and not (top bought.total today > 3)",
        "any bought today and not (average of bought.total this month > 3)",
        "points not between 1 and 3",
    ],
)
def test_what_is_known_to_be_there_is_not_warned_of(condition: str) -> None:
    rules = (
        f'{SCORE}segment old {{ birthday < 1960-01-01 }}\nvalue joined_country = country else ""\n'
        "lifecycle life { a when points > 3 b otherwise }\n"
    )

    assert codes_of(f"{rules}segment s {{ {condition} }}") == []


@pytest.mark.parametrize(
    "condition",
    [
        'any viewed and not (latest viewed.category == "x")',  # the event is there, its property may lack
        "any bought and not (average of bought.total within 3 days > 3)",  # an older one does not do
        "any viewed and not (average of bought.total > 3)",
        'country is present or country != "US"',
        'joined is present and country != "US"',
        "any bought this month and not (average of bought.total today > 3)",
        "conversion is high and points > 3 or conversion is not high",
    ],
)
def test_a_guard_for_something_else_is_no_guard(condition: str) -> None:
    assert codes_of(f"{SCORE}segment s {{ {condition} }}") == ["missing-under-not"]


def test_what_a_call_brings_along_may_be_missing_unless_it_has_a_default() -> None:
    def block(condition: str) -> str:
        return f'block b {{ when {condition} show "a.html" otherwise show "b.html" }}'

    context = "context { cart_total number?, items number = 0 }\n"

    assert "`cart_total` may be missing" in only_finding(context + block("not (cart_total > 3)"))
    assert codes_of(context + block("cart_total is present and not (cart_total > 3)")) == []
    assert codes_of(context + block("not (items > 3)")) == []
    assert codes_of(context + block("items is present")) == ["never-missing"]


@pytest.mark.parametrize(
    "rules",
    [
        (
            'experiment e { variants a 50, b 50 goal bought where country != "AT" within 7 days }'
            'block b { when e is a show "a.html" otherwise show "b.html" }'
        ),
        (
            'block b { when true show "a.html" with items = trending product within 7 days, '
            'excluding viewed.product_id where category != "x" otherwise show "b.html" }'
        ),
    ],
)
def test_the_where_of_a_goal_and_of_an_exclusion_are_looked_into(rules: str) -> None:
    assert codes_of(rules) == ["missing-under-not"]


def test_which_variant_a_customer_is_in_is_never_unknown() -> None:
    rules = """experiment e { variants a 50, b 50 goal bought within 7 days }
    block b { when e is not a show "a.html" otherwise show "b.html" }"""

    assert codes_of(rules) == []


def test_one_cause_is_told_once_in_a_condition() -> None:
    assert codes_of(
        'segment s { country != "US" and country != "CA" and not (joined > 2026-01-01T00:00:00Z) }'
    ) == [
        "missing-under-not",
        "missing-under-not",
    ]


@pytest.mark.parametrize("quantifier", ["no", "at most 2", "fewer than 2", "exactly 1"])
def test_a_where_that_may_be_unknown_is_warned_of_where_fewer_events_let_more_people_in(
    quantifier: str,
) -> None:
    found = only_finding(f'segment s {{ {quantifier} viewed where category == "x" }}')

    assert found == (
        "missing-in-no: Without `category` an event is not counted, "
        "and here fewer events let more people in. "
        'Write `(category else "none")`, with the value that it shall count as.'
    )


@pytest.mark.parametrize(
    "condition",
    [
        'not any viewed where category == "x"',
        'count of viewed where category == "x" < 3',
        '3 > count of viewed where category == "x"',
        'count of viewed where category == "x" == 0',
        'distinct of viewed.product_id where category == "x" < 2',
        'sum of bought.total where country == "x" <= 5',
        '10 - count of viewed where category == "x" > 7',
        'not (count of viewed where category == "x" >= 3)',
        'no bought followed by viewed where category == "x"',
        'not (any bought followed by viewed where category == "x")',
    ],
)
def test_fewer_events_let_more_people_in_whichever_way_it_is_written(condition: str) -> None:
    assert codes_of(f"segment s {{ {condition} }}") == ["missing-in-no"]


def test_the_same_of_the_customers_field_and_of_what_must_not_follow() -> None:
    assert codes_of('segment s { no bought where country == "x" }') == ["missing-in-no"]
    assert codes_of('segment s { any bought not followed by viewed where category == "x" }') == [
        "missing-in-no"
    ]


@pytest.mark.parametrize(
    "condition",
    [
        'any viewed where category == "x"',
        "at least 2 viewed where seconds > 3",
        'no viewed where (category else "") == "x"',
        "no bought where total > 3",
        "no bought where gift",
        'no viewed where (category is present and category == "x")',
        "favorite is present and no viewed where product_id == favorite",
        'any bought followed by viewed where category == "x"',
        'not (no viewed where category == "x")',
        'count of viewed where category == "x" >= 3',
        '3 < count of viewed where category == "x"',
        'not (count of viewed where category == "x" < 3)',
        'average of viewed.seconds where category == "x" < 3',
    ],
)
def test_a_where_that_is_known_or_only_adds_is_not_warned_of(condition: str) -> None:
    assert codes_of(f"segment s {{ {condition} }}") == []


@pytest.mark.parametrize(
    "condition",
    ["points is present", "points is missing", '(country else "x") is present', "any viewed is missing"],
)
def test_asking_whether_something_is_there_that_always_is_is_warned_of(condition: str) -> None:
    assert codes_of(f"segment s {{ {condition} }}") == ["never-missing"]


@pytest.mark.parametrize(
    ("expression", "missing"),
    [
        ("points", False),
        ("country", True),
        ('country else "x"', False),
        ("country else country", True),
        ("interests", True),
        ("sum of bought.total", False),
        ("count of bought", False),
        ("average of bought.total", True),
        ("latest bought.total else 0", False),
        ("latest bought.total", True),
        ("points / 3", False),
        ("points / 0.0", True),
        ("3 / points", True),
        ("points > 3", False),
        ('country == "x"', True),
        ('country == "x" and country is present', False),
        ('country is missing or country == "x"', False),
        ("other", True),
        ("other else 3", False),
        ("life is a", False),
        ("distinct of viewed.category", False),
        ("top viewed.category", True),
        ('interests any of ["a"]', True),
        ("birthday before today", True),
        ("points between 1 and 3", False),
        ("conversion", True),
        ("conversion else 0", False),
        ("conversion is high", True),
        ("conversion is present and conversion is high", False),
    ],
)
def test_a_named_value_knows_whether_it_may_be_missing(expression: str, missing: bool) -> None:
    rules = (
        f"{SCORE}value other = average of bought.total\nlifecycle life {{ a when points > 3 b otherwise }}\n"
    )

    report = check_rules(f"{rules}value v = {expression}")

    assert report.program is not None
    assert report.program.values["v"].may_be_missing is missing


def test_a_template_is_told_that_a_value_may_be_missing() -> None:
    block = '\nblock b { when points > 3 show "a.html" otherwise show "b.html" }'

    maybe = codes_of("value v = latest bought.total" + block, {"a.html": "{{ v }}", "b.html": ""})
    never = codes_of("value v = latest bought.total else 0" + block, {"a.html": "{{ v }}", "b.html": ""})

    assert maybe == ["template-may-be-missing"]
    assert never == []


def test_dividing_by_a_written_zero_is_warned_of() -> None:
    assert codes_of("value v = points / 0") == ["division-by-zero"]
    assert program_of("value v = points / (points - points)").values["v"].may_be_missing
