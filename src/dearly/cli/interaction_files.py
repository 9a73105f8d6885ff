"""Files of touches, for judging offline: NumPy archives, and CSV (also gzipped)."""

from __future__ import annotations

import csv
import gzip
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dearly import DearlyError
from dearly.language.types import SECOND_US
from dearly.language.values import time_from_stored


class InteractionFileError(DearlyError):
    """A file of touches cannot be read as one."""


@dataclass(frozen=True, slots=True)
class InteractionFile:
    """Who touched what, and when, as parallel columns; all times are 0 where the file has none."""

    customer_ids: list[str]
    item_ids: list[str]
    times_us: list[int]


def read_interactions(path: Path) -> InteractionFile:
    """Touches from ``.npz`` (arrays ``user``, ``item``, ``time``) or CSV (``customer``, ``item``, ``time``).

    Times may be left out; they are seconds since 1970 or, in CSV, RFC 3339.

    Raises:
        InteractionFileError: it cannot be read; the message says what was expected and where.
    """
    try:
        return _read_archive(path) if path.suffix == ".npz" else _read_csv(path)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        raise InteractionFileError(f"{path}: cannot be read: {error}.") from None


def _read_archive(path: Path) -> InteractionFile:
    with np.load(path, allow_pickle=False) as archive:
        for name in ("user", "item"):
            if name not in archive:
                raise InteractionFileError(f"{path}: expected arrays user and item, found none named {name}.")
        users, items = archive["user"], archive["item"]
        times = archive["time"] if "time" in archive else np.zeros(len(users), np.int64)
    if not users.shape == items.shape == times.shape or users.ndim != 1:
        raise InteractionFileError(f"{path}: expected arrays of one length, each of one dimension.")
    seconds = times.astype(np.int64)
    return InteractionFile(
        [str(user) for user in users.tolist()],
        [str(item) for item in items.tolist()],
        (seconds * SECOND_US).tolist(),
    )


def _read_csv(path: Path) -> InteractionFile:
    read = InteractionFile([], [], [])
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        for name in ("customer", "item"):
            if name not in (rows.fieldnames or ()):
                raise InteractionFileError(
                    f"{path}:1: expected a header with customer and item, found no {name}."
                )
        for row in rows:
            if not row["customer"] or not row["item"]:
                raise InteractionFileError(f"{path}:{rows.line_num}: expected a customer and an item.")
            read.customer_ids.append(row["customer"])
            read.item_ids.append(row["item"])
            read.times_us.append(_time_us(row.get("time"), f"{path}:{rows.line_num}"))
    return read


def _time_us(text: str | None, place: str) -> int:
    if not text:
        return 0
    try:
        return int(text) * SECOND_US if text.isdecimal() else time_from_stored(text)
    except (ValueError, TypeError):
        raise InteractionFileError(
            f"{place}: expected a time, as 2026-03-01T10:00:00Z or in seconds since 1970, got {text[:40]!r}."
        ) from None
