"""What every kind of file is read to: rows, and what is not even a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from dearly import DearlyError

Row: TypeAlias = Sequence[Any]
"""The cells of the columns asked for, in the order asked for; None where missing."""


class TableError(DearlyError):
    """A file cannot be read, or not to its end."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not even a row, with what was read of it: its cells, or the text of its line."""

    reason: str
    read: Sequence[str] | str = ""
