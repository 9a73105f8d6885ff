"""A file of the feed's lines, written anew without those that are about the erased."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from dearly.delivery.erased import ErasedIds, Named
from dearly.language.values import time_from_stored
from dearly.store import ErasedId

_LINES_AT_ONCE = 1_000


class _Told(Named):
    """Whom a line is about, and since when it is there."""

    position: int = 0
    recorded_at: str = ""

    def is_before(self, erased: ErasedId) -> bool:
        """Whether it was recorded before somebody was erased.

        By its position; and by its time, for a line that a store told before it was restored from a backup:
        that one's position may be any.
        """
        return self.position <= erased.position or _us_of(self.recorded_at) < erased.erased_us


_TOLD = msgspec.json.Decoder(_Told)


def erase_lines(path: Path, customer_ids: Collection[str] | None, erased_ids: ErasedIds) -> int:
    """Replace a file by one without the lines about the erased, in one step; how many there were.

    Of these customers alone, which is much the faster; or (None) of whoever was erased.

    Raises:
        OSError: it cannot be rewritten, and is as it was.
        StoreUnavailable: so it is when nobody can say who was erased.
    """
    with path.open("rb") as old:
        gone = _find_gone(old, customer_ids, erased_ids)
        if gone:
            old.seek(0)
            _replace(path, (line for number, line in enumerate(old) if number not in gone))
    return len(gone)


def sync_directory(directory: Path) -> None:
    """Have the names in a directory outlast a crash of the machine."""
    opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _find_gone(
    lines: Iterable[bytes], customer_ids: Collection[str] | None, erased_ids: ErasedIds
) -> set[int]:
    """The numbers of the lines that are to go."""
    gone: set[int] = set()
    numbered = enumerate(lines)
    while some := list(islice(numbered, _LINES_AT_ONCE)):
        gone |= _gone_among(some, customer_ids, erased_ids)
    return gone


def _gone_among(
    lines: Sequence[tuple[int, bytes]], customer_ids: Collection[str] | None, erased_ids: ErasedIds
) -> set[int]:
    spelled = None if customer_ids is None else [msgspec.json.encode(one) for one in customer_ids]
    gone, told = set(), {}
    for number, line in lines:
        if spelled is not None and not any(one in line for one in spelled):
            continue  # most lines, without being decoded
        try:
            told[number] = _TOLD.decode(line)
        except msgspec.DecodeError:
            if spelled is not None:
                gone.add(number)  # not a line of ours, but it names the customer
    erased = erased_ids({one for each in told.values() for one in each.ids})
    return gone | {number for number, each in told.items() if _is_gone(each, erased)}


def _is_gone(told: _Told, erased: Mapping[str, ErasedId]) -> bool:
    return any(one in erased and told.is_before(erased[one]) for one in told.ids)


def _replace(path: Path, lines: Iterable[bytes]) -> None:
    made = path.with_name(unfinished_name(path.name))
    try:
        with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as new:  # noqa: PTH123 - with its mode
            new.writelines(lines)
            new.flush()
            os.fsync(new.fileno())
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
    sync_directory(path.parent)


def unfinished_name(name: str) -> str:
    """What a file is called until it replaces the one of this name; a crash may leave it."""
    return f".{name}.erasing"


def _us_of(recorded_at: str) -> int:
    try:
        return time_from_stored(recorded_at)
    except ValueError:
        return 0
