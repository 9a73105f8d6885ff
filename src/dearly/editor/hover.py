"""What is said of the place under the pointer: a name, a word of the language, an expression."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dearly.editor.analysis import Analysis
from dearly.editor.cards import card_of
from dearly.editor.keywords import EXPLAINED
from dearly.editor.symbols import contains
from dearly.language.checking.expressions import check_condition
from dearly.language.checking.findings import Findings
from dearly.language.checking.missingness import Watch, find_cause
from dearly.language.checking.scopes import Scope
from dearly.language.checking.typing_rules import type_of
from dearly.language.program import Aggregate, Expression, Occurs, Pick, Schema, Span, TimeSince
from dearly.language.spelling import capitalised, describe, quoted
from dearly.language.syntax import tree
from dearly.language.traversal import children
from dearly.language.types import BOOL

_LONGEST_FIRST = sorted((phrase.replace(" ", "[ \t]+") for phrase in EXPLAINED), key=len, reverse=True)
_PHRASE = re.compile(rf"\b(?:{'|'.join(_LONGEST_FIRST)})\b")
_HIDDEN = re.compile(r'"(?:[^"\\]|\\.)*"?|#.*')
"""Texts and comments: no words of the language stand in them."""


@dataclass(frozen=True, slots=True)
class Hover:
    """Markdown, and the place that it is about."""

    markdown: str
    span: Span


def hover(analysis: Analysis, file: str, text: str, line: int, column: int) -> Hover | None:
    """What is to be said of a position, counted from 1; ``text`` is that of its file."""
    names = analysis.at(file, line, column)
    cards = [card for one in names if (card := card_of(analysis, one.symbol)) is not None]
    if cards:
        parts = ["\n\n".join([f"```dearly\n{card.code}\n```", *card.notes]) for card in cards]
        return Hover("\n\n---\n\n".join(parts), names[0].span)
    word = _word_at(file, text, line, column) if file.endswith(".rules") else None
    typed = _expression_at(analysis, file, line, column)
    parts = [part.markdown for part in (word, typed) if part is not None]
    nearest = word or typed
    return Hover("\n\n".join(parts), nearest.span) if nearest is not None else None


def _word_at(file: str, text: str, line: int, column: int) -> Hover | None:
    """The longest word or phrase of the language there."""
    lines = text.split("\n")
    if line > len(lines):
        return None
    written = _HIDDEN.sub(lambda found: " " * len(found[0]), lines[line - 1])
    for found in _PHRASE.finditer(written):
        span = Span(file, line, found.start() + 1, line, found.end() + 1)
        if contains(span, line, column):
            form, sentence = EXPLAINED[" ".join(found[0].split())]
            return Hover(f"```dearly\n{form}\n```\n\n{sentence}", span)
    return None


def _expression_at(analysis: Analysis, file: str, line: int, column: int) -> Hover | None:
    """The innermost expression there: its type, and whether it may be missing."""
    declaration = analysis.declaration_at(file, line, column)
    if declaration is None:
        return None
    for root in _expressions_of(analysis, declaration):
        if contains(root.span, line, column):
            found, schema = _innermost(analysis, root, line, column)
            return Hover(_typed(analysis, found, schema), found.span)
    return None


def _expressions_of(analysis: Analysis, declaration: tree.Declaration) -> Iterator[Expression]:
    """The checked expressions of a declaration, as far as there is nothing wrong with them."""
    scope = Scope(analysis.symbols, analysis.definitions.value_types, Findings())
    conditions: list[tree.Expression | None] = []
    match declaration:
        case tree.ValueDeclaration(name) if name.text in analysis.definitions.values:
            yield analysis.definitions.values[name.text].expression
        case tree.SegmentDeclaration():
            conditions = [declaration.condition]
        case tree.LifecycleDeclaration():
            conditions = [stage.condition for stage in declaration.stages]
        case tree.BlockDeclaration():
            scope = scope.inside_content()
            conditions = [branch.condition for branch in declaration.branches]
        case tree.ExperimentDeclaration():
            conditions = [*declaration.audiences]
        case tree.ScoreDeclaration():
            conditions = [*declaration.predict, *declaration.among]
        case _:
            pass
    for written in conditions:
        checked = check_condition(written, scope) if written is not None else None
        if checked is not None:
            yield checked


def _innermost(
    analysis: Analysis, root: Expression, line: int, column: int
) -> tuple[Expression, Schema | None]:
    """The smallest expression at a position, and the event in whose ``where`` it stands, if any."""
    found, schema = root, None
    while True:
        inside = next((one for one in children(found) if contains(one.span, line, column)), None)
        if inside is None:
            return found, schema
        if isinstance(found, Occurs | Aggregate | Pick | TimeSince):
            sequence = found.selection.sequence
            follows = sequence is not None and inside is sequence.where
            event = sequence.event if sequence is not None and follows else found.selection.event
            schema = analysis.symbols.events[event]
        found = inside


def _typed(analysis: Analysis, expression: Expression, schema: Schema | None) -> str:
    definitions = analysis.definitions
    watch = Watch(analysis.symbols, definitions.uncertain, definitions.magnitudes, Findings(), schema)
    cause = find_cause(expression, watch)
    kind = type_of(expression)
    lacking, certain = ("unknown", "always known") if kind == BOOL else ("missing", "never missing")
    told = certain
    if cause is not None:
        told = f"it may be {lacking}" + ("" if cause == expression else f", for want of {quoted(cause)}")
    return f"{capitalised(quoted(expression))}: {describe(kind)}; {told}."
