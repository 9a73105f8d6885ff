"""Numbers, prices, days, plurals and lists, as the recipient's locale writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dearly.content.budget import Budget, RenderBudgetExceeded
from dearly.content.local_words import LOCAL_WORDS, manner_of
from dearly.content.rendering import compile_template
from dearly.language.locales import locale_tags
from dearly.language.types import MAX_MAGNITUDE

NBSP, NARROW, RTL = "\u00a0", "\u202f", "\u200f"


def worded(locale: str, expression: str, value: object, zone: str = "UTC") -> str:
    """What a template's text part prints for ``{{ value | .. }}``."""
    template = compile_template("", f"{{{{ value | {expression} }}}}", None, locale)
    return template.render({"value": value}, Budget(max_s=5), manner_of(locale, zone)).text


@pytest.mark.parametrize(
    ("locale", "expression", "value", "text"),
    [
        ("en", "number", 1234.5, "1,234.5"),
        ("en", "number(2)", 1234.5, "1,234.50"),
        ("en", "number(0)", 2.5, "3"),
        ("en", "number", 1 / 3, "0.333"),
        ("en", "number", -0.0, "0"),
        ("en", "number(1)", -0.04, "0.0"),
        ("en-IN", "number", 1234567.0, "12,34,567"),
        ("de", "number", 1234.5, "1.234,5"),
        ("de-CH", "number", 1234.5, "1’234.5"),
        ("fr", "number", 1234.5, f"1{NARROW}234,5"),
        ("pl", "number(2)", 1234.5, f"1{NBSP}234,50"),
        ("en", "percent", 0.256, "26%"),
        ("en", "percent(1)", 0.256, "25.6%"),
        ("fr", "percent", 0.2, f"20{NBSP}%"),
        ("en", 'money("EUR")', 1234.5, "€1,234.50"),
        ("en", 'money("USD")', -5.0, "-$5.00"),
        ("en", 'money("JPY")', 1234.5, "¥1,235"),
        ("en", 'money("CHF")', 5.0, f"CHF{NBSP}5.00"),
        ("en", 'money("USD")', -0.001, "$0.00"),
        ("de", 'money("EUR")', 1234.5, f"1.234,50{NBSP}€"),
        ("de-AT", 'money("EUR")', 1234.5, f"€{NBSP}1.234,50"),
        ("fr", 'money("EUR")', 1234.5, f"1{NARROW}234,50{NBSP}€"),
        ("pl", 'money("PLN")', 1234.5, f"1{NBSP}234,50{NBSP}zł"),
        ("ja", 'money("JPY")', 1234.0, "￥1,234"),
        ("pt-BR", 'money("BRL")', 1234.5, f"R${NBSP}1.234,50"),
        ("ar", 'money("EUR")', 1234.5, f"{RTL}1,234.50{NBSP}€"),
        ("en", "date", "2026-03-01", "Mar 1, 2026"),
        ("en-GB", "date", "2026-03-01", "1 Mar 2026"),
        ("en", 'date("full")', "2026-03-01", "Sunday, March 1, 2026"),
        ("de", 'date("long")', "2026-03-01", "1. März 2026"),
        ("de", 'date("short")', "2026-03-01", "01.03.26"),
        ("fr", 'date("long")', "2026-08-01", "1 août 2026"),
        ("pl", 'date("long")', "2026-03-01", "1 marca 2026"),
        ("ja", 'date("long")', "2026-03-01", "2026年3月1日"),
        ("pt-BR", 'date("long")', "2026-03-01", "1 de março de 2026"),
        ("ar", 'date("long")', "2026-03-01", "1 مارس 2026"),
        ("en", "time", "2026-03-01T06:05:00Z", f"6:05{NARROW}AM"),
        ("de", "time", "2026-03-01T06:05:00Z", "06:05"),
        ("de", 'time("medium")', "2026-03-01T06:05:07Z", "06:05:07"),
    ],
)
def test_a_value_is_written_as_people_of_the_locale_write_it(
    locale: str, expression: str, value: object, text: str
) -> None:
    assert worded(locale, expression, value) == text


@pytest.mark.parametrize(
    ("locale", "conjunction", "texts"),
    [
        ("en", "and", ("", "a", "a and b", "a, b, and c", "a, b, c, and d")),
        ("en", "or", ("", "a", "a or b", "a, b, or c", "a, b, c, or d")),
        ("de", "and", ("", "a", "a und b", "a, b und c", "a, b, c und d")),
        ("fr", "or", ("", "a", "a ou b", "a, b ou c", "a, b, c ou d")),
        ("ja", "and", ("", "a", "a、b", "a、b、c", "a、b、c、d")),
    ],
)
def test_elements_are_listed_as_in_a_sentence(locale: str, conjunction: str, texts: tuple[str, ...]) -> None:
    elements = ("a", "b", "c", "d")
    assert tuple(worded(locale, f'listing("{conjunction}")', elements[:n]) for n in range(5)) == texts


@pytest.mark.parametrize(
    ("locale", "forms", "texts"),
    [
        (
            "en",
            'one="{} item", other="{} items"',
            {0: "0 items", 1: "1 item", 1.5: "1.5 items", 2: "2 items"},
        ),
        (
            "fr",
            'one="{} article", other="{} articles"',
            {0: "0 article", 1.5: "1,5 article", 2: "2 articles"},
        ),
        (
            "pl",
            'one="{} buty", few="{} pary", many="{} par", other="{} pary (u)"',
            {1: "1 buty", 3: "3 pary", 5: "5 par", 12: "12 par", 22: "22 pary", 1.5: "1,5 pary (u)"},
        ),
        (
            "ar",
            'zero="z", one="o", two="t", few="f", many="m", other="x"',
            {0: "z", 1: "o", 2: "t", 7: "f", 11: "m", 100: "x"},
        ),
        ("ja", 'other="{}点"', {0: "0点", 1: "1点", 12345: "12,345点"}),
        ("pt-BR", 'one="um", other="{} itens"', {0: "um", 1: "um", 2: "2 itens"}),
    ],
)
def test_so_many_takes_the_form_that_the_language_has_for_it(
    locale: str, forms: str, texts: dict[float, str]
) -> None:
    assert {number: worded(locale, f"plural({forms})", float(number)) for number in texts} == texts


def test_the_language_of_the_template_chooses_the_form_and_the_locale_writes_the_number() -> None:
    template = compile_template("", '{{ value | plural(one="{} pt", other="{} pts") }}', None, "en")
    shown = template.render({"value": 1500.0}, Budget(max_s=5), manner_of("de", "UTC")).text
    assert shown == "1.500 pts"


@pytest.mark.parametrize(
    ("zone", "date", "time"),
    [
        ("UTC", "31 Dec 2025", "23:30"),
        ("Europe/Berlin", "1 Jan 2026", "00:30"),
        ("America/New_York", "31 Dec 2025", "18:30"),
        ("Asia/Kolkata", "1 Jan 2026", "05:00"),
    ],
)
def test_a_time_is_told_by_the_clocks_of_the_customers_zone(zone: str, date: str, time: str) -> None:
    stamp = "2025-12-31T23:30:00Z"
    assert (worded("en-GB", "date", stamp, zone), worded("en-GB", "time", stamp, zone)) == (date, time)


@pytest.mark.parametrize("locale", ["tlh", "xx-YY", "x"])
def test_a_language_that_nobody_knows_is_written_as_english(locale: str) -> None:
    assert manner_of(locale, "UTC").table == manner_of("en", "UTC").table


# ------------------------------------------------------------------------------------------- hostile values

TAGS = st.sampled_from(sorted(set(locale_tags().values())))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.floats(-MAX_MAGNITUDE, MAX_MAGNITUDE)


@given(TAGS, NUMBERS)
def test_any_number_is_written_and_not_at_great_length(tag: str, number: float) -> None:
    manner = manner_of(tag, "UTC")
    for name, arguments in (
        ("number", ()),
        ("number", (6,)),
        ("percent", (6,)),
        ("money", ("KWD",)),
        ("plural", ("pl",)),
    ):
        more = {"other": "{} {}"} if name == "plural" else {}
        text = LOCAL_WORDS[name](manner, number, *arguments, **more)
        assert text.strip()
        assert len(text) < 1_000


@pytest.mark.parametrize("stamp", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Amsterdam"])
def test_the_ends_of_the_calendar_are_days_in_every_zone(stamp: str, zone: str) -> None:
    for style in ("short", "medium", "long", "full"):
        assert worded("en", f'date("{style}")', stamp, zone)
    assert worded("en", "time", stamp, zone)


def test_what_is_worded_is_escaped_in_html() -> None:
    source = '{{ value | plural(other="<{}>") }} {{ many | listing }}'
    context = {"value": 1.0, "many": ("<b>", "&")}
    rendered = compile_template(source, source, source).render(context, Budget(), manner_of("en", "UTC"))
    assert rendered.html == "&lt;1&gt; &lt;b&gt; and &amp;"
    assert rendered.text == rendered.subject == "<1> <b> and &"


def test_a_subject_keeps_no_marks_of_direction_from_a_price() -> None:
    shown = compile_template("", "", '{{ value | money("EUR") }}').render(
        {"value": 5.0}, Budget(), manner_of("ar", "UTC")
    )
    assert shown.subject == "5.00 €"


def test_a_list_as_long_as_a_book_is_refused() -> None:
    with pytest.raises(RenderBudgetExceeded):
        worded("en", "listing", ("x" * 40_000, "y" * 40_000))


def test_ten_thousand_elements_are_listed_in_time() -> None:
    assert worded("de", "listing", tuple(map(str, range(10_000)))).endswith("9998 und 9999")
