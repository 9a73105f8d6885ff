"""A sink that is a file: one record a line, appended and synced to disk before it counts as told."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import glob
import os
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dearly.delivery.erased import ErasedIds, without_erased
from dearly.delivery.line_erasing import erase_lines, sync_directory, unfinished_name
from dearly.delivery.rendering import feed_json
from dearly.delivery.sinks import Delivery, Failure
from dearly.store import FeedRecord

AT_ONCE = 500
_HEAD = b'{"position":'
_TAIL_BYTES = 4 * 2**20
_LOCK_TRIES, _BETWEEN_TRIES_S = 1_000, 0.02
"""Twenty seconds, within what a sink may take for a delivery."""


class JsonLinesSink:
    """Appends to ``NAME.jsonl``; before that grows too large it becomes ``NAME.000001.jsonl``, and so on.

    Files are only for their owner to read. Several processes may hold one sink: each takes the lock beside
    the file (``NAME.jsonl.lock``) for as long as it writes. A record that was written before it could be
    settled is not written again; nor one about somebody whom the store (``erased_ids``) says was erased
    meanwhile, by whichever process.
    """

    def __init__(self, name: str, path: Path, rotate_bytes: int, erased_ids: ErasedIds) -> None:
        """Opens nothing yet; the directory has to be there."""
        self.name = name
        self.at_once = AT_ONCE
        self.path = path.resolve()
        self._rotate_bytes = rotate_bytes
        self._erased_ids = erased_ids
        self._left: tuple[int, int] | None = None
        """Inode and size, as this sink left the file; whatever else is found is looked at first."""
        self._last_lines: frozenset[bytes] = frozenset()

    async def deliver(self, records: Sequence[FeedRecord]) -> Delivery:
        """Append the records, all or none, and sync."""
        try:
            await asyncio.to_thread(self._append, records)
        except OSError as error:
            reason = f"{self.path} cannot be written ({error.strerror or error})"
            return Delivery(0, Failure(reason, may_help=True))
        return Delivery(len(records))

    def erase(self, customer_ids: Collection[str] | None = None) -> int:
        """Rewrite the files, the older ones as well, without lines about these customers, whom the store has
        erased (None: whomever it has); how many it was.

        Raises:
            OSError: a file cannot be rewritten; each is as it was, or done.
            StoreUnavailable: likewise.
        """
        count = self._erase_in(self.path, customer_ids)
        return count + sum(self._erase_in(path, customer_ids) for path in self._older_files())

    async def close(self) -> None:
        """Nothing is held open between deliveries."""

    # ---------------------------------------------------------------------------------------------- appending

    def _append(self, records: Sequence[FeedRecord]) -> None:
        with self._locked():
            lines = [_line_of(record) for record in without_erased(records, self._erased_ids)]
            with self._opened() as file:
                size = self._look_over(file)
                new = b"".join(line for line in lines if line not in self._last_lines)
                fits = not size or size + len(new) <= self._rotate_bytes
                if fits:
                    self._write(file, new, size)
            if not fits:
                self._rotate()
                with self._opened() as file:
                    self._write(file, new, 0)
            self._last_lines = frozenset(lines)

    def _write(self, file: int, new: bytes, size: int) -> None:
        _append_durably(file, new, size)
        if not size:  # its name may be new, whoever made it
            sync_directory(self.path.parent)
        self._left = (os.fstat(file).st_ino, size + len(new))

    @contextmanager
    def _opened(self) -> Iterator[int]:
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield file
        finally:
            os.close(file)

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
        return sorted(self.path.parent.glob(self._older_names()))

    def _older_names(self) -> str:
        return f"{glob.escape(self.path.stem)}.{'[0-9]' * 6}{glob.escape(self.path.suffix)}"

    # ------------------------------------------------------------------------------------------------ erasing

    def _erase_in(self, path: Path, customer_ids: Collection[str] | None) -> int:
        # the lock is taken anew for each file, so that a writer need not wait for all of them
        with self._locked():
            self._forget_unfinished()
            if not path.exists():
                return 0
            if path == self.path:
                self._forget_half_a_line()
            return erase_lines(path, customer_ids, self._erased_ids)

    def _forget_unfinished(self) -> None:
        """Delete what a crash left: it may hold lines that are to go now, of files that are gone by now."""
        for name in (glob.escape(self.path.name), self._older_names()):
            for path in self.path.parent.glob(unfinished_name(name)):
                path.unlink(missing_ok=True)

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
