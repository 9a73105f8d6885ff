"""What was not taken, one JSON object a line: where it stood, why, and the cells that the mapping uses."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from dearly.cli.importing.groups import Found
from dearly.cli.importing.rows import BadRow, TableError
from dearly.ingest import Rejected


class RejectsFile:
    """Written anew by every import; not made when there is nothing to say.

    It takes its place when it is closed: of two imports at once, the later's stands, whole.

    Raises:
        TableError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: IO[str] | None = None
        self._unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        with self._reporting():
            if path.exists() and not path.is_file():
                raise OSError(errno.EINVAL, "it is no file, but a directory, pipe or device")
            path.unlink(missing_ok=True)

    def write(self, section: str, file: Path, columns: Sequence[str], found: Found, why: Rejected) -> None:
        """Keep one rejected row, or the first of a rejected group."""
        row = found.row
        entry = {
            "file": file.name,
            "line": found.line,
            "section": section,
            "field": why.field,
            "reason": why.message,
            "row": row.read if isinstance(row, BadRow) else dict(zip(columns, row, strict=True)),
        }
        with self._reporting():
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._unfinished.open("w", encoding="utf-8")
            self._file.write(json.dumps(entry, default=str) + "\n")
        self.count += 1

    def close(self) -> None:
        """Put the file in its place."""
        if self._file:
            with self._reporting():
                self._file.close()
                self._unfinished.replace(self.path)

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TableError(
                f"{self.path} cannot be written: {error.strerror}. Name another file with --rejects."
            ) from None
