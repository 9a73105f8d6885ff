"""What was not taken, one JSON object a line: where it stood, why, and the cells that the mapping uses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from dearly.cli.importing.groups import Found
from dearly.cli.importing.rows import BadRow, TableError
from dearly.store import Rejected


class RejectsFile:
    """Written anew by every import; not made when there is nothing to say.

    Raises:
        TableError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: IO[str] | None = None
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
        self._open().write(json.dumps(entry, default=str) + "\n")
        self.count += 1

    def close(self) -> None:
        """Give the file back."""
        if self._file:
            self._file.close()

    def _open(self) -> IO[str]:
        if self._file is None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open("w", encoding="utf-8")
            except OSError as error:
                raise TableError(
                    f"{self.path} cannot be written: {error.strerror}. Name another file with --rejects."
                ) from None
        return self._file
