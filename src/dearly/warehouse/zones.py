"""The zones' tables as Arrow: what calendars say, for the zones in use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from dearly.evaluation.sql import CLOCK_COLUMNS, clock_rows, zone_columns, zone_rows

_TODAY = "today"


def zones_table(zones: Iterable[str], now_us: int, day_starts: Sequence[int]) -> Any:
    """``zones`` as of an instant."""
    return _table(zone_columns(day_starts), zone_rows(zones, now_us, day_starts))


def clocks_table(zones: Iterable[str], from_us: int, until_us: int) -> Any:
    """``clocks``, right for events in that time."""
    return _table(CLOCK_COLUMNS, [row for zone in zones for row in clock_rows(zone, from_us, until_us)])


def _table(names: Sequence[str], rows: Sequence[Sequence[str | int]]) -> Any:
    types = [pa.string(), *(pa.int32() if name == _TODAY else pa.int64() for name in names[1:])]
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
    return pa.Table.from_arrays(arrays, names=list(names))
