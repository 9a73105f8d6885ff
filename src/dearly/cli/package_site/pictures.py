"""Pictures of what leads to what, as SVG: sources on the left, what is made of them to the right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from dearly.cli.package_site.entries import Entry

COLUMN_PX, ROW_PX, BOX_PX, LETTER_PX = 230, 34, 24, 7.2
MAX_LETTERS = 26


@dataclass(frozen=True, slots=True)
class Box:
    """An entry's place; its corner in pixels."""

    entry: Entry
    label: str
    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes, and the curves between them as SVG paths."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    curves: tuple[str, ...]


def draw(entries: Sequence[Entry]) -> Picture:
    """The entries in columns, each to the right of all that it uses, with a curve for each use.

    Within a column they stand near what they use (the barycenter method of Sugiyama, Tagawa and Toda, 1981).
    """
    columns = _columns(entries)
    rows = _rows(columns)
    boxes = {
        entry.key: Box(
            entry,
            _label(entry),
            12 + COLUMN_PX * place,
            12 + ROW_PX * rows[entry.key],
            16 + LETTER_PX * len(_label(entry)),
        )
        for place, column in enumerate(columns)
        for entry in column
    }
    curves = tuple(
        _curve(boxes[used], boxes[entry.key]) for entry in entries for used in entry.uses if used in boxes
    )
    height = 24 + ROW_PX * max((len(column) for column in columns), default=0)
    return Picture(24 + COLUMN_PX * len(columns), height, tuple(boxes.values()), curves)


def _columns(entries: Iterable[Entry]) -> list[list[Entry]]:
    by_key = {entry.key: entry for entry in entries}
    uses = {name: [used for used in entry.uses if used in by_key] for name, entry in by_key.items()}
    depth: dict[str, int] = {}
    for name in TopologicalSorter(uses).static_order():
        depth[name] = max((depth[used] + 1 for used in uses[name]), default=0)
    columns: list[list[Entry]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for entry in by_key.values():
        columns[depth[entry.key]].append(entry)
    return columns


def _rows(columns: Sequence[Sequence[Entry]]) -> Mapping[str, int]:
    rows: dict[str, int] = {}
    for column in columns:
        ordered = sorted(column, key=lambda entry: (_middle(entry, rows), entry.kind, entry.name))
        rows.update((entry.key, row) for row, entry in enumerate(ordered))
    return rows


def _middle(entry: Entry, rows: Mapping[str, int]) -> float:
    placed = [rows[used] for used in entry.uses if used in rows]
    return sum(placed) / len(placed) if placed else 0.0


def _label(entry: Entry) -> str:
    name = entry.name
    return name if len(name) <= MAX_LETTERS else f"{name[: MAX_LETTERS - 1]}…"


def _curve(start: Box, end: Box) -> str:
    x1, y1, x2, y2 = start.x + start.width, start.y + BOX_PX / 2, end.x, end.y + BOX_PX / 2
    bend = max(24.0, (x2 - x1) / 2)
    return f"M{x1:.0f} {y1:.0f} C{x1 + bend:.0f} {y1:.0f} {x2 - bend:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"
