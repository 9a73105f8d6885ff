"""Declarations: what the grammar's rules for them become."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal as OneOf

from lark import Token

from dearly.language.program import Span
from dearly.language.syntax import tree
from dearly.language.syntax.building import Building, Built, Rule, of_kind
from dearly.language.syntax.words import UNIT_WORDS, reserved


def _profile(building: Building, children: list[Built]) -> Built:
    return tree.ProfileDeclaration(_fields(children[2:-1], building), building.around(children))


def _schema(building: Building, children: list[Built]) -> Built:
    keyword, name, _, *fields, _ = children
    fields_found = _fields(fields, building)
    kind: OneOf["catalog", "event"] = "catalog" if keyword.type == "CATALOG" else "event"
    return tree.SchemaDeclaration(kind, name, fields_found, None, building.around(children))


def _fields(children: list[Built], building: Building) -> tuple[tree.FieldDeclaration, ...]:
    # A comma or a new line between two; the grammar does not know lines.
    for before, after in itertools.pairwise(children):
        if isinstance(before, Token) or isinstance(after, Token):
            continue
        if before.span.end_line == after.span.line:
            message = (
                f"`{after.name.text}` stands on the line of `{before.name.text}`, with nothing between them."
            )
            building.report(
                "missing-separator", message, after.name.span, "Put a comma or a new line before it."
            )
    return tuple(of_kind(children, tree.FieldDeclaration))


def _field(building: Building, children: list[Built]) -> Built:
    name = children[0]
    kind = next(child for child in children[1:] if isinstance(child, tree.Name))
    signs = {child.type for child in children if isinstance(child, Token)}
    annotations = tuple(
        tree.Annotation(child.name, None, child.span) for child in children if isinstance(child, _Annotation)
    )
    default = next((child.value for child in children if isinstance(child, _Default)), None)
    is_set, is_optional = "SET_OF" in signs, "QMARK" in signs
    span = building.around(children)
    return tree.FieldDeclaration(name, kind, is_set, is_optional, default, annotations, span)


@dataclass(frozen=True, slots=True)
class _Default:
    value: tree.Expression
    span: Span


@dataclass(frozen=True, slots=True)
class _Annotation:
    name: tree.Name
    span: Span


def _default(building: Building, children: list[Built]) -> Built:
    return _Default(children[1], building.around(children))


def _annotation(building: Building, children: list[Built]) -> Built:
    return _Annotation(children[1], building.around(children))


def _segment(building: Building, children: list[Built]) -> Built:
    _, name, *title, _, condition, _ = children
    text = title[0].value if title else ""
    return tree.SegmentDeclaration(name, text, condition, building.around(children))


def _value(building: Building, children: list[Built]) -> Built:
    _, name, _, expression = children
    return tree.ValueDeclaration(name, expression, building.around(children))


def _lifecycle(building: Building, children: list[Built]) -> Built:
    _, name, _, *stages, _ = children
    return tree.LifecycleDeclaration(name, tuple(stages), building.around(children))


def _stage(building: Building, children: list[Built]) -> Built:
    name = children[0]
    if name.text in UNIT_WORDS:
        # After `when x > 3` on the line before, it would be taken for the 3's unit.
        building.report("reserved-word", reserved(name.text), name.span, "Choose another name.")
    condition = children[2] if len(children) == 3 else None
    return tree.StageDeclaration(name, condition, building.around(children))


def _block(building: Building, children: list[Built]) -> Built:
    _, name, _, *branches, _ = children
    return tree.BlockDeclaration(name, (), (), tuple(branches), building.around(children))


def _branch(building: Building, children: list[Built]) -> Built:
    is_when = children[0].type == "WHEN"
    condition, template = (children[1], children[3]) if is_when else (None, children[2])
    lists = tuple(of_kind(children, tree.ItemListDeclaration))
    return tree.BranchDeclaration(condition, template, lists, building.around(children))


# -------------------------------------------------------------------------------------------- lists of items


def _item_list(building: Building, children: list[Built]) -> Built:
    name, _, strategy, *options = children
    limit = where = None
    for word, option in zip(options[1::3], options[2::3], strict=True):
        if word.type == "LIMIT":
            limit = option
        else:
            where = option
    return tree.ItemListDeclaration(name, strategy, (), limit, (), None, where, building.around(children))


def _recommended(building: Building, children: list[Built]) -> Built:
    return tree.RecommendedItems(children[1], building.around(children))


def _similar(building: Building, children: list[Built]) -> Built:
    return tree.SimilarItems(children[1], building.around(children))


def _trending(building: Building, children: list[Built]) -> Built:
    return tree.TrendingItems(children[1], children[3], building.around(children))


def _recently(building: Building, children: list[Built]) -> Built:
    return tree.RecentItems(children[1], children[3], building.around(children))


def _listed(building: Building, children: list[Built]) -> Built:
    catalog, elements = children[1], children[2].elements
    for element in elements:
        if not isinstance(element, tree.TextLiteral):
            building.report(
                "syntax-error", "An item's id is a text.", element.span, "Put it in double quotes."
            )
    return tree.ListedItems(catalog, tuple(of_kind(elements, tree.TextLiteral)), building.around(children))


DECLARATION_RULES: Mapping[str, Rule] = {
    "profile": _profile,
    "schema": _schema,
    "field": _field,
    "default": _default,
    "annotation": _annotation,
    "segment": _segment,
    "value": _value,
    "lifecycle": _lifecycle,
    "stage": _stage,
    "block": _block,
    "branch": _branch,
    "item_list": _item_list,
    "recommended": _recommended,
    "similar": _similar,
    "trending": _trending,
    "recently": _recently,
    "listed": _listed,
}
"""How each rule of a declaration becomes a node."""
