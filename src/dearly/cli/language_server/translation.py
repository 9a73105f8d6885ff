"""Answers of the editor's room as the Language Server Protocol has them (LSP 3.17)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from lsprotocol import types

from dearly.editor import Completion, Document, Entry, Position, range_of
from dearly.language import Diagnostic
from dearly.language.diagnostics import Edit
from dearly.language.program import Span

SOURCE = "dearly"
"""What findings are said to come from."""

_SEVERITIES = {"error": types.DiagnosticSeverity.Error, "warning": types.DiagnosticSeverity.Warning}


def position_of(position: types.Position) -> Position:
    """A position of the client's."""
    return Position(position.line, position.character)


def protocol_range(document: Document, span: Span) -> types.Range:
    """A place in a document, as its editor counts."""
    start, end = range_of(document, span)
    return types.Range(types.Position(start.line, start.units), types.Position(end.line, end.units))


def diagnostic(found: Diagnostic, document: Document) -> types.Diagnostic:
    """A finding, with its hint below the message."""
    return types.Diagnostic(
        range=protocol_range(document, found.span),
        message=f"{found.message}\n{found.hint}" if found.hint else found.message,
        severity=_SEVERITIES[found.severity],
        code=found.code,
        source=SOURCE,
    )


def text_edit(edit: Edit, document: Document) -> types.TextEdit:
    """An edit, with the line ends of its document left to the client."""
    return types.TextEdit(protocol_range(document, edit.span), edit.replacement)


def workspace_edit(
    edits: Iterable[Edit], document_of: Callable[[str], tuple[str, Document]]
) -> types.WorkspaceEdit:
    """Edits to several files; ``document_of`` gives the address and text of a file."""
    changes: dict[str, list[types.TextEdit]] = {}
    for edit in edits:
        uri, document = document_of(edit.span.file)
        changes.setdefault(uri, []).append(text_edit(edit, document))
    return types.WorkspaceEdit(changes=changes)


_COMPLETION_KINDS: Mapping[str, types.CompletionItemKind] = {
    "keyword": types.CompletionItemKind.Keyword,
    "snippet": types.CompletionItemKind.Snippet,
    "name": types.CompletionItemKind.Variable,
    "template": types.CompletionItemKind.File,
    "filter": types.CompletionItemKind.Function,
}


def completion_item(
    found: Completion, document: Document, line: int, column: int, snippets: bool
) -> types.CompletionItem:
    """A completion, at a place counted from 1; a client without ``snippets`` gets the bare word."""
    is_snippet = found.kind == "snippet" and snippets
    written = found.insert if is_snippet or found.kind != "snippet" else found.label
    place = Span("", line, column - found.length, line, column)
    return types.CompletionItem(
        label=found.label,
        kind=_COMPLETION_KINDS[found.kind],
        detail=found.detail,
        sort_text=f"{found.rank}{found.label}",
        filter_text=found.label,
        insert_text_format=types.InsertTextFormat.Snippet if is_snippet else None,
        text_edit=types.TextEdit(protocol_range(document, place), written),
    )


_SYMBOL_KINDS: Mapping[str, types.SymbolKind] = {
    "profile": types.SymbolKind.Struct,
    "context": types.SymbolKind.Struct,
    "settings": types.SymbolKind.Module,
    "event": types.SymbolKind.Event,
    "catalog": types.SymbolKind.Class,
    "segment": types.SymbolKind.Boolean,
    "value": types.SymbolKind.Number,
    "lifecycle": types.SymbolKind.Enum,
    "score": types.SymbolKind.Number,
    "cap": types.SymbolKind.Constant,
    "experiment": types.SymbolKind.Enum,
    "block": types.SymbolKind.Interface,
    "trigger": types.SymbolKind.Method,
    "test": types.SymbolKind.Function,
    "field": types.SymbolKind.Field,
    "state": types.SymbolKind.EnumMember,
    "template": types.SymbolKind.File,
    # and as symbols are called
    "profile field": types.SymbolKind.Field,
    "context field": types.SymbolKind.Field,
    "property": types.SymbolKind.Field,
    "stage": types.SymbolKind.EnumMember,
    "tier": types.SymbolKind.EnumMember,
    "variant": types.SymbolKind.EnumMember,
    "list": types.SymbolKind.Array,
}


def symbol_kind(kind: str) -> types.SymbolKind:
    """The protocol's nearest kind."""
    return _SYMBOL_KINDS[kind]


def document_symbol(entry: Entry, document: Document) -> types.DocumentSymbol:
    """A line of the outline with those below it."""
    return types.DocumentSymbol(
        name=entry.name or entry.kind,
        detail=entry.detail,
        kind=symbol_kind(entry.kind),
        range=protocol_range(document, entry.span),
        selection_range=protocol_range(document, entry.name_span),
        children=[document_symbol(child, document) for child in entry.children],
    )
