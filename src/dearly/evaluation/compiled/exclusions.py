"""What item lists leave out, as sets of ids."""

from __future__ import annotations

from dearly.evaluation.compiled.windows import Rows


def touched_items(rows: Rows, name: str) -> set[str]:
    """The items that events name."""
    return {item for row in rows if (item := row.get(name)) is not None}  # type: ignore[misc]  # ids are text


def named_items(items: str | frozenset[str] | None) -> frozenset[str]:
    """One item, or a set of them, or none where it is missing."""
    if items is None:
        return frozenset()
    return frozenset((items,)) if isinstance(items, str) else items
