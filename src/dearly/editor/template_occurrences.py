"""The names in a template: where each stands, and what it stands for.

Reads the tree that the template's check reads, and knows as much of its names as the rules that show it tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from jinja2 import nodes

from dearly.editor.occurrences import kind_of
from dearly.editor.symbols import Kind, Occurrence, Symbol
from dearly.language.checking.symbols import Symbols
from dearly.language.checking.template_files import FOLDER, PARTS
from dearly.language.program import Span
from dearly.language.templates.source import Position, UnreadableTemplate, parse_template

_READABLE = ("segment", "value", "lifecycle")
"""What a template may read by its bare name."""
_NEWLINES = re.compile("\r\n|\r|\n")

_Holder: TypeAlias = "tuple[str, ...] | str | None"
"""What a dot stands after: the catalogs of an item or of a list, ``customer``, ``context``."""


def template_name(path: str) -> str | None:
    """The name of the template that a file of the package is a part or a translation of."""
    ending = next((ending for ending in PARTS if path.endswith(ending)), None)
    if ending is None or not path.startswith(FOLDER):
        return None
    return path.removeprefix(FOLDER).removesuffix(ending).partition(".")[0]


def occurrences_in_template(
    source: str, path: str, symbols: Symbols, lists: Mapping[str, tuple[str, ...]]
) -> Iterator[Occurrence]:
    """Every name in a template that stands for something; ``lists`` are the catalogs of those it is given.

    Of a template that cannot be read there are none.
    """
    try:
        tree = parse_template(source)
    except UnreadableTemplate:
        return
    reader = _Reader(path, _NEWLINES.split(source), symbols, lists)
    yield from _body(reader, tree.body, {})


@dataclass(frozen=True, slots=True)
class _Reader:
    path: str
    lines: list[str]
    symbols: Symbols
    lists: Mapping[str, tuple[str, ...]]

    @property
    def template(self) -> str:
        """The template that the file belongs to."""
        return template_name(self.path) or ""

    def found(self, symbol: Symbol, at: int, column: int | None = None) -> Iterator[Occurrence]:
        """The symbol, where its name is the first from a position on in its line."""
        if not isinstance(at, Position) or at > len(self.lines):
            return
        start = self.lines[at - 1].find(symbol.name, (column or at.column) - 1)
        if start >= 0:
            end = start + len(symbol.name)
            yield Occurrence(symbol, Span(self.path, int(at), start + 1, int(at), end + 1))


_Variables: TypeAlias = Mapping[str, tuple[str, ...]]
"""The catalogs of what a loop's variable stands for."""


def _body(reader: _Reader, body: Iterable[nodes.Node], variables: _Variables) -> Iterator[Occurrence]:
    for node in body:
        if isinstance(node, nodes.For):
            yield from _loop(reader, node, variables)
        elif isinstance(node, nodes.If):
            yield from _expression(reader, node.test, variables)
            for branch in node.elif_:
                yield from _body(reader, [branch], variables)
            yield from _body(reader, node.body, variables)
            yield from _body(reader, node.else_, variables)
        else:
            yield from _expression(reader, node, variables)


def _loop(reader: _Reader, node: nodes.For, variables: _Variables) -> Iterator[Occurrence]:
    yield from _expression(reader, node.iter, variables)
    inside = dict(variables)
    if isinstance(node.target, nodes.Name):
        holder = _holder(reader, node.iter, variables)
        inside[node.target.name] = holder if isinstance(holder, tuple) else ()
    yield from _body(reader, node.body, inside)
    yield from _body(reader, node.else_, variables)


def _expression(reader: _Reader, node: nodes.Node, variables: _Variables) -> Iterator[Occurrence]:
    match node:
        case nodes.Name():
            yield from _name(reader, node, variables)
        case nodes.Getattr():
            yield from _expression(reader, node.node, variables)
            for symbol in _field(reader, node, variables):
                # The position of `a.b` is that of its dot.
                yield from reader.found(symbol, node.lineno)
        case nodes.Compare():
            yield from _compared(reader, node, variables)
        case _:
            for child in node.iter_child_nodes():
                yield from _expression(reader, child, variables)


def _name(reader: _Reader, node: nodes.Name, variables: _Variables) -> Iterator[Occurrence]:
    name = node.name
    if name in variables:
        return
    if name in reader.lists:
        yield from reader.found(Symbol("list", name, reader.template), node.lineno)
    elif (kind := kind_of(name, reader.symbols)) in _READABLE and kind is not None:
        yield from reader.found(Symbol(kind, name), node.lineno)


def _field(reader: _Reader, node: nodes.Getattr, variables: _Variables) -> Iterator[Symbol]:
    holder = _holder(reader, node.node, variables)
    if isinstance(holder, str):
        yield Symbol(_HOLDERS[holder], node.attr)
    for catalog in holder if isinstance(holder, tuple) else ():
        schema = reader.symbols.catalogs.get(catalog)
        if schema is not None and node.attr in schema.fields:
            yield Symbol("property", node.attr, catalog)


_HOLDERS: Mapping[str, Kind] = {"customer": "profile field", "context": "context field"}


def _holder(reader: _Reader, node: nodes.Node | None, variables: _Variables) -> _Holder:
    match node:
        case nodes.Name(name=name):
            return variables.get(name) or reader.lists.get(name) or (name if name in _HOLDERS else None)
        case nodes.Getitem() | nodes.Filter():
            return _holder(reader, node.node, variables)
        case _:
            return None


def _compared(reader: _Reader, node: nodes.Compare, variables: _Variables) -> Iterator[Occurrence]:
    sides = [node.expr, *(operand.expr for operand in node.ops)]
    for side in sides:
        yield from _expression(reader, side, variables)
    for lifecycle in sides:
        if isinstance(lifecycle, nodes.Name) and lifecycle.name in reader.symbols.stages:
            for side in sides:
                yield from _stages(reader, side, lifecycle.name)


def _stages(reader: _Reader, node: nodes.Expr, lifecycle: str) -> Iterator[Occurrence]:
    """The stages that a lifecycle is compared with: constants, alone or in a list."""
    constants = node.items if isinstance(node, nodes.List | nodes.Tuple) else [node]
    for constant in constants:
        if isinstance(constant, nodes.Const) and constant.value in reader.symbols.stages[lifecycle]:
            yield from reader.found(Symbol("stage", constant.value, lifecycle), constant.lineno)
