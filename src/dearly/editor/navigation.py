"""Where something is declared, and where it is used."""

from __future__ import annotations

from collections.abc import Iterator

from dearly.editor.analysis import Analysis
from dearly.editor.symbols import Occurrence, Symbol
from dearly.language.checking.template_files import FOLDER, PARTS
from dearly.language.program import Span


def symbols_at(analysis: Analysis, file: str, line: int, column: int) -> tuple[Symbol, ...]:
    """What the name at a position stands for; several things where it is read as several."""
    return tuple(dict.fromkeys(one.symbol for one in analysis.at(file, line, column)))


def definitions_of(analysis: Analysis, symbol: Symbol) -> tuple[Span, ...]:
    """Where a symbol is declared: a template is where its files are."""
    if symbol.kind == "template":
        return tuple(_template_files(analysis, symbol.name))
    return tuple(one.span for one in references_to(analysis, symbol) if one.declares)


def references_to(analysis: Analysis, symbol: Symbol) -> tuple[Occurrence, ...]:
    """Every place where a symbol stands, its declaration among them, by file and place."""
    found = analysis.occurrences.get(symbol, ())
    return tuple(sorted(found, key=lambda one: (one.span.file, one.span.line, one.span.column)))


def _template_files(analysis: Analysis, name: str) -> Iterator[Span]:
    for ending in PARTS:
        path = f"{FOLDER}{name}{ending}"
        if path in analysis.package.files:
            yield Span(path, 1, 1, 1, 1)
