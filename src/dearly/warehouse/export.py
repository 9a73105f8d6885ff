"""From a store to Parquet, page by page: however large it is, a page and a few row groups are in memory."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dearly.evaluation import NO_EVENTS, Facts, facts_reader, read_facts
from dearly.evaluation.sql import Table
from dearly.language.calendar import zone_of
from dearly.language.program import Program
from dearly.store import Store, customer_pages
from dearly.warehouse.arrow import arrow_schema, customer_rows, event_rows
from dearly.warehouse.extent import Extent
from dearly.warehouse.manifest import (
    FORMAT,
    MANIFEST,
    ExportRefused,
    Manifest,
    declarations_hash,
    write_manifest,
)

CUSTOMERS_AT_ONCE = 500
ROW_GROUP = 120_000
"""Rows that are written together; DuckDB reads groups of about this size best."""


def export_store(
    store: Store,
    program: Program,
    extent: Extent,
    directory: Path,
    exported_us: int,
    progress: Callable[[int], None],
) -> Manifest:
    """Export a store into a directory, which is there whole or as it was before; what was in it is replaced.

    ``progress`` is told how many more customers were read. The whole is not of one instant: what is written
    meanwhile may be in it.

    Raises:
        ExportRefused: the directory holds other things than an export.
    """
    _refuse_to_replace_others(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        manifest = _write(store, program, extent, beside / "new", exported_us, progress)
        _put_in_place(beside / "new", directory, beside / "old")
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return manifest


def _refuse_to_replace_others(directory: Path) -> None:
    if directory.is_dir() and any(directory.iterdir()) and not (directory / MANIFEST).is_file():
        raise ExportRefused(
            f"{directory} holds other things than an export, which would be lost. Name a new directory."
        )
    if directory.exists() and not directory.is_dir():
        raise ExportRefused(f"{directory} is no directory. Name another place for the export.")


def _put_in_place(new: Path, directory: Path, old: Path) -> None:
    if directory.exists():
        directory.rename(old)
    try:
        new.rename(directory)
    except OSError:
        if old.exists():
            old.rename(directory)
        raise


def parquet_file(directory: Path, table: str) -> Path:
    """Where an export has a table."""
    return directory / f"{table}.parquet"


def _write(
    store: Store,
    program: Program,
    extent: Extent,
    directory: Path,
    exported_us: int,
    progress: Callable[[int], None],
) -> Manifest:
    directory.mkdir()
    zones: set[str] = set()
    earliest_us = exported_us
    with ExitStack() as open_files:
        customers = open_files.enter_context(_TableFile(directory, extent.customers))
        events = {
            event: open_files.enter_context(_TableFile(directory, table))
            for event, table in extent.events.items()
        }
        for page in _pages(store, program, extent):
            customers.add(customer_rows(program, extent.customers, page))
            for event, file in events.items():
                file.add(event_rows(event, extent.events[event], page))
            zones.update(zone_of(program.settings, facts.profile) for _, facts in page)
            earliest_us = min(earliest_us, _earliest_us(page, extent, earliest_us))
            progress(len(page))
    manifest = Manifest(
        format=FORMAT,
        store=store.identity(),
        declarations=declarations_hash(program),
        rules_version=program.version,
        exported_us=exported_us,
        customers=customers.rows,
        events={event: file.rows for event, file in events.items()},
        zones=tuple(sorted(zones)),
        earliest_us=earliest_us,
    )
    write_manifest(directory, manifest)
    return manifest


def _pages(store: Store, program: Program, extent: Extent) -> Iterator[list[tuple[str, Facts]]]:
    reader = facts_reader(program)
    for page in customer_pages(store, extent.ranges, extent.until_us):
        yield [(customer_id, read_facts(reader, kept.profile, kept.logs)) for customer_id, kept in page]


def _earliest_us(page: list[tuple[str, Facts]], extent: Extent, default_us: int) -> int:
    logs = (facts.events.get(event, NO_EVENTS) for _, facts in page for event in extent.events)
    return min((log.times_us[0] for log in logs if log.times_us), default=default_us)


class _TableFile:
    """A Parquet file that rows are added to; they are written a row group at a time."""

    def __init__(self, directory: Path, table: Table) -> None:
        self._writer = pq.ParquetWriter(parquet_file(directory, table.name), arrow_schema(table))
        self._waiting: list[Any] = []
        self.rows = 0

    def __enter__(self) -> _TableFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._write()
        self._writer.close()

    def add(self, rows: Any) -> None:
        """Add rows of the table."""
        self._waiting.append(rows)
        self.rows += rows.num_rows
        if sum(waiting.num_rows for waiting in self._waiting) >= ROW_GROUP:
            self._write()

    def _write(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting), row_group_size=ROW_GROUP)
        self._waiting = []
