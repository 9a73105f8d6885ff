"""Syntax nodes some lines further down or up: of a declaration whose text stays, only its place changes."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, cast

from dearly.language.program import Span

_Node = TypeVar("_Node")


def moved(node: _Node, lines: int) -> _Node:
    """The same node with all its places moved by so many lines."""
    return cast("_Node", _moved(node, lines))


def _moved(node: object, lines: int) -> object:
    kind: type[Any] = type(node)
    if kind is Span:
        span = cast("Span", node)
        return Span(span.file, span.line + lines, span.column, span.end_line + lines, span.end_column)
    if kind is tuple:
        return tuple(_moved(part, lines) for part in cast("tuple[object, ...]", node))
    names = _field_names(kind)
    return kind(*[_moved(getattr(node, name), lines) for name in names]) if names else node


def _field_names(kind: type[Any]) -> tuple[str, ...]:
    """The fields of a syntax node's class; of what is none, nothing."""
    names = _FIELD_NAMES.get(kind)
    if names is None:
        names = tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()
        _FIELD_NAMES[kind] = names
    return names


_FIELD_NAMES: dict[type[Any], tuple[str, ...]] = {}
"""Known once asked for: looking them up anew would take most of the time."""
