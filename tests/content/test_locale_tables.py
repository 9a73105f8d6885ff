"""Tables of how locales write: what they make is what Babel makes, in every language that CLDR knows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from babel import Locale, localedata
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent

from dearly.content.local_words import LOCAL_WORDS, Manner, manner_of
from dearly.content.locale_tables import load_every_locale, shown_of
from dearly.language.locales import locale_tags

REGIONS_OF = ("ar", "de", "en", "es", "fr", "pt", "zh")
"""Of these, and of every other language as such, the tables are compared."""

TAGS = sorted({tag for tag in locale_tags().values() if "-" not in tag or tag.startswith(REGIONS_OF)})
MOMENTS = [datetime(2026, 1, 1, 3, 30) + timedelta(days=32 * step, hours=3 * step) for step in range(13)]  # noqa: DTZ001


@pytest.fixture(scope="module", autouse=True)
def _every_locale() -> Iterator[None]:
    load_every_locale()
    yield
    localedata._cache.clear()


def _manners() -> Iterator[tuple[Locale, Manner]]:
    for tag in TAGS:
        # What Babel has resolved for one locale would show in its relatives.
        localedata._cache.clear()
        yield Locale.parse(tag, sep="-"), manner_of(tag, "UTC")


def _told_together(text: str) -> str:
    """Without the blank that keeps a currency's letters off the digits: Babel leaves it out."""
    return text.replace("\u00a0", "")


@pytest.mark.slow
def test_numbers_are_written_as_babel_writes_them() -> None:
    number, percent, money = LOCAL_WORDS["number"], LOCAL_WORDS["percent"], LOCAL_WORDS["money"]
    for locale, manner in _manners():
        for value in (0.0, 7.25, -1234.25, 1234567.891):
            assert number(manner, value) == format_decimal(value, locale=locale)
            assert percent(manner, value) == format_percent(value, locale=locale)
            for currency in ("EUR", "JPY", "CHF", "KWD"):
                told = format_currency(value, currency, locale=locale)
                assert _told_together(money(manner, value, currency)) == _told_together(told)


@pytest.mark.slow
def test_dates_times_and_lists_are_written_as_babel_writes_them() -> None:
    listing = LOCAL_WORDS["listing"]
    for locale, manner in _manners():
        for moment in MOMENTS:
            for style, pieces in manner.table.dates.items():
                assert shown_of(pieces, moment) == format_date(moment, style, locale=locale)
            for style, pieces in manner.table.times.items():
                assert shown_of(pieces, moment) == format_time(moment, style, locale=locale)
        for count in range(5):
            elements = ["a", "b", "c", "d"][:count]
            assert listing(manner, elements) == format_list(elements, locale=locale)
            assert listing(manner, elements, "or") == format_list(elements, "or", locale)


def test_nothing_that_babel_read_is_kept_once_every_locale_is_loaded() -> None:
    load_every_locale()

    assert localedata._cache == {}
