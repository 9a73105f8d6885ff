"""The text of a template as a bounded syntax tree whose nodes know their place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal as OneOf

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.lexer import TokenStream

from dearly.language.diagnostics import Diagnostic, replacing
from dearly.language.program import Span
from dearly.language.templates.codes import TEMPLATE_CODES
from dearly.language.templates.open_tags import find_bad_nesting

MAX_SOURCE_BYTES = 64 * 1024
"""A template's source may not be longer, in bytes of UTF-8."""

MAX_NODES = 5_000
"""A template may not have more syntax nodes (so that compiling it stays cheap)."""

MAX_DEPTH = 50
"""Nor be nested deeper (Python, which a template is compiled to, allows less than 100 levels)."""

Part = OneOf["html", "text", "subject"]
"""Which of a block's three outputs a template source makes."""


class Position(int):
    """A line number (as Jinja's nodes carry it) that also knows its 1-based column."""

    column: int

    def __new__(cls, line: int, column: int = 1) -> Position:
        position = super().__new__(cls, line)
        position.column = column
        return position


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to tell the author. ``near`` is a word to point at, found on the line from ``at`` on;
    ``instead`` is what to write in its place, where that is known exactly.
    """

    code: str
    message: str
    at: int
    near: str = ""
    hint: str | None = None
    instead: str | None = None


class UnreadableTemplate(Exception):
    """The source cannot be read as a template; ``finding`` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def _positioned(tokens: Iterable[tuple[int, str, str]], source: str) -> Iterator[tuple[int, str, str]]:
    """The lexer's raw tokens, each with its whole position: they are pieces of the source, in its order."""
    line, line_start, cursor = 1, 0, 0
    for number, kind, text in tokens:
        start = source.find(text, cursor)
        if start < 0:
            yield number, kind, text
            continue
        if breaks := source.count("\n", cursor, start):
            line, line_start = line + breaks, source.rindex("\n", cursor, start) + 1
        yield Position(line, start - line_start + 1), kind, text
        cursor = start + len(text)
        if breaks := text.count("\n"):
            line, line_start = line + breaks, source.rindex("\n", start, cursor) + 1


class _Parser(Environment):
    """Jinja's parser, but nodes are made at positions instead of lines. Never renders."""

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        tokens = _positioned(self.lexer.tokeniter(source, name, filename, state), source)
        return TokenStream(self.lexer.wrap(tokens, name, filename), name, filename)


# One parser for the check and for rendering, so that both see the same tree. No extensions, no loader.
_PARSER = _Parser(trim_blocks=True, lstrip_blocks=True)


def parse_template(source: str) -> nodes.Template:
    """The syntax tree of a template within the limits on size, nodes and depth.

    The ``lineno`` of its nodes are :class:`Position`. Line ends may be of any kind.

    Raises:
        UnreadableTemplate: the source is too long, is no template, or is too large or too deep a one.
    """
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > MAX_SOURCE_BYTES:
        message = f"This template has {size:,} bytes; at most {MAX_SOURCE_BYTES:,} are allowed."
        raise UnreadableTemplate(
            Finding("template-too-large", message, 1, hint="Move parts of it to other blocks.")
        )
    text = "\n".join(_lines(source))
    try:
        tree = _PARSER.parse(text)
    except TemplateSyntaxError as error:
        raise UnreadableTemplate(_unreadable(error, text)) from None
    except ValueError:
        message = "A number in this template has too many digits to be read."
        raise UnreadableTemplate(Finding("template-number", message, 1)) from None
    except RecursionError:
        raise UnreadableTemplate(_too_deep(1)) from None
    _bound(tree)
    return tree


def _unreadable(error: TemplateSyntaxError, text: str) -> Finding:
    told = error.message or ""
    if told.startswith(_NESTING_ERRORS):
        found = None
        with suppress(TemplateSyntaxError):  # what follows the first mistake may not even be tokens
            found = find_bad_nesting(_positioned(_PARSER.lexer.tokeniter(text, None), text))
        if found is not None:
            return Finding("template-syntax", found.message, found.at, found.tag, found.hint)
    return Finding("template-syntax", f"This is not a readable template: {told}", error.lineno)


_NESTING_ERRORS = ("Unexpected end of template", "Encountered unknown tag 'end")
"""How Jinja begins to tell of tags that do not nest; it goes on with what it looked for, not with where."""


def _lines(source: str) -> list[str]:
    # The line ends that Jinja knows, and no others (str.splitlines knows a dozen).
    return source.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _bound(tree: nodes.Template) -> None:
    # With a stack of our own: `a + a + a ...` is a tree as deep as it is long.
    count = 0
    stack: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while stack:
        node, depth = stack.pop()
        count += 1
        if count > MAX_NODES:
            message = f"This template has more than {MAX_NODES:,} parts (texts, names, conditions)."
            raise UnreadableTemplate(
                Finding(
                    "template-too-complex", message, 1, hint="Loop over a list, or split it into more blocks."
                )
            )
        if depth > MAX_DEPTH:
            raise UnreadableTemplate(_too_deep(node.lineno))
        stack.extend((child, depth + 1) for child in node.iter_child_nodes())


def _too_deep(at: int) -> Finding:
    message = f"This is nested deeper than {MAX_DEPTH} levels."
    return Finding("template-nesting", message, at, hint="Use {% elif %}, or a named value in the rules.")


def start_of(node: nodes.Node) -> int:
    """Where a piece of a template begins (the position of ``a.b`` itself is that of its dot)."""
    match node:
        case nodes.Scope(body=[first, *_]) | nodes.Tuple(items=[first, *_]) | nodes.Concat(nodes=[first, *_]):
            return start_of(first)
        case nodes.Compare():
            return start_of(node.expr)
        case nodes.BinExpr():
            return start_of(node.left)
        case nodes.Getattr() | nodes.Getitem() | nodes.Test():
            return start_of(node.node)
        case nodes.Filter(node=nodes.Node() as operand):
            return start_of(operand)
        case _:
            return node.lineno


_WORD = re.compile(r"\w+|\S")


def diagnostic(finding: Finding, source: str, file: str) -> Diagnostic:
    """The finding with its place in the file: that of ``near``, else of the word at the position."""
    lines = _lines(source)
    line = min(max(1, finding.at), len(lines))
    text = lines[line - 1]
    start = min(finding.at.column - 1 if isinstance(finding.at, Position) else 0, len(text))
    found = text.find(finding.near, start) if finding.near else -1
    word = _WORD.search(text, start)
    if found >= 0:
        column, end = found, found + len(finding.near)
    elif word is not None:
        column, end = word.span()
    else:
        column, end = start, start + 1
    span = Span(file, line, column + 1, line, end + 1)
    fix = replacing(span, finding.instead) if finding.instead is not None and found >= 0 else None
    if fix is not None and finding.code == "template-may-be-missing":
        fix = replace(fix, certain=False)  # nobody but the author knows what to say instead
    return Diagnostic(finding.code, TEMPLATE_CODES[finding.code], finding.message, span, finding.hint, fix)
