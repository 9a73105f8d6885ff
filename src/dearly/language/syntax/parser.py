"""Rules text to syntax nodes, with everything that is wrong with it as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from lark import UnexpectedInput

from dearly.language.diagnostics import Diagnostic, in_order
from dearly.language.program import Span
from dearly.language.syntax.building import Building
from dearly.language.syntax.errors import explain, unknown_declaration
from dearly.language.syntax.grammar import grammar
from dearly.language.syntax.sections import DECLARATION_KEYWORDS, MAX_FILE_TOKENS, Section, split
from dearly.language.syntax.source import MAX_FILE_BYTES, Source, open_source, place, too_large
from dearly.language.syntax.tree import Declaration
from dearly.language.syntax.tree_builder import build

MAX_DECLARATIONS = 20_000
"""In one file."""

MAX_ERRORS = 100
"""In one file; reading stops there."""


ReadSection: TypeAlias = Callable[[Section, Source], tuple[Declaration | None, list[Diagnostic]]]
"""Gives the declaration of a section, and what is wrong with it."""


def parse_section(section: Section, source: Source) -> tuple[Declaration | None, list[Diagnostic]]:
    """The declaration of a section, unless something in it cannot be read, and what is wrong with it."""
    if section.problem is not None:
        return None, [section.problem]
    if section.keyword not in DECLARATION_KEYWORDS:
        return None, [unknown_declaration(section, source)]
    try:
        parsed = grammar().parse(source.text[section.start : section.end])
    except UnexpectedInput as error:
        return None, [explain(error, section, source)]
    building = Building(source, section.start)
    return build(parsed, building), building.problems


def parse_rules(
    text: str, file: str, read: ReadSection = parse_section
) -> tuple[tuple[Declaration, ...], tuple[Diagnostic, ...]]:
    """The declarations of a file that can be read, in order, and what is wrong with the others.

    Takes time in proportion to the text and never raises on account of it. ``read`` may remember sections
    that it has read before.
    """
    size = len(text) if len(text) > MAX_FILE_BYTES else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_FILE_BYTES:
        return (), (too_large(size, file),)
    source = open_source(text, file)
    sections: list[Section] = []
    tokens = 0
    for section in split(source):
        tokens += section.tokens
        if tokens > MAX_FILE_TOKENS:
            return (), (_too_dense(file),)
        if len(sections) == MAX_DECLARATIONS:
            return (), (_too_many_declarations(source, section),)
        sections.append(section)
    declarations: list[Declaration] = []
    problems: list[Diagnostic] = []
    for section in sections:
        if len(problems) >= MAX_ERRORS:
            problems.append(_too_many_errors(source, section))
            break
        declaration, found = read(section, source)
        problems.extend(found)
        if declaration is not None and not found:
            declarations.append(declaration)
    return tuple(declarations), in_order(problems)


def _too_dense(file: str) -> Diagnostic:
    message = f"This file has more than {MAX_FILE_TOKENS:,} words and signs."
    return Diagnostic(
        "file-too-large", "error", message, Span(file, 1, 1, 1, 1), "Split it into several files."
    )


def _too_many_declarations(source: Source, section: Section) -> Diagnostic:
    message = f"This file has more than {MAX_DECLARATIONS:,} declarations."
    span = place(source, section.start, min(section.end, section.start + 1))
    return Diagnostic("too-many-declarations", "error", message, span, "Split it into several files.")


def _too_many_errors(source: Source, section: Section) -> Diagnostic:
    message = f"There are {MAX_ERRORS} errors before this place; the rest of the file was not read."
    span = place(source, section.start, min(section.end, section.start + 1))
    return Diagnostic("too-many-errors", "error", message, span, "Mend the first ones and check again.")
