"""Settings, context, annotations: what holds for a package, for a call, and for single fields."""

from __future__ import annotations

import pytest

from dearly.language.program import Field, Settings
from dearly.language.types import DAY_US, NUMBER, TEXT
from tests.language.checking import check_rules, codes_of, only_finding, program_of

SHOWN = 'show "a.html" otherwise show "b.html" }'


def test_a_package_without_settings_has_the_usual_ones() -> None:
    assert program_of("segment s { true }").settings == Settings("UTC", "en", None)


def test_settings_are_read() -> None:
    rules = 'settings { timezone "Europe/Berlin" locale "de-AT" keep events 400 days }'

    assert program_of(rules).settings == Settings("Europe/Berlin", "de-AT", 400 * DAY_US)


@pytest.mark.parametrize(
    ("rules", "finding"),
    [
        (
            'settings { timezone "Europe/Berlni" }',
            'unknown-timezone: There is no time zone "Europe/Berlni". Did you mean "Europe/Berlin"?',
        ),
        (
            'settings { timezone "New York" }',
            'unknown-timezone: There is no time zone "New York". Did you mean "America/New_York"?',
        ),
        (
            'settings { timezone "central time" }',
            (
                'unknown-timezone: There is no time zone "central time". '
                'Write a zone of the IANA database, like "Europe/Berlin".'
            ),
        ),
        (
            'settings { locale "de_AT" }',
            'unknown-locale: "de_AT" is not the tag of a language. Did you mean "de-AT"?',
        ),
        (
            'settings { locale "german, mostly" }',
            (
                'unknown-locale: "german, mostly" is not the tag of a language. '
                'Write the language and, where it matters, the region: "en", "de-AT", "pt-BR".'
            ),
        ),
        (
            "settings { keep events 6 hours }",
            (
                "bad-retention: Events are kept for at least 1 day; no question about yesterday could be "
                "answered otherwise. Write, for example, `keep events 400 days`."
            ),
        ),
        (
            'settings { locale "de" locale "en" }',
            "duplicate-setting: `locale` is set already, at shop.rules:16. Leave one of them out.",
        ),
        (
            'settings { locale "de" }\nsettings { keep events 30 days }',
            (
                "duplicate-settings: This package has its `settings` already, at shop.rules:16. "
                "Move these lines into it."
            ),
        ),
    ],
)
def test_a_wrong_setting_is_told_with_what_to_write(rules: str, finding: str) -> None:
    assert only_finding(rules) == finding


def test_every_wrong_setting_is_told() -> None:
    rules = 'settings { timezone "Mars/Base" locale "" keep events 1 second }'

    assert codes_of(rules) == ["unknown-timezone", "unknown-locale", "bad-retention"]


# -------------------------------------------------------------------------------------- context


def test_a_call_may_bring_fields_along() -> None:
    program = program_of('context { cart_total number?, coupon text = "none" }')

    assert program.context == {
        "cart_total": Field("cart_total", NUMBER, optional=True),
        "coupon": Field("coupon", TEXT, optional=False, default="none"),
    }


@pytest.mark.parametrize(
    ("rules", "finding"),
    [
        (
            "context { x number? }\ncontext { y number? }",
            (
                "duplicate-context: This package has its `context` already, at shop.rules:16. "
                "Move these lines into it."
            ),
        ),
        (
            "context { points number? }",
            (
                "duplicate-name: The context field `points` has the name of the profile field at "
                "shop.rules:7; every name is declared once. Rename one of them."
            ),
        ),
        (
            "context { cart number? }\nsegment cart { true }",
            (
                "duplicate-name: The segment `cart` has the name of the context field at shop.rules:16; "
                "every name is declared once. Rename one of them."
            ),
        ),
        (
            "context { consent bool? }",
            (
                "reserved-name: Who agreed to what is the server's to know, so no context field can be named "
                "`consent`. Say what a block is for: `purpose marketing`; the server asks for the consent."
            ),
        ),
    ],
)
def test_a_wrong_context_is_told(rules: str, finding: str) -> None:
    assert only_finding(rules) == finding


def test_no_context_may_decide_whether_somebody_agreed() -> None:
    assert codes_of("segment consents { true }") == ["reserved-name"]
    assert codes_of("", schema="profile { consent bool? }") == ["reserved-name"]


def test_blocks_ask_for_the_context_by_its_bare_name_or_in_full() -> None:
    rules = f"context {{ total number? }}\nblock b {{ when total > 5 or context.total < 2 {SHOWN}"

    assert check_rules(rules).diagnostics == ()


def test_the_names_of_what_cannot_be_read_are_not_called_unknown_as_well() -> None:
    rules = f"""
    context {{ cart_total number number }}
    score likely {{ predict }}
    cap promos {{ at most }}
    block b {{ counts toward promos when cart_total > 5 or context.total < 2 or likely > 0.5 {SHOWN}
    trigger t {{ when likely becomes high emit {{ a: likely }} }}
    """

    assert codes_of(rules) == ["syntax-error"] * 3


# -------------------------------------------------------------------------------------- single fields


def test_old_values_may_grow_stale_and_bought_items_return() -> None:
    schema = (
        "profile { mood text? @stale(90 days) @sensitive }\ncatalog c { title text, again after 60 days }"
    )
    program = program_of("", schema=schema)

    assert program.profile["mood"].stale_after_us == 90 * DAY_US
    assert program.profile["mood"].sensitive
    assert program.catalogs["c"].again_after_us == 60 * DAY_US


@pytest.mark.parametrize(
    ("rules", "finding"),
    [
        (
            "event e { x text @stale(3 days) }",
            (
                "misplaced-annotation: Only a profile's field grows stale; this one is of an event. "
                "Leave the annotation out."
            ),
        ),
        (
            "context { x text? @stale(3 days) }",
            (
                "misplaced-annotation: Only a profile's field grows stale; this one is of a single call. "
                "Leave the annotation out."
            ),
        ),
        (
            "event e { x text @sensitive(3 days) }",
            (
                "misplaced-annotation: `@sensitive` takes no length of time: what is sensitive stays so. "
                "Write just `@sensitive`."
            ),
        ),
        (
            "event e { x text @sensitive @sensitive }",
            "misplaced-annotation: `x` is `@sensitive` already. Leave one of them out.",
        ),
    ],
)
def test_a_misplaced_annotation_is_told(rules: str, finding: str) -> None:
    assert only_finding(rules) == finding


def test_staleness_needs_its_length_of_time() -> None:
    finding = only_finding("", schema="profile { x text? @stale }")

    assert finding == (
        "misplaced-annotation: `@stale` needs to say after how long a value no longer counts. "
        "Write, for example, `@stale(90 days)`."
    )
