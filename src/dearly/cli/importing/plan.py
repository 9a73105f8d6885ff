"""A mapping held against the rules and the files' headers: what will be read, made and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from dearly.cli.importing.cells import Columns, Target, reader_of
from dearly.cli.importing.groups import (
    FOLD_NAMED,
    Found,
    Slot,
    each_group,
    each_row,
    fold_of,
    folded_type,
)
from dearly.cli.importing.joins import Filter, Joined, joined_rows, known_columns, row_filter
from dearly.cli.importing.mapping import (
    EventSection,
    ItemSection,
    MappingError,
    ProfileSection,
    Section,
    Spec,
    as_list,
    zone_named,
)
from dearly.cli.importing.mapping import Mapping as MappingFile
from dearly.cli.importing.rows import BadRow, Row, TableError
from dearly.cli.importing.tables import Table, open_table
from dearly.ingest import Rejected, prepare_event, prepare_item, prepare_profile
from dearly.language import Program, nearest
from dearly.language.program import Field
from dearly.language.types import TEXT, TIME, Type
from dearly.language.values import time_of
from dearly.store import (
    EventRecord,
    ItemRecord,
    ProfilePatch,
)

Record: TypeAlias = EventRecord | ItemRecord | ProfilePatch
Build: TypeAlias = Callable[[Sequence[Any], int], Record]


@dataclass(frozen=True, slots=True)
class Plan:
    """One section, ready to run."""

    title: str
    table: Table
    columns: tuple[str, ...]
    joined: tuple[Joined, ...]
    keep: Filter | None
    slots: tuple[Slot, ...]
    group: tuple[int, ...]
    is_sorted: bool
    build: Build

    def found(self, tell_row: Callable[[bool], None]) -> Iterator[Found]:
        """The records that the file holds; ``tell_row`` is told of each row whether it is taken."""
        rows = self._rows(tell_row)
        if self.group:
            return each_group(rows, self.slots, self.group, is_sorted=self.is_sorted)
        return each_row(rows, self.slots)

    def _rows(self, tell_row: Callable[[bool], None]) -> Iterator[tuple[int, Row | BadRow]]:
        for line, row in joined_rows(self.table, self.joined, self.columns):
            taken = self.keep is None or isinstance(row, BadRow) or self.keep(row)
            tell_row(taken)
            if taken:
                yield line, row


@dataclass(frozen=True, slots=True)
class _Context:
    """What all sections of a mapping share."""

    directory: Path
    missing: frozenset[str]
    zone: ZoneInfo
    source: str
    program: Program


def make_plans(mapping: MappingFile, path: Path, program: Program) -> list[Plan]:
    """One plan a section: items, then profiles, then events.

    Raises:
        MappingError: a section does not fit the rules or its file; the message names the section.
        TableError: a file cannot be opened.
    """
    try:
        zone = zone_named(mapping.timezone)
    except MappingError as error:
        raise MappingError(f"{path}: {error}") from None
    context = _Context(
        path.parent / mapping.directory, frozenset(mapping.missing), zone, mapping.source, program
    )
    plans: list[Plan] = []
    sections: list[tuple[str, Sequence[Section]]] = [
        ("items", mapping.items),
        ("profiles", mapping.profiles),
        ("events", mapping.events),
    ]
    for name, listed in sections:
        for number, section in enumerate(listed, start=1):
            try:
                plans.append(_make_plan(section, context))
            except (MappingError, TableError) as error:
                raise type(error)(f"{path}: [[{name}]] number {number}: {error}") from None
    return plans


def _make_plan(section: Section, context: _Context) -> Plan:
    title, specs, declared, build = _parts(section, context)
    if section.delimiter and (len(section.delimiter) > 1 or section.delimiter in '"\r\n'):
        raise MappingError(f"expected a `delimiter` of one character, got {section.delimiter!r}.")

    def opened(file: str, delimiter: str = "") -> Table:
        return open_table(context.directory / file, context.missing, delimiter, multiline=section.multiline)

    table = opened(section.file, section.delimiter)
    joined = tuple(Joined(join, opened(join.file)) for join in section.join)
    columns = Columns(section.file, known_columns(table, joined))
    for join in section.join:
        columns.place(join.on)
    keep = row_filter(section.where, columns.place)
    group = tuple(columns.place(name) for name in as_list(section.group_by))
    slots = tuple(
        _slot(field, spec, declared.get(field, TEXT), context.zone, columns, grouped=bool(group))
        for field, spec in specs.items()
    )
    return Plan(title, table, tuple(columns.wanted), joined, keep, slots, group, section.sorted, build)


def _slot(field: str, spec: Spec, kind: Type, zone: ZoneInfo, columns: Columns, *, grouped: bool) -> Slot:
    fold = fold_of(spec)
    if fold != "same" and not grouped:
        raise MappingError(f"{field}: `{fold}` puts the rows of a group together. Say `group_by`.")
    try:
        read = reader_of(spec, Target(field, folded_type(fold, kind), zone), columns)
    except MappingError as error:
        raise MappingError(f"{field}: {error}") from None
    return Slot(field, read, FOLD_NAMED[fold])


def _parts(section: Section, context: _Context) -> tuple[str, dict[str, Spec], dict[str, Type], Build]:
    """What a section is called, where its values come from, their types, and how they become a record."""
    if isinstance(section, EventSection):
        return _event_parts(section, context)
    if isinstance(section, ItemSection):
        return _item_parts(section, context)
    if isinstance(section, ProfileSection):
        return _profile_parts(section, context)
    raise AssertionError(section)


def _event_parts(
    section: EventSection, context: _Context
) -> tuple[str, dict[str, Spec], dict[str, Type], Build]:
    declared = _declared("event", section.type, context.program.events).fields
    _check_names("properties", section.properties, declared, partial=False)
    names = list(section.properties)
    program, kind, source = context.program, section.type, context.source

    def build(values: Sequence[Any], now_us: int) -> Record:
        customer_id, event_id, time, *properties = values
        return prepare_event(
            program,
            customer_id=customer_id,
            event_type=kind,
            time_us=_time_us(time),
            source=source,
            event_id=event_id,
            properties=dict(zip(names, properties, strict=True)),
            now_us=now_us,
        )

    specs: dict[str, Spec] = {"customer_id": section.customer, "event_id": section.id, "time": section.time}
    types: dict[str, Type] = {"time": TIME}
    return f"events {kind}", *_with_fields("properties", specs, types, section.properties, declared), build


def _item_parts(
    section: ItemSection, context: _Context
) -> tuple[str, dict[str, Spec], dict[str, Type], Build]:
    declared = _declared("catalog", section.catalog, context.program.catalogs).fields
    _check_names("fields", section.fields, declared, partial=False)
    names = list(section.fields)

    def build(values: Sequence[Any], now_us: int) -> Record:  # noqa: ARG001 (an item has no time)
        fields = dict(zip(names, values[1:], strict=True))
        return prepare_item(context.program, catalog=section.catalog, item_id=values[0], fields=fields)

    specs = _with_fields("fields", {"item_id": section.id}, {}, section.fields, declared)
    return f"items {section.catalog}", *specs, build


def _profile_parts(
    section: ProfileSection, context: _Context
) -> tuple[str, dict[str, Spec], dict[str, Type], Build]:
    declared = context.program.profile
    _check_names("fields", section.fields, declared, partial=True)
    names = list(section.fields)

    def build(values: Sequence[Any], now_us: int) -> Record:
        given = {name: value for name, value in zip(names, values[1:], strict=True) if value is not None}
        return prepare_profile(
            context.program, customer_id=values[0], fields=given, time_us=now_us, now_us=now_us
        )

    specs = _with_fields("fields", {"customer_id": section.customer}, {}, section.fields, declared)
    return "profiles", *specs, build


def _with_fields(
    path: str,
    specs: dict[str, Spec],
    types: dict[str, Type],
    given: Mapping[str, Spec],
    declared: Mapping[str, Field],
) -> tuple[dict[str, Spec], dict[str, Type]]:
    specs = {**specs, **{f"{path}.{name}": spec for name, spec in given.items()}}
    types = {**types, **{f"{path}.{name}": declared[name].type for name in given}}
    return specs, types


def _declared(what: str, name: str, schemas: Mapping[str, Any]) -> Any:
    if name not in schemas:
        raise MappingError(f"the rules declare no {what} {name!r}. {_hint(name, schemas)}")
    return schemas[name]


def _check_names(
    path: str, given: Mapping[str, Spec], declared: Mapping[str, Field], *, partial: bool
) -> None:
    for name in given:
        if name not in declared:
            raise MappingError(f"{path}.{name}: the rules declare no such field. {_hint(name, declared)}")
    for name, field in declared.items():
        if name not in given and not (partial or field.optional or field.default is not None):
            raise MappingError(
                f"{path}.{name}: the rules declare it without '?', so it must come from somewhere."
            )


def _hint(name: str, known: Mapping[str, Any]) -> str:
    near = nearest(name, known)
    return f"Did you mean {near!r}?" if near else f"They declare: {', '.join(known)}."


def _time_us(found: Any) -> int:
    if isinstance(found, datetime) and found.tzinfo is not None:
        return time_of(found)
    got = "none" if found is None else "something else. Say its `format`"
    raise Rejected("time", f"expected when it happened, such as 2026-03-01 10:00:00, got {got}.")
