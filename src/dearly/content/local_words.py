"""Numbers, prices, days and lists as a recipient's locale writes them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from itertools import chain

from babel.numbers import get_currency_precision

from dearly.content.locale_tables import LocaleTable, NumberForm, locale_table, shown_of
from dearly.content.wording import MOST_WORDED, printed, too_long
from dearly.language.calendar import local_clock
from dearly.language.locales import nearest_locale, plural_category
from dearly.language.types import DAY_US
from dearly.language.values import date_from_stored, time_from_stored

USUAL_DECIMALS = 3
"""A number whose digits are not said has no more decimals (as CLDR's patterns have it)."""

_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)
"""Every double fits; halves are rounded away from zero, as on a receipt."""

_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896
"""0001-01-01 and 9999-12-31, as days since the epoch."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Manner:
    """How one recipient is spoken to.

    ``locale`` is the tag that chooses among translations, ``table`` how that locale writes, ``zone`` whose
    clocks tell the time.
    """

    locale: str
    table: LocaleTable
    zone: str


@lru_cache(maxsize=4096)
def manner_of(locale: str, zone: str) -> Manner:
    """The manner of speaking for a tag; that of English where its language is not known.

    Reads files the first time that it meets a locale, unless all were loaded before.
    """
    tag = nearest_locale(locale) or "en"
    return Manner(tag, locale_table(tag), zone)


# ---------------------------------------------------------------------------------------------------- numbers


def _number(manner: Manner, value: float, digits: int | None = None) -> str:
    table = manner.table
    return _written(table, table.number, *_digits(value, digits, USUAL_DECIMALS))


def _percent(manner: Manner, value: float, digits: int = 0) -> str:
    table = manner.table
    return _written(table, table.percent, *_digits(value, digits, 0, hundreds=True))


def _money(manner: Manner, value: float, currency: str) -> str:
    return _price(manner.table.tag, value, currency)


@lru_cache(maxsize=16_384)
def _price(tag: str, value: float, currency: str) -> str:
    # Remembered, since a campaign prints the prices of the same items all along: 0.2 µs instead of 1.2 µs.
    form = _money_form(tag, currency)
    return _written(locale_table(tag), form, *_digits(value, get_currency_precision(currency), 0))


def _digits(value: float, digits: int | None, most: int, *, hundreds: bool = False) -> tuple[bool, str]:
    """Whether the number is below 0, and its decimal digits: just so many decimals, or ``most`` at most."""
    text = _rounded(value, most if digits is None else digits, hundreds=hundreds)
    if digits is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    if text[0] != "-":
        return False, text
    return text.strip("-0.") != "", text[1:]


def _rounded(value: float, digits: int, *, hundreds: bool) -> str:
    if not hundreds:
        text = format(value, f".{digits}f")
        if float(text) == value:  # as most prices do; it takes a fifth of the time
            return text
    exact = Decimal(repr(float(value)))
    if hundreds:
        exact = exact.scaleb(2, _EXACT)
    return format(exact.quantize(Decimal(1).scaleb(-digits), context=_EXACT), "f")


def _written(table: LocaleTable, form: NumberForm, below_0: bool, digits: str) -> str:
    whole, _, decimals = digits.partition(".")
    if len(whole) > form.last_group:
        whole = _grouped(whole, form, table.group)
    before, after = form.negative if below_0 else form.positive
    return f"{before}{whole}{table.decimal}{decimals}{after}" if decimals else f"{before}{whole}{after}"


def _grouped(whole: str, form: NumberForm, separator: str) -> str:
    at = len(whole) - form.last_group
    groups = [whole[at:]]
    while at > 0:
        groups.append(whole[max(0, at - form.other_groups) : at])
        at -= form.other_groups
    return separator.join(reversed(groups))


@lru_cache(maxsize=4096)
def _money_form(table_tag: str, currency: str) -> NumberForm:
    table = locale_table(table_tag)
    symbol = dict(table.symbols).get(currency, currency)
    return NumberForm(
        _with_symbol(table.money.positive, symbol),
        _with_symbol(table.money.negative, symbol),
        table.money.last_group,
        table.money.other_groups,
    )


def _with_symbol(around: tuple[str, str], symbol: str) -> tuple[str, str]:
    """What stands around a price. A symbol of letters keeps off its digits (UTS #35, currency spacing)."""
    before, after = around
    if before.endswith("¤") and _is_word(symbol[-1]):
        before += "\u00a0"
    if after.startswith("¤") and _is_word(symbol[0]):
        after = "\u00a0" + after
    return before.replace("¤", symbol), after.replace("¤", symbol)


def _is_word(character: str) -> bool:
    return unicodedata.category(character)[0] not in "SZ"


def _plural(manner: Manner, value: float, language: str, *, other: str, **forms: str) -> str:
    form = forms.get(plural_category(language, value), other)
    return form.replace("{}", _number(manner, value))


# ----------------------------------------------------------------------------------------------- days, times


def _date(manner: Manner, value: str, style: str = "medium") -> str:
    days = date_from_stored(value) if "T" not in value else _clock_us(manner, value) // DAY_US
    moment = _EPOCH + timedelta(days=min(max(days, _FIRST_DAY), _LAST_DAY))
    return shown_of(manner.table.dates[style], moment)


def _time(manner: Manner, value: str, style: str = "short") -> str:
    moment = _EPOCH + timedelta(microseconds=_clock_us(manner, value) % DAY_US)
    return shown_of(manner.table.times[style], moment)


def _clock_us(manner: Manner, value: str) -> int:
    return local_clock(manner.zone, time_from_stored(value))


# ------------------------------------------------------------------------------------------------------ lists


def _listing(manner: Manner, elements: Sequence[object], conjunction: str = "and") -> str:
    form = manner.table.lists[conjunction]
    texts = [_number(manner, one) if isinstance(one, float) else printed(one) for one in elements]
    if len(texts) < 2:
        return "".join(texts)
    between, behind = form.two if len(texts) == 2 else form.end
    *first, last = texts
    joints = [form.start, *(form.middle for _ in first[2:]), between][-len(first) :]
    listed = "".join(chain.from_iterable(zip(first, joints, strict=True))) + last + behind
    if len(listed) > MOST_WORDED:
        raise too_long("listing")
    return listed


LOCAL_WORDS: Mapping[str, Callable[..., str]] = {
    "number": _number,
    "percent": _percent,
    "money": _money,
    "plural": _plural,
    "date": _date,
    "time": _time,
    "listing": _listing,
}
"""The filters that know how the recipient is spoken to, by name. They are given nothing that is missing."""
