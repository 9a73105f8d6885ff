"""Files of rows: CSV and TSV, JSON lines (each also gzipped), Parquet. Read in bounded memory."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, TypeAlias

from dearly import DearlyError

Row: TypeAlias = Sequence[Any]
"""The cells of the columns asked for, in the order asked for; None where missing."""


class TableError(DearlyError):
    """A file cannot be read, or not to its end."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not even a row, with what was read of it: its cells, or the text of its line."""

    reason: str
    read: Sequence[str] | str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A file of rows. ``header`` is None where each row names its own columns (JSON lines)."""

    path: Path
    header: tuple[str, ...] | None
    read: Callable[[Sequence[str]], Iterator[tuple[int, Row | BadRow]]]
    """From the columns wanted to (line, cells): lines count from 1, the header included."""


def open_table(path: Path, missing: frozenset[str], delimiter: str = "") -> Table:
    """The table in a file, by the file's ending; cells that are a ``missing`` word are None.

    Raises:
        TableError: the ending is unknown, the file cannot be read, or has no header.
    """
    ending = _ending(path)
    if ending in (".csv", ".tsv"):
        separator = delimiter or ("\t" if ending == ".tsv" else ",")
        header = _csv_header(path, separator)
        return Table(path, header, lambda columns: _read_csv(path, separator, header, columns, missing))
    if ending in (".jsonl", ".ndjson"):
        return Table(path, None, lambda columns: _read_json_lines(path, columns, missing))
    if ending == ".parquet":
        header = tuple(_parquet(path).schema_arrow.names)
        return Table(path, header, lambda columns: _read_parquet(path, columns, missing))
    raise TableError(
        f"{path}: expected a file ending in .csv, .tsv, .jsonl or .ndjson (or one .gz), or .parquet."
    )


def count_rows(path: Path) -> int:
    """About how many rows a file has, for the progress bar: its lines, or what Parquet says.

    Reading it once more costs little, and finds a truncated file before anything of it is written.

    Raises:
        TableError: the file cannot be read to its end.
    """
    if _ending(path) == ".parquet":
        return int(_parquet(path).metadata.num_rows)
    lines = 0
    with _reporting(path), _open_bytes(path) as file:
        while block := file.read(1 << 20):
            lines += block.count(b"\n")
    return lines


def _ending(path: Path) -> str:
    return path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix


def _open_bytes(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def _open_text(path: Path) -> IO[str]:
    """Bytes that are not UTF-8 become lone surrogates, which the door refuses in the field that has them."""
    options = {"encoding": "utf-8-sig", "errors": "surrogateescape", "newline": ""}
    return gzip.open(path, "rt", **options) if path.suffix == ".gz" else path.open("r", **options)  # type: ignore[call-overload,no-any-return]


@contextmanager
def _reporting(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise TableError(f"{path} cannot be read: {reason}. Mend the file and import again.") from None


# -------------------------------------------------------------------------------------------------------- CSV


def _csv_header(path: Path, delimiter: str) -> tuple[str, ...]:
    with _reporting(path), _open_text(path) as file:
        header = next(csv.reader(file, delimiter=delimiter), None)
    if not header:
        raise TableError(f"{path} is empty: expected a first line with the names of the columns.")
    return tuple(header)


def _read_csv(
    path: Path, delimiter: str, header: Sequence[str], columns: Sequence[str], missing: frozenset[str]
) -> Iterator[tuple[int, Row | BadRow]]:
    take = _taker([header.index(name) for name in columns])
    width = len(header)
    with _reporting(path), _open_text(path) as file:
        reader = csv.reader(file, delimiter=delimiter)
        next(reader)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                yield line, BadRow(f"not a row: {error}.")
                continue
            if cells is None:
                return
            if len(cells) == width:
                yield line, [None if cell in missing else cell for cell in take(cells)]
            elif cells:
                yield line, BadRow(f"expected {width} columns, got {len(cells)}.", cells)


def _taker(places: Sequence[int]) -> Callable[[Row], Row]:
    if len(places) > 1:
        return itemgetter(*places)
    return lambda cells: [cells[place] for place in places]


# ------------------------------------------------------------------------------------------------- JSON lines


def _read_json_lines(
    path: Path, columns: Sequence[str], missing: frozenset[str]
) -> Iterator[tuple[int, Row | BadRow]]:
    ways = [name.split(".") for name in columns]
    with _reporting(path), _open_text(path) as file:
        for line, text in enumerate(file, start=1):
            if not text.strip():
                continue
            try:
                found = json.loads(text)
            except (ValueError, RecursionError) as error:
                reason = "nested too deep" if isinstance(error, RecursionError) else error
                yield line, BadRow(f"not JSON: {reason}.", text.rstrip("\r\n"))
                continue
            if isinstance(found, dict):
                yield line, [_present(_follow(found, way), missing) for way in ways]
            else:
                yield line, BadRow("expected a JSON object.", text.rstrip("\r\n"))


def _follow(found: Any, way: Sequence[str]) -> Any:
    """The value at ``a.b`` of nested objects (a key may hold the dots itself)."""
    if not isinstance(found, dict):
        return None
    whole = ".".join(way)
    if len(way) == 1 or whole in found:
        return found.get(whole)
    return _follow(found.get(way[0]), way[1:])


def _present(cell: Any, missing: frozenset[str]) -> Any:
    return None if isinstance(cell, str) and cell in missing else cell


# ---------------------------------------------------------------------------------------------------- Parquet


def _parquet(path: Path) -> Any:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise TableError(
            f"{path}: reading Parquet needs pyarrow. Install it with: pip install 'dearly[warehouse]'"
        ) from None
    try:
        return ParquetFile(path)
    except (OSError, ArrowException) as error:
        raise TableError(f"{path} cannot be read as Parquet: {error}.") from None


def _read_parquet(
    path: Path, columns: Sequence[str], missing: frozenset[str]
) -> Iterator[tuple[int, Row | BadRow]]:
    line = 0
    for batch in _parquet(path).iter_batches(batch_size=10_000, columns=list(columns)):
        by_name = {name: batch.column(name).to_pylist() for name in columns}
        for cells in zip(*by_name.values(), strict=True):
            line += 1
            yield line, [_present(cell, missing) for cell in cells]
