"""Syntax trees as short texts without places, so that a test can say on one line what it expects."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

from dearly.language.program import Span
from dearly.language.syntax import tree
from dearly.language.syntax.parser import parse_rules
from dearly.language.types import SECOND_US


def shape(node: object) -> str:
    """``(Compare == country "US")`` and the like; what is missing is left out, yes is told by its name."""
    match node:
        case tree.Name():
            return node.text
        case tree.Reference():
            return f"{node.qualifier.text}.{node.name.text}" if node.qualifier else node.name.text
        case tree.NumberLiteral():
            return node.text
        case tree.TextLiteral():
            return f'"{node.value}"'
        case tree.BoolLiteral():
            return str(node.value).lower()
        case tree.DateLiteral():
            return f"day {node.days}"
        case tree.TimeLiteral():
            return f"{node.time_us}us"
        case tree.Duration():
            return f"{node.us // SECOND_US}s"
        case frozenset():
            return f"{{{', '.join(str(element) for element in sorted(node))}}}"
        case tree.ListLiteral():
            return shape(node.elements)
        case tuple():
            return f"[{', '.join(shape(element) for element in node)}]"
        case _ if is_dataclass(node):
            return f"({type(node).__name__}{_parts(node)})"
        case _:
            return str(node)


def _parts(node: object) -> str:
    parts = []
    for field in fields(node):  # type: ignore[arg-type]
        part = getattr(node, field.name)
        if field.name == "span" or part is None or part is False or part == ():
            continue
        parts.append(f" {field.name}" if part is True else f" {shape(part)}")
    return "".join(parts)


def without_places(node: object) -> object:
    """A node as nested tuples without its places: two texts mean the same when theirs are equal."""
    if isinstance(node, tuple):
        return tuple(without_places(element) for element in node)
    if isinstance(node, Span) or not is_dataclass(node):
        return None if isinstance(node, Span) else node
    return (type(node).__name__, *(without_places(getattr(node, field.name)) for field in fields(node)))


def declaration(text: str) -> tree.Declaration:
    """The one declaration that the text holds, and nothing wrong with it."""
    declarations, problems = parse_rules(text, "x.rules")
    assert problems == ()
    (found,) = declarations
    return found


def expression(text: str) -> tree.Expression:
    """The expression that the text spells."""
    found = declaration(f"value x = {text}")
    assert isinstance(found, tree.ValueDeclaration)
    return found.expression
