"""The lines of a text file, gzipped or not: numbered, in bounded memory, whatever is in them."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from dearly.cli.importing.rows import BadRow, TableError
from dearly.cli.regular_file import open_regular

MAX_LINE_BYTES = 1 << 20
"""Of a line with its end; four times what the values of a record may have together."""

_SHOWN = 1_000
_BLOCK = 1 << 20
_BOM = "\ufeff"


def read_lines(path: Path) -> Iterator[tuple[int, str | BadRow]]:
    """Each line's number, from 1, and its text with its end; or why it is none.

    Bytes that are not UTF-8 become lone surrogates, which the door refuses in the field that has them.

    Raises:
        TableError: the file cannot be read to its end.
    """
    number = 0
    with reporting(path), open_bytes(path) as file:
        while raw := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(raw) > MAX_LINE_BYTES:
                _skip_rest(file, raw)
                yield number, BadRow(f"expected at most {MAX_LINE_BYTES:,} bytes a line.", _start(raw))
            elif b"\0" in raw:
                yield number, BadRow("expected text in UTF-8, got a NUL byte.", _start(raw))
            else:
                text = raw.decode(errors="surrogateescape")
                yield number, text.removeprefix(_BOM) if number == 1 else text


def count_lines(path: Path) -> int:
    """How many lines a file has.

    Raises:
        TableError: the file cannot be read to its end.
    """
    lines = 0
    with reporting(path), open_bytes(path) as file:
        while block := file.read(_BLOCK):
            lines += block.count(b"\n")
    return lines


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """A file's bytes, unpacked where its name ends in ``.gz``."""
    with open_regular(path) as file:
        if path.suffix == ".gz":
            with gzip.open(file) as unpacked:
                yield cast("BinaryIO", unpacked)
        else:
            yield file


@contextmanager
def reporting(path: Path) -> Iterator[None]:
    """Turns what reading raises into a :class:`TableError` that names the file."""
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise TableError(f"{path} cannot be read: {reason}. Mend the file and import again.") from None


def _skip_rest(file: BinaryIO, raw: bytes) -> None:
    while raw and not raw.endswith(b"\n"):
        raw = file.readline(_BLOCK)


def _start(raw: bytes) -> str:
    return raw[:_SHOWN].decode(errors="replace").rstrip("\r\n")
