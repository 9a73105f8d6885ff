"""How each locale writes numbers, prices, dates, times and lists: tables made of Babel's CLDR data, at load.

Babel keeps 190 MB for all locales, reads files when it first meets one, and interprets patterns with every
value that it formats (10 to 50 µs). These tables take 8 MB, and leave nothing to be read or worked out in a
call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from itertools import groupby
from typing import Literal as OneOf
from typing import TypeAlias, TypeVar

from babel import Locale, localedata
from babel.dates import DateTimeFormat, DateTimePattern, tokenize_pattern
from babel.numbers import NumberPattern

from dearly.language.locales import locale_tags

Clockwork: TypeAlias = OneOf["year", "month", "day", "weekday", "hour", "minute", "second"]
"""What of a date and time a piece of a pattern shows."""


_Kept = TypeVar("_Kept", bound=Hashable)


@dataclass(frozen=True, slots=True)
class NumberForm:
    """What stands around a number, below 0 and otherwise, and how many digits its groups have from the right.

    In prices, ``¤`` stands for the currency.
    """

    positive: tuple[str, str]
    negative: tuple[str, str]
    last_group: int
    other_groups: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a date: constant text, or what is shown ``of`` it, as a number or by name.

    ``width`` is how many digits a number has at least; the year has just two of 2. ``names`` stand at the
    numbers that they are for.
    """

    text: str = ""
    of: Clockwork | None = None
    width: int = 1
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListForm:
    """What stands between the elements of a list: after the first, after those in the middle, and before the
    last (or the second of just two) and behind it.
    """

    start: str
    middle: str
    end: tuple[str, str]
    two: tuple[str, str]


@dataclass(frozen=True, slots=True)
class LocaleTable:
    """How one locale writes what templates show. ``symbols`` are pairs of a currency's code and symbol."""

    tag: str
    decimal: str
    group: str
    number: NumberForm
    percent: NumberForm
    money: NumberForm
    symbols: tuple[tuple[str, str], ...]
    dates: Mapping[str, tuple[Piece, ...]]
    times: Mapping[str, tuple[Piece, ...]]
    lists: Mapping[str, ListForm]


def locale_table(tag: str) -> LocaleTable:
    """The table of a locale of CLDR, by its tag. Reads files the first time: not in a call."""
    if tag not in _TABLES:
        _forget_what_babel_read()
        _TABLES[tag] = _read_table(tag)
    return _TABLES[tag]


def load_every_locale() -> None:
    """Read the tables of all locales; takes about a second, once, before a server's first call."""
    tags = sorted(set(locale_tags().values()) - _TABLES.keys())
    for _, of_language in groupby(tags, key=lambda tag: tag.partition("-")[0]):
        _forget_what_babel_read()
        _TABLES.update({tag: _read_table(tag) for tag in of_language})
    _forget_what_babel_read()


_TABLES: dict[str, LocaleTable] = {}
"""Those read so far."""


def _forget_what_babel_read() -> None:
    # It keeps 190 MB else, and what it has worked out for one language shows in the next.
    localedata._cache.clear()  # noqa: SLF001


def _read_table(tag: str) -> LocaleTable:
    locale = Locale.parse(tag, sep="-")
    symbols = locale.number_symbols["latn"]
    return LocaleTable(
        tag=tag,
        decimal=symbols["decimal"],
        group=symbols["group"],
        number=_number_form(locale.decimal_formats[None]),
        percent=_number_form(locale.percent_formats[None]),
        money=_number_form(locale.currency_formats["standard"]),
        symbols=_shared(tuple(sorted(locale.currency_symbols.items()))),
        dates={style: _shared(_pieces(locale, locale.date_formats[style])) for style in _DATE_STYLES},
        times={style: _shared(_pieces(locale, locale.time_formats[style])) for style in _TIME_STYLES},
        lists={
            "and": _list_form(locale.list_patterns["standard"]),
            "or": _list_form(locale.list_patterns["or"]),
        },
    )


@cache
def _shared(value: _Kept) -> _Kept:
    """The value, the same object for all that are equal: most regions write as their language does."""
    return value


_DATE_STYLES = ("short", "medium", "long", "full")
_TIME_STYLES = ("short", "medium")


_QUOTED = re.compile("'([^']*)'")


def _number_form(pattern: NumberPattern) -> NumberForm:
    def around(sign: int) -> tuple[str, str]:
        return _unquoted(pattern.prefix[sign]), _unquoted(pattern.suffix[sign])

    return NumberForm(around(0), around(1), *pattern.grouping)


def _unquoted(text: str) -> str:
    return _QUOTED.sub(lambda found: found[1] or "'", text)


def _list_form(patterns: Mapping[str, str]) -> ListForm:
    joints = {name: _joints(pattern) for name, pattern in patterns.items()}
    return ListForm(joints["start"][0], joints["middle"][0], joints["end"], joints["2"])


def _joints(pattern: str) -> tuple[str, str]:
    """What stands between and behind two elements: no language has anything before them."""
    between, behind = pattern.removeprefix("{0}").split("{1}")
    return between, behind


def _pieces(locale: Locale, pattern: DateTimePattern) -> tuple[Piece, ...]:
    return tuple(
        Piece(text=str(what)) if kind == "chars" else _piece(locale, *what)
        for kind, what in tokenize_pattern(pattern.pattern)
    )


def _piece(locale: Locale, letter: str, count: int) -> Piece:
    """The piece for a letter of CLDR's date patterns (UTS #35, part 4, date field symbols)."""
    field_ = letter * count
    match letter:
        case "y":
            return Piece(of="year", width=count)
        case "M" | "L" if count <= 2:
            return Piece(of="month", width=count)
        case "M" | "L":
            return _named(locale, field_, "month", range(1, 13), lambda month: date(2000, month, 1))
        case "d":
            return Piece(of="day", width=count)
        case "E" | "c":  # the 3rd of January 2000 was a Monday
            return _named(locale, field_, "weekday", range(7), lambda weekday: date(2000, 1, 3 + weekday))
        case "G":
            return Piece(text=DateTimeFormat(date(2000, 1, 1), locale)[field_])
        case "H":
            return Piece(of="hour", width=count)
        case "h" | "a" | "B":
            return _named(locale, field_, "hour", range(24), lambda hour: time(hour, 30))
        case "m":
            return Piece(of="minute", width=count)
        case "s":
            return Piece(of="second", width=count)
        case _:
            raise ValueError(f"no piece is known for the date field {field_!r} of {locale}")


def _named(
    locale: Locale, field_: str, of: Clockwork, values: range, example: Callable[[int], date | time]
) -> Piece:
    """A piece that is written as Babel writes an example of each of its values."""
    names = (DateTimeFormat(example(value), locale)[field_] for value in values)
    return Piece(of=of, names=("",) * values.start + tuple(names))


def shown_of(pieces: Iterable[Piece], moment: datetime) -> str:
    """The pieces' text for what clocks show at a moment."""
    return "".join([_piece_text(piece, moment) for piece in pieces])


def _piece_text(piece: Piece, moment: datetime) -> str:
    if piece.of is None:
        return piece.text
    value = moment.weekday() if piece.of == "weekday" else getattr(moment, piece.of)
    if piece.names:
        return piece.names[value]
    if piece.of == "year" and piece.width == 2:
        value %= 100
    return f"{value:0{piece.width}d}"
