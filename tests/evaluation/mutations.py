"""What may be another in Python source: one operator, boundary or test for what is missing, at one place."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_NAMES = {
    one: other
    for pair in (
        ("min", "max"),
        ("any", "all"),
        ("bisect_left", "bisect_right"),
        ("lt", "le"),
        ("gt", "ge"),
        ("eq", "ne"),
        ("add", "sub"),
        ("LT", "LTE"),
        ("GT", "GTE"),
        ("EQ", "NEQ"),
        ("And", "Or"),
        ("Add", "Sub"),
        ("Min", "Max"),
    )
    for one, other in (pair, pair[::-1])
}
"""Functions, and the operators of Python's ``operator`` and of SQL's trees."""
_WRITTEN = {
    one: other
    for pair in (
        (" < ", " <= "),
        (" > ", " >= "),
        (" == ", " != "),
        (" and ", " or "),
        (" + ", " - "),
        (" is None", " is not None"),
        ("bisect_left", "bisect_right"),
    )
    for one, other in (pair, pair[::-1])
}
"""Operators in text that becomes code."""

Change: TypeAlias = Callable[[ast.AST], None]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change to one node, by its place in the walk over the module's tree; as source before and after."""

    line: int
    before: str
    after: str
    node: int
    change: Change

    def apply(self, source: str) -> str:
        """The module with the change, without its comments."""
        tree = ast.parse(source)
        self.change(list(ast.walk(tree))[self.node])
        return ast.unparse(tree)


def mutations_of(source: str) -> Iterator[tuple[str, Mutation]]:
    """Every mutation of a module, with the function that it is in."""
    tree = ast.parse(source)
    order = {id(node): place for place, node in enumerate(ast.walk(tree))}
    for function, node in _code(tree, "(module)"):
        for change in _changes(node):
            yield function, _mutation(node, change, order[id(node)])


def _mutation(node: ast.AST, change: Change, place: int) -> Mutation:
    before = ast.unparse(node)
    fresh = ast.parse(before).body[0]
    changed = fresh.value if isinstance(fresh, ast.Expr) else fresh
    change(changed)
    return Mutation(getattr(node, "lineno", 0), before, ast.unparse(changed), place, change)


def _code(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST]]:
    """The nodes that say what is done: not annotations, docstrings, checks of invariants, or errors."""
    if isinstance(node, ast.Raise | ast.Assert | ast.ImportFrom):
        return
    if isinstance(node, ast.FunctionDef):
        function = node.name
    yield function, node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_comment"):
            continue
        for child in value if isinstance(value, list) else [value]:
            is_docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            if isinstance(child, ast.AST) and not is_docstring:
                yield from _code(child, function)


def _changes(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Compare():
            for at, operator in enumerate(node.ops):
                yield _setting_operator(at, _COMPARISONS[type(operator)])
        case ast.BoolOp():
            yield _setting("op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
        case ast.BinOp(op=ast.Add() | ast.Sub()) if not _joins(node.left) and not _joins(node.right):
            yield _setting("op", ast.Sub() if isinstance(node.op, ast.Add) else ast.Add())
        case ast.UnaryOp(op=ast.Not()):
            yield _negating_twice
        case ast.Name() if node.id in _NAMES:
            yield _setting("id", _NAMES[node.id])
        case ast.Attribute(value=ast.Name(id="operator" | "exp")) if node.attr in _NAMES:
            yield _setting("attr", _NAMES[node.attr])
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() as value):
            yield _setting("value", value + 1)
        case ast.Constant(value=str() as text):
            for one, other in _WRITTEN.items():
                if one in text:
                    yield _setting("value", text.replace(one, other, 1))
        case _:
            pass


def _joins(node: ast.AST) -> bool:
    """Whether plus puts texts or lists together there."""
    return isinstance(node, ast.JoinedStr | ast.List | ast.Tuple) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _setting(field: str, value: object) -> Change:
    return lambda node: setattr(node, field, value)


def _setting_operator(at: int, operator: type[ast.cmpop]) -> Change:
    def change(node: ast.AST) -> None:
        assert isinstance(node, ast.Compare)
        node.ops[at] = operator()

    return change


def _negating_twice(node: ast.AST) -> None:
    assert isinstance(node, ast.UnaryOp)
    node.operand = ast.UnaryOp(ast.Not(), node.operand)
