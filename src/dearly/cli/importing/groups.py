"""Several rows to one record: the lines of an order, the interests of a customer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dearly import DearlyError
from dearly.cli.importing.cells import Read
from dearly.cli.importing.mapping import FOLDS, Cell, Spec
from dearly.cli.importing.rows import BadRow, Row, TableError
from dearly.ingest import Rejected
from dearly.language.types import NUMBER, SetOf, Type

MAX_GROUPS = 1_000_000
"""Groups held in memory at once (some 500 bytes each) where the file is not sorted by them."""


@dataclass(frozen=True, slots=True)
class Fold:
    """How the values of a group's rows become one; ``state`` is None at the beginning."""

    add: Callable[[Any, Any], Any]
    finish: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Slot:
    """One value of a record: its name as rejections give it, and where it comes from."""

    field: str
    read: Read
    fold: Fold


@dataclass(frozen=True, slots=True)
class Found:
    """The values of one record, or why there are none; ``line`` and ``row`` say where it comes from."""

    line: int
    row: Row | BadRow
    values: Sequence[Any] | Rejected


def fold_of(spec: Spec) -> str:
    """Which fold a spec asks for; ``same`` where it asks for none."""
    if isinstance(spec, Cell):
        return next((name for name in FOLDS if getattr(spec, name) not in (None, False)), "same")
    return "same"


def folded_type(fold: str, kind: Type) -> Type:
    """The type of the values that are folded into one of ``kind``."""
    if fold in ("sum", "count"):
        return NUMBER
    return kind.element if fold == "distinct" and isinstance(kind, SetOf) else kind


def each_row(rows: Iterable[tuple[int, Row | BadRow]], slots: Sequence[Slot]) -> Iterator[Found]:
    """One record a row."""
    for line, row in rows:
        if isinstance(row, BadRow):
            yield Found(line, row, Rejected("row", row.reason))
            continue
        try:
            yield Found(line, row, [slot.read(row) for slot in slots])
        except Rejected as rejected:
            yield Found(line, row, rejected)


def each_group(
    rows: Iterable[tuple[int, Row | BadRow]], slots: Sequence[Slot], key: Sequence[int], *, is_sorted: bool
) -> Iterator[Found]:
    """One record a group of rows with the same key: all at the end or, where sorted, as each group ends.

    A bad row spoils its whole group, for a total without it would be wrong; rows without a key are bad rows.

    Raises:
        TableError: more groups than fit in memory.
    """
    groups: dict[tuple[Any, ...], _Group] = {}
    for line, row in rows:
        if isinstance(row, BadRow):
            yield Found(line, row, Rejected("row", row.reason))
            continue
        name = tuple(row[place] for place in key)
        if None in name:
            yield Found(
                line, row, Rejected("group_by", "expected the columns that tell groups apart, got none.")
            )
            continue
        group = groups.get(name)
        if group is None:
            if is_sorted:
                yield from _finished(groups, slots)
            elif len(groups) == MAX_GROUPS:
                raise TableError(
                    f"There are more than {MAX_GROUPS:,} groups, which do not fit in memory. Sort the file "
                    "by the columns of `group_by`, and say `sorted = true`."
                )
            group = groups[name] = _Group(line, row, [None] * len(slots))
        group.add(line, row, slots)
    yield from _finished(groups, slots)


@dataclass(slots=True)
class _Group:
    line: int
    row: Row
    states: list[Any]
    rejected: Rejected | None = None

    def add(self, line: int, row: Row, slots: Sequence[Slot]) -> None:
        if self.rejected:
            return
        try:
            for place, slot in enumerate(slots):
                value = slot.read(row)
                if value is not None:
                    self.states[place] = slot.fold.add(self.states[place], value)
        except Rejected as rejected:
            self.rejected, self.row = Rejected(rejected.field, f"line {line}: {rejected.message}"), row
        except _Unfoldable as problem:
            self.rejected, self.row = Rejected(slot.field, f"line {line}: {problem}"), row
        except TypeError:
            reason = f"line {line}: expected values of one kind in a group, got several."
            self.rejected, self.row = Rejected(slot.field, reason), row


def _finished(groups: dict[tuple[Any, ...], _Group], slots: Sequence[Slot]) -> Iterator[Found]:
    for group in groups.values():
        values = [slot.fold.finish(state) for slot, state in zip(slots, group.states, strict=True)]
        yield Found(group.line, group.row, group.rejected or values)
    groups.clear()


class _Unfoldable(DearlyError):
    """A value cannot join its group; the message does not name the field."""


def _same(state: Any, value: Any) -> Any:
    if state is not None and state != value:
        raise _Unfoldable(
            "expected the same on all rows of the group. Say which: first, last, min, max, distinct."
        )
    return value


def _sum(state: int | None, value: Any) -> int:
    """Exact, as the rules' own sums are: in millionths, half to even."""
    if not isinstance(value, int | float) or not abs(value) <= 1e12:
        raise _Unfoldable("expected a number to add up, got other text, or one beyond 1e12.")
    return (state or 0) + round(value * 1e6)


def _distinct(state: set[Any] | None, value: Any) -> set[Any]:
    state = set() if state is None else state
    state.update(value if isinstance(value, list) else [value])
    return state


FOLD_NAMED = {
    "same": Fold(_same, lambda state: state),
    "sum": Fold(_sum, lambda state: (state or 0) / 1_000_000),
    "count": Fold(lambda state, _: (state or 0) + 1, lambda state: float(state or 0)),
    "min": Fold(lambda state, value: value if state is None else min(state, value), lambda state: state),
    "max": Fold(lambda state, value: value if state is None else max(state, value), lambda state: state),
    "first": Fold(lambda state, value: value if state is None else state, lambda state: state),
    "last": Fold(lambda _, value: value, lambda state: state),
    "distinct": Fold(_distinct, lambda state: state),
}
