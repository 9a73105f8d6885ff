"""Rows of one file with columns of others beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dearly.cli.importing.mapping import Join, MappingError
from dearly.cli.importing.rows import BadRow, Row, TableError
from dearly.cli.importing.tables import Table

MAX_JOINED = 1_000_000
"""Rows of a second file, which is held in memory whole."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A second file: its columns by the names that they have in the mapping."""

    join: Join
    table: Table

    def columns(self) -> dict[str, str]:
        """From the name in the mapping to the name in the file, without the column that joins."""
        if self.table.header is None:
            raise MappingError(f"{self.join.file}: expected a file with a header to join, got JSON lines.")
        key = self.join.to or self.join.on
        return {f"{self.join.prefix}{name}": name for name in self.table.header if name != key}


def known_columns(table: Table, joined: Sequence[Joined]) -> list[str] | None:
    """All names that a mapping may use; None where the file does not say.

    Raises:
        MappingError: two files have a column of one name.
    """
    if table.header is None:
        return None
    known = list(table.header)
    for each in joined:
        for name in each.columns():
            if name in known:
                raise MappingError(f"{each.join.file} has a column {name!r} too. Give the join a `prefix`.")
            known.append(name)
    return known


def joined_rows(
    table: Table, joined: Sequence[Joined], wanted: Sequence[str]
) -> Iterator[tuple[int, Row | BadRow]]:
    """The rows of a table, with the wanted columns in order; a row without a partner misses its columns."""
    if not joined:
        return table.read(wanted)
    owners = {name: each for each in joined for name in each.columns() if name in wanted}
    own = [name for name in wanted if name not in owners]
    keys = [each.join.on for each in joined]
    lookups = [_lookup(each, [name for name in wanted if owners.get(name) is each]) for each in joined]
    return _widened(table, own, keys, lookups, wanted)


Lookup = Mapping[str, Mapping[str, object]]


def _widened(
    table: Table, own: Sequence[str], keys: Sequence[str], lookups: Sequence[Lookup], wanted: Sequence[str]
) -> Iterator[tuple[int, Row | BadRow]]:
    columns = list(dict.fromkeys([*own, *keys]))
    key_places = [columns.index(key) for key in keys]
    for line, row in table.read(columns):
        if isinstance(row, BadRow):
            yield line, row
            continue
        cells: dict[str, object] = dict(zip(columns, row, strict=True))
        for place, lookup in zip(key_places, lookups, strict=True):
            cells.update(lookup.get(str(row[place]), {}))
        yield line, [cells.get(name) for name in wanted]


def _lookup(joined: Joined, wanted: Sequence[str]) -> Lookup:
    names = joined.columns()
    key = joined.join.to or joined.join.on
    found: dict[str, Mapping[str, object]] = {}
    for line, row in joined.table.read([key, *(names[name] for name in wanted)]):
        where = f"{joined.join.file}:{line}"
        if isinstance(row, BadRow):
            raise TableError(f"{where}: {row.reason} A file that is joined must be right throughout.")
        if str(row[0]) in found:
            raise TableError(
                f"{where}: a second row with the same {key}. A file that is joined has one a {key}."
            )
        if len(found) == MAX_JOINED:
            raise TableError(
                f"{where}: a file that is joined may have {MAX_JOINED:,} rows. Join before importing."
            )
        found[str(row[0])] = dict(zip(wanted, row[1:], strict=True))
    return found


Filter = Callable[[Row], bool]


def row_filter(where: Mapping[str, str | list[str]], place: Callable[[str], int]) -> Filter | None:
    """Whether a row is of the kind that a section takes; None when it takes all."""
    if not where:
        return None
    tests = [
        (place(name), {words} if isinstance(words, str) else set(words)) for name, words in where.items()
    ]
    return lambda row: all(str(row[at]) in words for at, words in tests)
