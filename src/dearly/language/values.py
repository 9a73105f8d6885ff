"""Values at the door: whatever came in, checked against its declared type, and its one *stored form*.

The stored form is plain JSON: text, urls and item ids as strings in NFC; numbers as floats; dates as
``YYYY-MM-DD``; times as RFC 3339 in UTC; sets as sorted lists without repeats. Equal values have equal stored
forms. Everything that comes in is hostile until :func:`to_stored` has passed it; what is kept is read back
with :func:`stored_reader`, which never raises: a kept value that no longer fits its type is missing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from math import isfinite
from typing import TypeAlias

from dearly import DearlyError
from dearly.language.program import Field
from dearly.language.suggestions import nearest
from dearly.language.types import (
    BOOL,
    DATE,
    MAX_MAGNITUDE,
    NUMBER,
    TEXT,
    TIME,
    URL,
    ItemRef,
    Scalar,
    SetOf,
    Type,
    Value,
)

StoredScalar: TypeAlias = "str | float | bool"
Stored: TypeAlias = "str | float | int | bool | list[str] | list[float] | list[bool]"

MAX_TEXT_BYTES = 64 * 1024
MAX_URL_LENGTH = 2_048
MAX_ID_BYTES = 256
MAX_SET_ELEMENTS = 10_000

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_PLAIN_ID = re.compile(f"[ -~]{{1,{MAX_ID_BYTES}}}")
"""Most ids; any other is looked at closely."""
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MARKS = re.compile(b"[\x01-\xff]{31}")
"""Beyond the 30 of the Stream-Safe Text Format, UAX #15: normalising a longer run takes quadratic time."""
_LONG_TEXT = 1_000
"""Characters in which any run of combining marks is normalised in a few milliseconds."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_MICROSECOND = timedelta(microseconds=1)


class ValueProblem(DearlyError):
    """A value does not fit its type; the message does not name the field, since only the caller knows it."""


class FieldProblem(DearlyError):
    """A named field does not fit its declaration; ``hint`` says what may have been meant."""

    def __init__(self, field: str, message: str, hint: str | None = None) -> None:
        super().__init__(f"{field}: {message}" + (f" {hint}" if hint else ""))
        self.field = field
        self.message = message
        self.hint = hint


def to_stored(kind: Type, incoming: object) -> Stored:
    """The stored form of a value that came in.

    Takes str for text, url, item ids, dates (``YYYY-MM-DD``) and times (RFC 3339 with its offset from UTC),
    int or float for numbers, bool, and list, tuple or set for sets; aware ``datetime`` and ``date`` objects
    are taken for times and dates.

    Raises:
        ValueProblem: the value is of another type or beyond a limit; the message says which.
    """
    if isinstance(kind, SetOf):
        return _set_to_stored(_door(kind.element), kind, incoming)
    return _door(kind)(incoming)


def check_id(incoming: object) -> str:
    """An id of a customer, an item or an event: 1 to 256 bytes of UTF-8, no controls, normalised to NFC.

    Raises:
        ValueProblem: empty, too long, not text, or with control characters or line breaks in it.
    """
    if isinstance(incoming, str) and _PLAIN_ID.fullmatch(incoming):
        return incoming
    text = _check_text(incoming, MAX_ID_BYTES, "an id")
    if not text:
        raise ValueProblem(f"expected an id of 1 to {MAX_ID_BYTES} bytes, got an empty one.")
    return _check_line(text, "an id")


def check_fields(
    fields: Mapping[str, Field], incoming: Mapping[str, object], *, partial: bool
) -> dict[str, Stored | None]:
    """The stored forms of named values against their declarations, in the order declared.

    Whole (``partial=False``): a field without ``?`` and default must be there; None is the same as absent.
    Partial: only what came is checked, and None stays in the result: it clears the field. Declared defaults
    are not written down; they belong to the rules, not to the data.

    Raises:
        FieldProblem: an undeclared name (with the nearest declared one), a value that does not fit, or a
            required field that is not there.
    """
    unknown = incoming.keys() - fields.keys()
    if unknown:
        raise _unknown_field(min(unknown), fields)
    checked: dict[str, Stored | None] = {}
    for name, field in fields.items():
        value = incoming.get(name)
        if value is not None:
            try:
                checked[name] = to_stored(field.type, value)
            except ValueProblem as problem:
                raise FieldProblem(name, str(problem)) from None
        elif partial:
            if name in incoming:
                checked[name] = None
        elif not field.optional and field.default is None:
            raise FieldProblem(
                name, f"expected a {field.type}, got nothing.", "The rules declare it without '?'."
            )
    return checked


def unknown_name(name: str, known: Iterable[str]) -> str:
    """What to do about a name that came in and is not declared, as a hint."""
    near = nearest(name, known)
    return f"Did you mean `{near}`?" if near else "Declare it in the rules, or leave it out."


def stored_reader(kind: Type) -> Callable[[object], Value | None]:
    """Gives the typed value of a stored form, or None when it does not fit the type (the rules have changed).

    One reader serves all values of a type.
    """
    if isinstance(kind, SetOf):
        read = _reader(kind.element)
        return lambda stored: _read_set(read, stored)
    return _reader(kind)


def normalise(text: str, what: str = "text", unchecked_length: int = 0) -> str:
    """The text in NFC. One of at most ``unchecked_length`` may have any number of combining marks in a row.

    Raises:
        ValueProblem: ``what`` is expected, and this has a lone surrogate, or more than 30 marks in a row.
    """
    if surrogate := _SURROGATE.search(text):
        code, place = ord(surrogate[0]), surrogate.start()
        raise ValueProblem(f"expected {what}, got a lone surrogate (U+{code:04X}) at character {place}.")
    if len(text) > unchecked_length and _MARKS.search(bytes(map(unicodedata.combining, text))):
        raise ValueProblem(f"expected {what}, got more than 30 combining marks in a row.")
    return unicodedata.normalize("NFC", text)


def date_to_stored(days: int) -> str:
    """``YYYY-MM-DD`` of days since the epoch."""
    return date.fromordinal(_EPOCH_ORDINAL + days).isoformat()


def date_from_stored(text: str) -> int:
    """Days since the epoch of a date in ISO 8601.

    Raises:
        ValueError: not such a date.
    """
    return date.fromisoformat(text).toordinal() - _EPOCH_ORDINAL


def time_of(moment: datetime) -> int:
    """Microseconds since the epoch of an aware ``datetime``."""
    return (moment - _EPOCH) // _MICROSECOND


FIRST_US = time_of(datetime(1, 1, 1, tzinfo=UTC))
LAST_US = time_of(datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
"""The first and the last instant that can be written."""


def moment_at(time_us: int) -> datetime:
    """The aware ``datetime``, in UTC, of microseconds since the epoch."""
    return _EPOCH + timedelta(microseconds=time_us)


def time_to_stored(time_us: int) -> str:
    """RFC 3339 in UTC of microseconds since the epoch; the fraction stands only when there is one.

    Raises:
        OverflowError: it lies before :data:`FIRST_US` or after :data:`LAST_US`.
    """
    return moment_at(time_us).replace(tzinfo=None).isoformat() + "Z"


def time_from_stored(text: str) -> int:
    """Microseconds since the epoch of an RFC 3339 time with an offset.

    Raises:
        ValueError: not such a time.
    """
    return time_of(datetime.fromisoformat(text))


# ------------------------------------------------------------------------------------------------- the door


def _check_text(incoming: object, max_bytes: int, what: str) -> str:
    if not isinstance(incoming, str):
        raise ValueProblem(f"expected {what}, got {_name_of(incoming)}.")
    if incoming.isascii() and len(incoming) <= max_bytes:
        return incoming
    text = incoming
    if not text.isascii():
        if len(text) > max_bytes:
            raise ValueProblem(f"expected {what} of at most {max_bytes:,} bytes, got more.")
        text = normalise(text, what, _LONG_TEXT)
    size = len(text.encode())
    if size > max_bytes:
        raise ValueProblem(f"expected {what} of at most {max_bytes:,} bytes, got {size:,}.")
    return text


def _check_line(text: str, what: str) -> str:
    if _CONTROLS.search(text):
        raise ValueProblem(f"expected {what}, got one with control characters or line breaks in it.")
    return text


def _text_to_stored(incoming: object) -> str:
    return _check_text(incoming, MAX_TEXT_BYTES, "text")


def _url_to_stored(incoming: object) -> str:
    url = _check_text(incoming, MAX_TEXT_BYTES, "a url")
    if len(url) > MAX_URL_LENGTH:
        raise ValueProblem(f"expected a url of at most {MAX_URL_LENGTH:,} characters, got {len(url):,}.")
    return _check_line(url, "a url")


def _number_to_stored(incoming: object) -> float:
    if isinstance(incoming, bool) or not isinstance(incoming, int | float):
        raise ValueProblem(f"expected a number, got {_name_of(incoming)}.")
    if not -MAX_MAGNITUDE <= incoming <= MAX_MAGNITUDE:
        found = f"{incoming}" if isinstance(incoming, float) and not isfinite(incoming) else "one beyond"
        raise ValueProblem(f"expected a number between -1e12 and 1e12, got {found}.")
    return float(incoming) + 0.0  # -0.0 and 0.0 are equal, so they are stored alike


def _bool_to_stored(incoming: object) -> bool:
    if not isinstance(incoming, bool):
        raise ValueProblem(f"expected true or false, got {_name_of(incoming)}.")
    return incoming


def _date_to_stored(incoming: object) -> str:
    if isinstance(incoming, date) and not isinstance(incoming, datetime):
        return incoming.isoformat()
    if not isinstance(incoming, str):
        raise ValueProblem(f"expected a date as YYYY-MM-DD, got {_name_of(incoming)}.")
    try:
        if _DATE.fullmatch(incoming):
            return date.fromisoformat(incoming).isoformat()
    except ValueError:
        pass
    raise ValueProblem("expected a date as YYYY-MM-DD, got other text, or a day that no month has.")


def _time_to_stored(incoming: object) -> str:
    expected = "a time as RFC 3339 with its offset, such as 2026-03-01T10:00:00Z"
    if isinstance(incoming, datetime) and incoming.tzinfo is not None:
        return time_to_stored(time_of(incoming))
    if not isinstance(incoming, str):
        raise ValueProblem(f"expected {expected}, got {_name_of(incoming)}.")
    try:
        if _TIME.fullmatch(incoming):
            return time_to_stored(time_from_stored(incoming.upper()))
    except (ValueError, OverflowError):
        pass
    raise ValueProblem(f"expected {expected}, got other text, or a time that no day has.")


def _set_to_stored(door: Callable[[object], StoredScalar], kind: SetOf, incoming: object) -> Stored:
    if not isinstance(incoming, list | tuple | set | frozenset):
        raise ValueProblem(f"expected a {kind}, got {_name_of(incoming)}.")
    if len(incoming) > MAX_SET_ELEMENTS:
        raise ValueProblem(f"expected at most {MAX_SET_ELEMENTS:,} elements, got {len(incoming):,}.")
    return sorted({door(element) for element in incoming})  # type: ignore[return-value]


_DOORS: dict[str, Callable[[object], StoredScalar]] = {
    TEXT.name: _text_to_stored,
    URL.name: _url_to_stored,
    NUMBER.name: _number_to_stored,
    BOOL.name: _bool_to_stored,
    DATE.name: _date_to_stored,
    TIME.name: _time_to_stored,
}


def _door(kind: Scalar | ItemRef) -> Callable[[object], StoredScalar]:
    return _DOORS[kind.name] if isinstance(kind, Scalar) else check_id


def _unknown_field(name: str, fields: Mapping[str, Field]) -> FieldProblem:
    return FieldProblem(_shown(name), "no such field is declared.", unknown_name(name, fields))


_NAMES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (type(None), "nothing"),
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "text"),
    (bytes, "bytes"),
    ((list, tuple, set, frozenset), "a list"),
    (Mapping, "a mapping"),
    (datetime, "a time without its offset"),
    (date, "a date"),
)


def _name_of(incoming: object) -> str:
    """What came, in a reader's words; the value itself is not repeated, for it may be personal or huge."""
    return next((name for kinds, name in _NAMES if isinstance(incoming, kinds)), "something else")


def _shown(name: str) -> str:
    """At most 40 characters of a name that came in, printable."""
    shown = name if len(name) <= 40 else name[:39] + "…"
    return shown if shown.isprintable() else ascii(shown)[1:-1]


# ---------------------------------------------------------------------------------------------- reading back


def _read_text(stored: object) -> str | None:
    return stored if isinstance(stored, str) else None


def _read_number(stored: object) -> float | None:
    if isinstance(stored, float):
        return stored
    if not isinstance(stored, int) or isinstance(stored, bool):
        return None
    try:
        return float(stored)
    except OverflowError:
        return None


def _read_bool(stored: object) -> bool | None:
    return stored if isinstance(stored, bool) else None


def _read_date(stored: object) -> int | None:
    try:
        return date_from_stored(stored)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def _read_time(stored: object) -> int | None:
    try:
        return time_from_stored(stored)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def _read_set(read: Callable[[object], Value | None], stored: object) -> Value | None:
    if not isinstance(stored, list):
        return None
    values = frozenset(read(element) for element in stored)
    return None if None in values else values  # type: ignore[return-value]


_READERS: dict[str, Callable[[object], Value | None]] = {
    TEXT.name: _read_text,
    URL.name: _read_text,
    NUMBER.name: _read_number,
    BOOL.name: _read_bool,
    DATE.name: _read_date,
    TIME.name: _read_time,
}


def _reader(kind: Scalar | ItemRef) -> Callable[[object], Value | None]:
    return _READERS[kind.name] if isinstance(kind, Scalar) else _read_text
