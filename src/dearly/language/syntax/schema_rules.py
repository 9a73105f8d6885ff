"""What there is to know, and the package's settings: what the grammar's rules for them become."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from lark import Token

from dearly.language.syntax import tree
from dearly.language.syntax.building import Building, Built, Part, Rule, of_kind, part, values_of


def _settings(building: Building, children: list[Built]) -> Built:
    return tree.SettingsDeclaration(tuple(of_kind(children, tree.Setting)), building.around(children))


def _setting(building: Building, children: list[Built]) -> Built:
    words, value = children
    return tree.Setting(" ".join(words.split()), value, building.around(children))  # type: ignore[arg-type]


def _profile(building: Building, children: list[Built]) -> Built:
    return tree.ProfileDeclaration(_fields(children, building), building.around(children))


def _context(building: Building, children: list[Built]) -> Built:
    return tree.ContextDeclaration(_fields(children, building), building.around(children))


def _schema(building: Building, children: list[Built]) -> Built:
    keyword, name = children[:2]
    kind = "catalog" if keyword.type == "CATALOG" else "event"
    again = building.each_once(of_kind(children, Part), "catalog").get("again after")
    span = building.around(children)
    return tree.SchemaDeclaration(kind, name, _fields(children, building), again, span)  # type: ignore[arg-type]


def _fields(children: Sequence[Built], building: Building) -> tuple[tree.FieldDeclaration, ...]:
    # A comma or a new line between two; the grammar does not know lines.
    for before, after in itertools.pairwise(children):
        is_pair = isinstance(before, tree.FieldDeclaration | Part) and not isinstance(after, Token)
        if is_pair and before.span.end_line == after.span.line:
            message = f"`{_told(after)}` stands on the line of `{_told(before)}`, with nothing between them."
            place = after.name.span if isinstance(after, tree.FieldDeclaration) else after.span
            building.report("missing-separator", message, place, "Put a comma or a new line before it.")
    return tuple(of_kind(children, tree.FieldDeclaration))


def _told(field: tree.FieldDeclaration | Part) -> str:
    return field.name.text if isinstance(field, tree.FieldDeclaration) else field.kind


def _field(building: Building, children: list[Built]) -> Built:
    name = children[0]
    kind = next(child for child in children[1:] if isinstance(child, tree.Name))
    signs = {child.type for child in children if isinstance(child, Token)}
    default = next(iter(values_of(children, "default")), None)
    annotations = tuple(of_kind(children, tree.Annotation))
    is_set, is_optional = "SET_OF" in signs, "QMARK" in signs
    span = building.around(children)
    return tree.FieldDeclaration(name, kind, is_set, is_optional, default, annotations, span)


def _annotation(building: Building, children: list[Built]) -> Built:
    _, name, *duration = children
    return tree.Annotation(name, duration[1] if duration else None, building.around(children))


SCHEMA_RULES: Mapping[str, Rule] = {
    "settings": _settings,
    "setting": _setting,
    "profile": _profile,
    "context": _context,
    "schema": _schema,
    "again": part("again after"),
    "field": _field,
    "default": part("default"),
    "annotation": _annotation,
}
"""How each rule about data becomes a node."""
