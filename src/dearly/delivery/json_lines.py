"""A sink that is a file: one record a line, appended and synced to disk before it counts as told."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import glob
import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from dearly.delivery.rendering import feed_json
from dearly.delivery.sinks import Delivery, Failure
from dearly.language.types import HOUR_US
from dearly.store import FeedRecord

AT_ONCE = 500
_HEAD = b'{"position":'
_TAIL_BYTES = 4 * 2**20
_LOCK_TRIES, _BETWEEN_TRIES_S = 1_000, 0.02
"""Twenty seconds, within what a sink may take for a delivery."""
_ERASED_REMEMBERED_US = HOUR_US
"""Far longer than records that were read before an erasure are on their way."""


class _Told(msgspec.Struct):
    """Whom a line is about."""

    customer_id: str = ""
    from_id: str = ""
    into_id: str = ""


_TOLD = msgspec.json.Decoder(_Told)


class JsonLinesSink:
    """Appends to ``NAME.jsonl``; before that grows too large it becomes ``NAME.000001.jsonl``, and so on.

    Files are only for their owner to read. Several processes may hold one sink: each takes the lock beside
    the file (``NAME.jsonl.lock``) for as long as it writes. A record that was written before it could be
    settled is not written again.
    """

    def __init__(self, name: str, path: Path, rotate_bytes: int, now_us: Callable[[], int]) -> None:
        """Opens nothing yet; the directory has to be there."""
        self.name = name
        self.at_once = AT_ONCE
        self.path = path.resolve()
        self._rotate_bytes = rotate_bytes
        self._now_us = now_us
        self._left: tuple[int, int] | None = None
        """Inode and size, as this sink left the file; whatever else is found is looked at first."""
        self._last_lines: frozenset[bytes] = frozenset()
        self._erased: dict[str, int] = {}

    async def deliver(self, records: Sequence[FeedRecord]) -> Delivery:
        """Append the records, all or none, and sync."""
        try:
            await asyncio.to_thread(self._append, records)
        except OSError as error:
            reason = f"{self.path} cannot be written ({error.strerror or error})"
            return Delivery(0, Failure(reason, may_help=True))
        return Delivery(len(records))

    def erase(self, customer_ids: Collection[str]) -> int:
        """Rewrite the files, the older ones as well, without lines about these customers; how many it was.

        Records of theirs that were read before and are still on their way to this sink are not written.

        Raises:
            OSError: a file cannot be rewritten; each is as it was, or done.
        """
        now_us = self._now_us()
        kept = {i: us for i, us in self._erased.items() if us > now_us - _ERASED_REMEMBERED_US}
        self._erased = kept | dict.fromkeys(customer_ids, now_us)
        count = self._erase_in(self.path, customer_ids)
        return count + sum(self._erase_in(path, customer_ids) for path in self._older_files())

    async def close(self) -> None:
        """Nothing is held open between deliveries."""

    # ---------------------------------------------------------------------------------------------- appending

    def _append(self, records: Sequence[FeedRecord]) -> None:
        with self._locked():
            lines = [line for record in records if not self._is_erased(record, line := _line_of(record))]
            file = self._open()
            try:
                size = self._look_over(file)
                new = b"".join(line for line in lines if line not in self._last_lines)
                if size and size + len(new) > self._rotate_bytes:
                    self._rotate()
                    os.close(file)
                    file, size = self._open(), 0
                _append_durably(file, new, size)
                self._left = (os.fstat(file).st_ino, size + len(new))
                self._last_lines = frozenset(lines)
            finally:
                os.close(file)

    def _is_erased(self, record: FeedRecord, line: bytes) -> bool:
        erased = {i for i, erased_us in self._erased.items() if record.recorded_us <= erased_us}
        return bool(erased) and _is_about(line, erased)

    def _open(self) -> int:
        is_new = not self.path.exists()
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if is_new:
            _sync_directory(self.path.parent)
        return file

    def _look_over(self, file: int) -> int:
        """The size of the file; when it is not as this sink left it, a half-written last line is cut off, and
        the last lines are remembered."""
        found = os.fstat(file)
        if (found.st_ino, found.st_size) == self._left:
            return found.st_size
        begin = max(found.st_size - _TAIL_BYTES, 0)
        tail = os.pread(file, _TAIL_BYTES, begin)
        whole, half = tail[: tail.rfind(b"\n") + 1], tail[tail.rfind(b"\n") + 1 :]
        if half:
            if not _is_ours(half):
                raise OSError(
                    errno.EINVAL, "its last line is none of Dearly's: name a file for this sink alone"
                )
            os.ftruncate(file, begin + len(whole))
            os.fsync(file)
        self._last_lines = frozenset(whole.splitlines(keepends=True)[-self.at_once :])
        return begin + len(whole)

    def _rotate(self) -> None:
        """Give the file a number, higher than all there are."""
        numbers = [int(path.suffixes[-2][1:]) for path in self._older_files()]
        self.path.rename(self.path.with_suffix(f".{max(numbers, default=0) + 1:06d}{self.path.suffix}"))

    def _older_files(self) -> list[Path]:
        stem, suffix = glob.escape(self.path.stem), glob.escape(self.path.suffix)
        return sorted(self.path.parent.glob(f"{stem}.{'[0-9]' * 6}{suffix}"))

    # ------------------------------------------------------------------------------------------------ erasing

    def _erase_in(self, path: Path, ids: Collection[str]) -> int:
        # the lock is taken anew for each file, so that a writer need not wait for all of them
        with self._locked():
            if not path.exists():
                return 0
            if path == self.path:
                self._forget_half_a_line()
            return _rewrite_without(path, ids)

    def _forget_half_a_line(self) -> None:
        file = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        try:
            self._left = None
            self._look_over(file)
            self._last_lines = frozenset()
        finally:
            os.close(file)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(lock)
            yield
        finally:
            os.close(lock)


def _lock(file: int) -> None:
    for _ in range(_LOCK_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_BETWEEN_TRIES_S)
        else:
            return
    raise OSError(errno.EAGAIN, "another process has held its lock for 20 s")


def _line_of(record: FeedRecord) -> bytes:
    return feed_json(record) + b"\n"


def _is_ours(half: bytes) -> bool:
    """Whether the beginning of a line may be one of the feed's (a crash of the machine may leave zeros)."""
    written = half.rstrip(b"\0")
    return written.startswith(_HEAD) or _HEAD.startswith(written)


def _append_durably(file: int, new: bytes, size: int) -> None:
    """Append all, or leave the file as it was: so many bytes long."""
    written = 0
    try:
        while written < len(new):
            written += os.write(file, new[written:])
        os.fsync(file)
    except OSError:
        os.ftruncate(file, size)
        raise


def _is_about(line: bytes, ids: Collection[str]) -> bool:
    """Whether a line is about one of these customers."""
    if not any(msgspec.json.encode(customer_id) in line for customer_id in ids):
        return False  # most lines, without being decoded
    try:
        told = _TOLD.decode(line)
    except msgspec.DecodeError:
        return True  # not a line of ours, but it names the customer
    return not {told.customer_id, told.from_id, told.into_id}.isdisjoint(ids)


def _rewrite_without(path: Path, ids: Collection[str]) -> int:
    """Replace a file by one without the lines about these customers, in one step; how many there were."""
    made = path.with_name(f".{path.name}.erasing")
    made.unlink(missing_ok=True)  # what a crash left may hold lines that are to go now
    with path.open("rb") as old:
        if not any(_is_about(line, ids) for line in old):
            return 0
        old.seek(0)
        count = 0
        with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:  # noqa: PTH123 - with its mode
            for line in old:
                if _is_about(line, ids):
                    count += 1
                else:
                    new.write(line)
            new.flush()
            os.fsync(new.fileno())
    made.replace(path)
    _sync_directory(path.parent)
    return count


def _sync_directory(directory: Path) -> None:
    opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
