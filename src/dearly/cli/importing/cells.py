"""From a row's cells to a value: take, map, split, cast. Whether the value will do is the door's affair."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from string import Formatter
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from dearly.cli.importing.mapping import SOURCES, Cell, MappingError, Spec, zone_named
from dearly.cli.importing.rows import Row
from dearly.ingest import Rejected
from dearly.language import nearest
from dearly.language.types import BOOL, DATE, NUMBER, TIME, SetOf, Type
from dearly.language.values import moment_at

Read: TypeAlias = Callable[[Row], Any]
Change: TypeAlias = Callable[[Any], Any]

_TRUTHS = {"true": True, "yes": True, "y": True, "t": True, "1": True} | {
    "false": False,
    "no": False,
    "n": False,
    "f": False,
    "0": False,
}
_UNITS_OF_UNIX = {"unix": 1_000_000, "unix_ms": 1_000, "unix_us": 1}
_MAX_SHOWN = 40
"""Of a cell in a reason; the rejects file has it whole."""
_UNITS_OF_PLUS = ("days", "hours", "minutes", "seconds")


class Columns:
    """The columns that a mapping asks a file for, numbered as they are first asked for."""

    def __init__(self, file: str, known: Sequence[str] | None) -> None:
        self.wanted: dict[str, int] = {}
        self._file = file
        self._known = known

    def place(self, name: str) -> int:
        """Where a row has the column.

        Raises:
            MappingError: the file has no such column.
        """
        if self._known is not None and name not in self._known:
            near = nearest(name, self._known)
            hint = f"Did you mean {near!r}?" if near else f"It has: {', '.join(self._known)}."
            raise MappingError(f"{self._file} has no column {name!r}. {hint}")
        return self.wanted.setdefault(name, len(self.wanted))


@dataclass(frozen=True, slots=True)
class Target:
    """What a value is for: its name as rejections give it, its type, and the zone of times without one."""

    field: str
    type: Type
    zone: ZoneInfo


def reader_of(spec: Spec, target: Target, columns: Columns) -> Read:
    """A function from a row to the value that a spec describes; None where it is missing.

    Raises:
        MappingError: the spec makes no sense, or names a column that is not there.
    """
    if isinstance(spec, list):
        return _first_present([reader_of(each, target, columns) for each in spec])
    cell = as_cell(spec)
    read = _taker(cell, columns)
    if cell.map is not None:
        read = _then(read, _mapper(cell.map, cell.otherwise, target))
    read = _then(read, _caster(cell, target))
    return _adding(cell.plus, read, target, columns) if cell.plus else read


def as_cell(spec: str | Cell) -> Cell:
    """The table that a bare word stands for.

    Raises:
        MappingError: a table that says not exactly one source.
    """
    if isinstance(spec, str):
        return Cell(template=spec) if "{" in spec else Cell(column=spec)
    given = [name for name in SOURCES if getattr(spec, name) not in (None, False)]
    if len(given) != 1:
        raise MappingError(f"expected exactly one of {', '.join(SOURCES)}, got {', '.join(given) or 'none'}.")
    return spec


def _first_present(readers: Sequence[Read]) -> Read:
    def read(row: Row) -> Any:
        for reader in readers:
            found = reader(row)
            if found is not None:
                return found
        return None

    return read


def _then(take: Read, change: Change) -> Read:
    def read(row: Row) -> Any:
        found = take(row)
        return None if found is None else change(found)

    return read


def _taker(cell: Cell, columns: Columns) -> Read:
    if cell.template is not None:
        return _filler(cell.template, columns)
    if cell.value is not None:
        return lambda _: cell.value
    if cell.count:
        return lambda _: 1.0
    name = next(found for source in SOURCES if isinstance(found := getattr(cell, source), str))
    place = columns.place(name)
    return lambda row: row[place]


def _filler(template: str, columns: Columns) -> Read:
    """``{basket}-{line}`` as a function; missing when one of its columns is."""
    try:
        parsed = [(text, name) for text, name, _, _ in Formatter().parse(template)]
    except ValueError as error:
        raise MappingError(f"{template!r} is no template: {error}.") from None
    texts = [text for text, _ in parsed]
    places = [columns.place(name) for _, name in parsed if name is not None]
    pattern = "%s".join(text.replace("%", "%%") for text in texts)
    if len(places) == len(texts):
        pattern += "%s"

    def read(row: Row) -> str | None:
        cells = tuple(row[place] for place in places)
        return None if None in cells else pattern % cells

    return read


def _mapper(words: Mapping[str, Any], otherwise: Any, target: Target) -> Change:
    def change(found: Any) -> Any:
        mapped = words.get(str(found), otherwise)
        if mapped is None:
            raise Rejected(
                target.field, "expected one of the words in `map`. Add this one, or say `otherwise`."
            )
        return mapped

    return change


def _adding(plus: dict[str, str | float], reader: Read, target: Target, columns: Columns) -> Read:
    unknown = plus.keys() - set(_UNITS_OF_PLUS)
    if unknown or target.type != TIME:
        raise MappingError(
            "`plus` adds days, hours, minutes or seconds (numbers, or columns of them) to a time."
        )
    number = Target(f"{target.field}.plus", NUMBER, target.zone)
    amounts = {
        unit: reader_of(amount if isinstance(amount, str) else Cell(value=float(amount)), number, columns)
        for unit, amount in plus.items()
    }

    def read(row: Row) -> Any:
        moment = reader(row)
        found = {unit: amount(row) for unit, amount in amounts.items()}
        if moment is None or None in found.values():
            return None
        try:
            return moment + timedelta(**found)
        except (TypeError, OverflowError):
            raise Rejected(
                target.field, "expected numbers to add to a time, got others, or far too large."
            ) from None

    return read


# ------------------------------------------------------------------------------------------------------ casts


def _caster(cell: Cell, target: Target) -> Change:
    """To the type wanted where the cell plainly says it; what does not is left for the door to refuse."""
    if isinstance(target.type, SetOf):
        return _set_caster(cell, _scalar_caster(cell, Target(target.field, target.type.element, target.zone)))
    return _scalar_caster(cell, target)


def _scalar_caster(cell: Cell, target: Target) -> Change:
    if target.type == NUMBER:
        return as_number
    if target.type == BOOL:
        return _as_truth
    if target.type == DATE:
        return lambda found: _as_date(found, cell.format, target)
    if target.type == TIME:
        zone = zone_named(cell.timezone) if cell.timezone else target.zone
        return lambda found: _as_time(found, cell.format, zone, target)
    return _as_text


def _set_caster(cell: Cell, cast: Change) -> Change:
    def change(found: Any) -> Any:
        if isinstance(found, str):
            found = [part for part in found.split(cell.split) if part] if cell.split else [found]
        elif not isinstance(found, list):
            found = [found]
        return [cast(element) for element in found]

    return change


def as_number(found: Any) -> Any:
    """A number from its usual spelling in ASCII."""
    if isinstance(found, str) and found.isascii() and "_" not in found:
        try:
            return float(found)
        except ValueError:
            return found
    return float(found) if isinstance(found, Decimal) else found


def _as_truth(found: Any) -> Any:
    if isinstance(found, str):
        return _TRUTHS.get(found.strip().lower(), found)
    return bool(found) if isinstance(found, int) and found in (0, 1) else found


def _as_date(found: Any, pattern: str | None, target: Target) -> Any:
    if isinstance(found, datetime):
        return found.date()
    if isinstance(found, str) and pattern:
        try:
            return datetime.strptime(found, pattern).date()  # noqa: DTZ007 (a date has no zone)
        except ValueError:
            raise _unlike(pattern, found, target) from None
    return found


def _as_time(found: Any, pattern: str | None, zone: ZoneInfo, target: Target) -> Any:
    """An aware datetime, or what came. Times without a zone are in ``zone``, days begin at midnight there."""
    try:
        if pattern in _UNITS_OF_UNIX:
            return moment_at(round(float(found) * _UNITS_OF_UNIX[pattern]))
        if isinstance(found, str):
            found = datetime.strptime(found, pattern) if pattern else datetime.fromisoformat(found)  # noqa: DTZ007
        elif isinstance(found, date) and not isinstance(found, datetime):
            found = datetime(found.year, found.month, found.day, tzinfo=zone)
        return found.replace(tzinfo=zone) if found.tzinfo is None else found
    except (ValueError, OverflowError, TypeError, AttributeError):
        if pattern:
            raise _unlike(pattern, found, target) from None
        return found


def _unlike(pattern: str, found: Any, target: Target) -> Rejected:
    shown = repr(found)
    shown = shown if len(shown) <= _MAX_SHOWN else f"{shown[:_MAX_SHOWN]}…"
    return Rejected(target.field, f"expected a {target.type} in the format {pattern!r}, got {shown}.")


def _as_text(found: Any) -> Any:
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else found
