"""The items of every catalog in memory, typed, as they were when last looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from dearly.language.program import Program, Schema
from dearly.language.template_data import TemplateData, template_data
from dearly.language.types import BOOL, NUMBER, Value, is_textual
from dearly.language.values import stored_reader
from dearly.store import ItemRecord

AVAILABLE = "available"
"""A catalog may declare a bool of this name: where it is false the item is never suggested."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item. A field that is missing is absent from ``fields``; defaults stand in it.

    ``template_data`` is what templates see of it: every declared field, None where missing.
    """

    catalog: str
    item_id: str
    fields: Mapping[str, Value]
    template_data: Mapping[str, TemplateData]

    @property
    def is_available(self) -> bool:
        """Whether it may be suggested."""
        return self.fields.get(AVAILABLE) is not False


@dataclass(frozen=True, slots=True)
class Shelves:
    """Every catalog's items by id. ``change`` is the store's change number that they stand at."""

    catalogs: Mapping[str, Mapping[str, Item]]
    change: int = 0

    def item(self, catalog: str, item_id: str) -> Item | None:
        """An item by id, or None."""
        return self.catalogs.get(catalog, {}).get(item_id)


def stock_shelves(program: Program, records: Iterable[ItemRecord], change: int) -> Shelves:
    """Shelves from all the items that a store keeps; those of undeclared catalogs are left out."""
    empty: dict[str, Mapping[str, Item]] = {name: {} for name in program.catalogs}
    return restock_shelves(Shelves(empty), program, records, change)


def restock_shelves(
    shelves: Shelves, program: Program, records: Iterable[ItemRecord], change: int
) -> Shelves:
    """New shelves with the changed items in and the deleted ones out; untouched catalogs are shared."""
    readers = {name: _item_reader(schema) for name, schema in program.catalogs.items()}
    changed: dict[str, dict[str, Item]] = {}
    for record in records:
        read = readers.get(record.catalog)
        if read is None:
            continue
        if record.catalog not in changed:
            changed[record.catalog] = dict(shelves.catalogs[record.catalog])
        items = changed[record.catalog]
        if record.deleted:
            items.pop(record.item_id, None)
        else:
            items[record.item_id] = read(record)
    return Shelves({**shelves.catalogs, **changed}, change)


_ItemReader: TypeAlias = "Callable[[ItemRecord], Item]"


def _item_reader(schema: Schema) -> _ItemReader:
    plan = [(name, stored_reader(field.type), field.default) for name, field in schema.fields.items()]
    types = {name: field.type for name, field in schema.fields.items()}
    plain = all(is_textual(kind) or kind in (NUMBER, BOOL) for kind in types.values())

    def read(record: ItemRecord) -> Item:
        fields: dict[str, Value] = {}
        for name, read_value, default in plan:
            stored: Any = record.fields.get(name)
            value = default if stored is None else read_value(stored)
            if value is None:
                value = default
            if value is not None:
                fields[name] = value
        if plain and len(fields) == len(types):
            # Text, numbers and bools are seen as they are: one mapping serves both, at half the memory.
            return Item(record.catalog, record.item_id, fields, fields)  # type: ignore[arg-type]
        shown = {name: template_data(kind, fields.get(name)) for name, kind in types.items()}
        return Item(record.catalog, record.item_id, fields, shown)

    return read
