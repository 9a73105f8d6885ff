"""Files of rows: CSV and TSV, JSON lines (each also gzipped), Parquet. Read in bounded memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dearly.cli.importing.delimited import Spelling, read_header, read_rows
from dearly.cli.importing.lines import count_lines, read_lines, reporting
from dearly.cli.importing.rows import BadRow, Row, TableError
from dearly.cli.regular_file import open_regular


@dataclass(frozen=True, slots=True)
class Table:
    """A file of rows. ``header`` is None where each row names its own columns (JSON lines)."""

    path: Path
    header: tuple[str, ...] | None
    read: Callable[[Sequence[str]], Iterator[tuple[int, Row | BadRow]]]
    """From the columns wanted to (line, cells): lines count from 1, the header included."""


def open_table(path: Path, missing: frozenset[str], delimiter: str = "", *, multiline: bool = False) -> Table:
    """The table in a file, by the file's ending; cells that are a ``missing`` word are None.

    Raises:
        TableError: the ending is unknown, the file cannot be read, or has no header or a wrong one.
    """
    ending = _ending(path)
    if ending in (".csv", ".tsv"):
        spelling = Spelling(delimiter or ("\t" if ending == ".tsv" else ","), multiline)
        header = _told_apart(path, read_header(path, spelling))
        return Table(path, header, lambda columns: read_rows(path, spelling, header, columns, missing))
    if ending in (".jsonl", ".ndjson"):
        return Table(path, None, lambda columns: _read_json_lines(path, columns, missing))
    if ending == ".parquet":
        header = _told_apart(path, _parquet(path).schema_arrow.names)
        return Table(path, header, lambda columns: _read_parquet(path, columns, missing))
    raise TableError(
        f"{path}: expected a file ending in .csv, .tsv, .jsonl or .ndjson (or one .gz), or .parquet."
    )


def _told_apart(path: Path, header: Sequence[str]) -> tuple[str, ...]:
    """A header, once it is sure that each name is one column's; those without a name cannot be asked for."""
    for name in header:
        if name and header.count(name) > 1:
            raise TableError(f"{path} has several columns {name!r}. Give each a name of its own.")
    return tuple(header)


def count_rows(path: Path) -> int:
    """About how many rows a file has, for the progress bar: its lines, or what Parquet says.

    Reading it once more costs little, and finds a truncated file before anything of it is written.

    Raises:
        TableError: the file cannot be read to its end.
    """
    if _ending(path) == ".parquet":
        return int(_parquet(path).metadata.num_rows)
    return count_lines(path)


def _ending(path: Path) -> str:
    return path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix


# ------------------------------------------------------------------------------------------------- JSON lines


def _read_json_lines(
    path: Path, columns: Sequence[str], missing: frozenset[str]
) -> Iterator[tuple[int, Row | BadRow]]:
    ways = [name.split(".") for name in columns]
    for line, text in read_lines(path):
        found = text if isinstance(text, BadRow) else _json_object(text)
        if isinstance(found, BadRow):
            yield line, found
        elif found is not None:
            yield line, [_present(_follow(found, way), missing) for way in ways]


def _json_object(text: str) -> dict[str, Any] | BadRow | None:
    """The object on a line; None of an empty line."""
    if not text.strip():
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = "nested too deep" if isinstance(error, RecursionError) else error
        return BadRow(f"not JSON: {reason}.", text.rstrip("\r\n"))
    return found if isinstance(found, dict) else BadRow("expected a JSON object.", text.rstrip("\r\n"))


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
    with reporting(path):
        open_regular(path).close()
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
