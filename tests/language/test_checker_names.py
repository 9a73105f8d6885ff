"""What names mean, and what is said of those that mean nothing."""

from __future__ import annotations

import pytest

from dearly.language.program import (
    Compare,
    EventProperty,
    ItemProperty,
    Literal,
    Occurs,
    ProfileField,
    Selection,
)
from dearly.language.types import TEXT
from tests.language.checking import SCHEMA, check_rules, codes_of, only_finding, program_of


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("segment s { pionts > 3 }", "There is no `pionts`. Did you mean `points`?"),
        ("segment s { customer.pionts > 3 }", "The profile has no field `pionts`. Did you mean `points`?"),
        ("segment s { customer.__class__ == 3 }", "The profile has no field `__class__`."),
        ("segment s { points > 3 }\nsegment t { z }", "There is no `z`. Declare it"),
        ("segment s { any veiwed }", "There is no event `veiwed`. Did you mean `viewed`?"),
        ("segment s { points > 3 }\nsegment t { any s }", "`s` is a segment, not an event. Write `s` alone."),
        ("segment s { any viewed where secnds > 3 }", "There is no `secnds` in the event `viewed`"),
        (
            "segment s { any viewed where viewed.seconds > 3 }",
            "Inside its own `where`, write just `seconds`.",
        ),
        ("segment s { bought.total > 3 }", "Say which event's: `latest bought.total`"),
        ("segment s { product.price > 3 }", "There is no `product.price` here."),
        ("segment s { sum of bought.totl > 3 }", "no property `totl`. Did you mean `total`?"),
        ("segment s { points is high }", "`points` is a profile field, not a lifecycle, a score"),
        ("segment s { stagee is high }", "There is no lifecycle, score or experiment `stagee`."),
        (
            "lifecycle l { a when points > 3 b otherwise }\nsegment s { l is c }",
            "no stage `c`. Its stages are a, b.",
        ),
        (
            "lifecycle l { early when points > 3 b otherwise }\nsegment s { l is erly }",
            "Did you mean `early`?",
        ),
        ("event e { x nuber }", "There is no type or catalog `nuber`. Did you mean `number`?"),
        ("event e { x produkt }", "There is no type or catalog `produkt`. Did you mean `product`?"),
        ("event e { x set of duration }", "There is no type or catalog `duration`. Types are text, number"),
        (
            "event e { x text @secret }",
            "There is no annotation `@secret`. What may stand here is `@sensitive`.",
        ),
    ],
)
def test_an_unknown_name_is_told_with_what_may_have_been_meant(rules: str, said: str) -> None:
    assert said in only_finding(rules)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (
            "segment s { viewed }",
            "`viewed` is an event, which has no value of its own. Ask about its happening",
        ),
        ("segment s { product == 3 }", "`product` is a catalog"),
        (
            'lifecycle l { a when points > 3 b otherwise }\nsegment s { l == "a" }',
            "Ask for its stage: `l is STAGE`.",
        ),
        ("segment s { customer == 3 }", "Name a field: `customer.NAME`."),
        ('block b { otherwise show "a.html" }\nsegment s { b }', "A block is content"),
    ],
)
def test_a_name_that_has_no_value_is_told_with_what_to_ask_instead(rules: str, said: str) -> None:
    assert said in only_finding(rules)


@pytest.mark.parametrize(
    "rules",
    [
        "segment s { true }\nsegment s { false }",
        "segment s { true }\nvalue s = 3",
        "segment viewed { true }",
        "value product = 3",
        'block b { otherwise show "a.html" }\nlifecycle b { x otherwise }',
        "segment points { true }",
        "catalog viewed { x text }",
    ],
)
def test_a_name_is_declared_once_whatever_it_is_of(rules: str) -> None:
    assert codes_of(rules) == ["duplicate-name"]


def test_a_duplicate_says_where_the_first_one_is() -> None:
    assert "the segment at shop.rules:" in only_finding("segment s { true }\nsegment s { false }")


@pytest.mark.parametrize("name", ["customer", "loop", "none", "if"])
def test_names_that_templates_need_cannot_be_declared(name: str) -> None:
    assert codes_of(f"segment {name} {{ true }}") == ["reserved-name"]


def test_a_catalog_cannot_have_a_field_named_id() -> None:
    assert codes_of("catalog c { id text }") == ["reserved-name"]


def test_inside_a_where_the_events_own_property_is_meant() -> None:
    rules = 'segment s { any viewed where category == "x" }'

    assert program_of(rules).segments["s"].condition == Occurs(
        "at least",
        1,
        Selection("viewed", Compare("==", EventProperty("category", TEXT), Literal("x", TEXT))),
    )


def test_a_name_that_event_and_customer_have_means_the_events_and_is_warned_of() -> None:
    rules = 'event e { country text }\nsegment s { any e where country == "x" }'

    assert only_finding(rules).startswith(
        "ambiguous-name: Both the customer and the event `e` have a `country`"
    )
    condition = program_of(rules).segments["s"].condition
    assert isinstance(condition, Occurs)
    assert condition.selection.where == Compare("==", EventProperty("country", TEXT), Literal("x", TEXT))


def test_customer_dot_name_means_the_customers_without_a_warning() -> None:
    rules = 'event e { country text }\nsegment s { any e where customer.country == "x" }'

    assert check_rules(rules).diagnostics == ()
    condition = program_of(rules).segments["s"].condition
    assert isinstance(condition, Occurs)
    assert condition.selection.where == Compare("==", ProfileField("country", TEXT), Literal("x", TEXT))


SHARED = "event e { country text, x number }\nsegment vip { points > 3 }\nevent f { vip bool, x number }\n"


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (
            'any e where x > 3 and country == "AT"',
            (
                "The `where` of `e` ends before this, so `country` means that of the customer, not that of "
                '`e`. Put parentheses around it all, `where (x > 3 and country == "AT")`, if it shall be the '
                "event's; write `customer.country` if it shall be the customer's."
            ),
        ),
        (
            "any f where x > 3 or vip",
            (
                "so `vip` means the segment, not that of `f`. "
                "Put parentheses around it all, `where (x > 3 or vip)`, if it shall be the event's."
            ),
        ),
        ('points > 1 and no e where x > 3 and (points > 3 or country == "AT")', "so `country` means"),
        ('any viewed followed by e where x > 3 and country == "AT"', "`country` means"),
        ('any e where not (x > 3) and country == "AT"', '`where (.. and country == "AT")`'),
        ("any f where vip and vip", "so `vip` means the segment"),
    ],
)
def test_a_name_after_a_where_that_has_ended_is_warned_of(condition: str, said: str) -> None:
    found = only_finding(f"{SHARED}segment s {{ {condition} }}")

    assert found.startswith("ambiguous-name: ")
    assert said in found


@pytest.mark.parametrize(
    "condition",
    [
        'any e where x > 3 and customer.country == "AT"',
        'any e where (x > 3) and country == "AT"',
        'any e where not (x > 3) within 2 days and country == "AT"',
        'any e where (not (x > 3)) and country == "AT"',
        "any f where (vip) and vip",
        'any e where x > 3 within 7 days and country == "AT"',
        'any e and country == "AT"',
        'country == "AT" and any e where x > 3',
        'any viewed where seconds > 3 and country == "AT"',
    ],
)
def test_a_name_that_cannot_be_meant_for_a_where_is_not_warned_of(condition: str) -> None:
    assert codes_of(f"{SHARED}segment s {{ {condition} }}") == []


def test_inside_an_item_lists_where_the_items_own_field_is_meant() -> None:
    rules = """block b {
      when true show "a.html" with items = recommended product, where category == country
      otherwise show "b.html"
    }"""

    where = program_of(rules).blocks["b"].branches[0].lists[0].where

    assert where == Compare("==", ItemProperty("category", TEXT), ProfileField("country", TEXT))


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        ("segment a { a }", "a -> a"),
        ("value a = b\nvalue b = a + 1", "a -> b -> a"),
        ("segment c { d }\nsegment d { not e }\nsegment e { c or points > 3 }", "c -> d -> e -> c"),
        ("lifecycle l { x when s y otherwise }\nsegment s { l is x }", "l -> s -> l"),
        ("segment s { points > 1 and (birthday before today or s) }", "s -> s"),
        ("value v = v between 1 and 3", "v -> v"),
        ("value v = interests\nsegment s { interests any of v or s }", "s -> s"),
    ],
)
def test_a_cycle_is_reported_once_with_its_path(rules: str, path: str) -> None:
    assert f"refers to itself: {path}." in only_finding(rules)


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        ("score s { predict s > 1 features auto tiers high >= 0.5, low }", "s -> s"),
        (
            "score s { predict any read within 3 days among s is hi features auto tiers hi >= 0.5, low }",
            "s -> s",
        ),
        (
            (
                "segment a { z > 0.5 }\n"
                "score z { predict any bought within 3 days among a features auto tiers high >= 0.5, low }"
            ),
            "z -> a -> z",
        ),
        (
            (
                "value a = z * 2\n"
                "score z { predict any bought within 3 days features auto, a tiers high >= 0.5, low }"
            ),
            "z -> a -> z",
        ),
        (
            (
                "score z { predict any bought within 3 days features y_twice tiers high >= 0.5, low }\n"
                "score y { predict any read within 3 days features z_twice tiers high >= 0.5, low }\n"
                "value y_twice = y * 2\nvalue z_twice = z * 2"
            ),
            "y -> z_twice -> z -> y_twice -> y",
        ),
    ],
)
def test_a_score_is_not_learnt_from_itself(rules: str, path: str) -> None:
    findings = check_rules(rules).diagnostics

    assert [found.message for found in findings if found.code == "cycle"] == [
        f"The score `{path[0]}` would be learnt from itself: {path}."
    ]


def test_a_long_cycle_is_shown_in_short() -> None:
    rules = "\n".join(f"segment s{i:03} {{ s{(i + 1) % 300:03} }}" for i in range(300))

    assert "s000 -> s001 -> s002 -> s003 -> s004 -> s005 -> s006 -> .. -> s000." in only_finding(rules)


def test_a_property_that_is_called_like_a_segment_makes_no_cycle() -> None:
    assert codes_of('segment category { any viewed where category == "x" }') == []


def test_two_profiles_are_one_too_many() -> None:
    assert codes_of("profile { more text }") == ["duplicate-profile"]


def test_every_error_is_reported_not_only_the_first() -> None:
    rules = "segment a { pionts > 3 and interests + 1 > 2 }\nsegment b { any veiwed }\nvalue c = countri"

    assert codes_of(rules) == ["unknown-name", "type-mismatch", "unknown-event", "unknown-name"]


def test_what_rests_on_a_faulty_value_is_not_reported_again() -> None:
    assert codes_of("value a = pionts\nvalue b = a + 1\nsegment c { b > a }") == ["unknown-name"]


def test_a_field_of_an_unknown_type_is_not_unknown_as_well() -> None:
    assert codes_of('event e { x txt }\nsegment s { any e where x == "a" and latest e.x == "b" }') == [
        "unknown-type"
    ]


def test_a_declaration_that_cannot_be_read_is_not_called_unknown_as_well() -> None:
    rules = "segment a { points > }\nvalue v = )\nsegment b { a and v > 3 and pionts > 3 }"

    assert codes_of(rules).count("unknown-name") == 1


def test_a_profile_that_cannot_be_read_excuses_its_fields_but_no_event() -> None:
    schema = "profile { country text text }\nevent viewed { x number }\n"

    assert "unknown-name" not in codes_of("segment s { country == 3 }", schema=schema)
    assert "unknown-event" in codes_of("segment s { any veiwed }", schema=schema)


def test_findings_come_by_file_and_line() -> None:
    report = check_rules("segment a { x1 }\nsegment b { x2 }\nsegment c { x3 }")

    lines = [found.span.line for found in report.diagnostics]
    assert lines == sorted(lines)
    assert len(lines) == 3


def test_the_place_of_an_unknown_name_is_the_name() -> None:
    (found,) = check_rules("segment s { points > 3 and pionts > 3 }").diagnostics

    assert (found.span.line, found.span.column, found.span.end_column) == (SCHEMA.count("\n") + 1, 28, 34)


@pytest.mark.parametrize("rules", ["segment s { consent is missing }", "segment s { customer.consents }"])
def test_consent_cannot_be_named(rules: str) -> None:
    assert codes_of(rules) == ["unknown-name"]


@pytest.mark.parametrize(
    ("condition", "name", "event", "where"),
    [
        (
            'any viewed where category == "b" and seconds > 3',
            "seconds",
            "viewed",
            '(category == "b" and seconds > 3)',
        ),
        (
            'any viewed where category == "b" or seconds > 3',
            "seconds",
            "viewed",
            '(category == "b" or seconds > 3)',
        ),
        (
            'no viewed where category == "b" within 3 days and seconds > 3 and points > 2',
            "seconds",
            "viewed",
            '(category == "b" and seconds > 3)',
        ),
        ("points > 2 and any bought where gift and total > -3", "total", "bought", "(gift and ..)"),
        ("any bought where total > 3 and gift", "gift", "bought", "(total > 3 and gift)"),
        ("any bought where total > 3 and not gift", "gift", "bought", "(total > 3 and ..)"),
        (
            "any bought where total > 3 and (seconds_of > 2 or gift == true)",
            "gift",
            "bought",
            "(total > 3 and ..)",
        ),
        (
            'any viewed where seconds > 3 followed by bought where total > 3 and category == "b"',
            "category",
            "viewed",
            '(seconds > 3 and category == "b")',
        ),
        ("points > count of bought where gift and total > 3", "total", "bought", "(gift and total > 3)"),
    ],
)
def test_a_property_after_a_where_without_parentheses_is_told_where_they_go(
    condition: str, name: str, event: str, where: str
) -> None:
    found = check_rules(f"value seconds_of = points\nsegment s {{ {condition} }}").diagnostics

    assert [(one.code, one.message, one.hint) for one in found] == [
        (
            "unknown-name",
            f"`{name}` is a property of `{event}`, and stands outside of its `where`.",
            f"Put parentheses around it all: `where {where}`.",
        )
    ]


@pytest.mark.parametrize(
    "condition",
    [
        "seconds > 3 and any viewed where seconds > 4",  # before it, not after
        "any viewed and seconds > 3",  # it has no `where`
        'any viewed where category == "b" and total > 3',  # a property of another event
        "any viewed where seconds > 3 and any read where (article_id is present and seconds > 4)",
    ],
)
def test_an_unknown_name_that_no_where_to_the_left_could_mean_is_unknown(condition: str) -> None:
    found = only_finding(f"segment s {{ {condition} }}")

    assert found.startswith("unknown-name: There is no `")
