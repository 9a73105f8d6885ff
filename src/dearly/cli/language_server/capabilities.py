"""What the server offers: each capability in a few lines over the editor's room.

Answers are worked out in threads, so that a large package holds nothing else up; the client's cancelling of
a request ends the wait for it.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ParamSpec, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from dearly import editor
from dearly.cli.language_server import translation
from dearly.cli.language_server.server import Place, RulesServer
from dearly.editor import Analysis
from dearly.language.formatting import Unformattable, format_rules
from dearly.language.package import is_rules_path
from dearly.language.program import Span

_log = logging.getLogger(__name__)

_Answer = TypeVar("_Answer")
_Parameters = ParamSpec("_Parameters")

_REQUEST_FAILED = -32803
"""LSP 3.17: the request was right, and cannot be met; its message is for the person who asked."""

MAX_COMPLETIONS = 500
"""So many completions are offered at once; an editor asks again as more is typed."""

_WATCHED = ("**/*.rules", "**/templates/**", "**/dearly.toml")
"""What the client is asked to watch, since it also changes outside of the editor."""


def serve_stdio() -> None:
    """Serve one editor over standard input and output, until it says that it is done."""
    logging.basicConfig(level=logging.WARNING)
    make_server().start_io()


def make_server() -> RulesServer:
    """A server with everything that it offers."""
    server = RulesServer()
    for method, handler in _NOTIFICATIONS.items():
        server.feature(method)(handler)
    for method, answer in _REQUESTS.items():
        server.feature(method, _OPTIONS.get(method))(_guarded(answer))
    return server


def _guarded(
    answer: Callable[_Parameters, Awaitable[_Answer]],
) -> Callable[_Parameters, Awaitable[_Answer]]:
    """The outermost frame of a request: what goes wrong is logged, and the client gets a sentence."""

    @functools.wraps(answer)
    async def guarded(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Answer:
        try:
            return await answer(*args, **kwargs)
        except editor.CannotRename as refusal:
            raise JsonRpcException(str(refusal), _REQUEST_FAILED) from None
        except Exception as error:  # noqa: BLE001 - the outermost frame
            _log.exception("A request failed.")
            told = f"Dearly could not answer ({type(error).__name__}); its log says why."
            raise JsonRpcException(told) from None

    return guarded


# -------------------------------------------------------------------------------------------- notifications


def _initialized(ls: RulesServer, _: types.InitializedParams) -> None:
    workspace = ls.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace is not None else None
    if watching is None or not watching.dynamic_registration:
        return
    watchers = [types.FileSystemWatcher(pattern) for pattern in _WATCHED]
    registration = types.Registration(
        "watched-files",
        types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
        types.DidChangeWatchedFilesRegistrationOptions(watchers),
    )
    ls.client_register_capability(types.RegistrationParams([registration]))


def _did_open(ls: RulesServer, params: types.DidOpenTextDocumentParams) -> None:
    ls.opened(params.text_document.uri)


def _did_change(ls: RulesServer, params: types.DidChangeTextDocumentParams) -> None:
    ls.edited(params.text_document.uri)


def _did_save(ls: RulesServer, params: types.DidSaveTextDocumentParams) -> None:
    ls.changed_on_disk([params.text_document.uri])


def _did_close(ls: RulesServer, params: types.DidCloseTextDocumentParams) -> None:
    ls.closed(params.text_document.uri)


def _did_change_files(ls: RulesServer, params: types.DidChangeWatchedFilesParams) -> None:
    ls.changed_on_disk(change.uri for change in params.changes)


_NOTIFICATIONS: dict[str, Callable[[RulesServer, Any], None]] = {
    types.INITIALIZED: _initialized,
    types.TEXT_DOCUMENT_DID_OPEN: _did_open,
    types.TEXT_DOCUMENT_DID_CHANGE: _did_change,
    types.TEXT_DOCUMENT_DID_SAVE: _did_save,
    types.TEXT_DOCUMENT_DID_CLOSE: _did_close,
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES: _did_change_files,
}


# ------------------------------------------------------------------------------------------------- requests


async def _hover(ls: RulesServer, params: types.HoverParams) -> types.Hover | None:
    place = ls.place(params.text_document.uri, params.position)
    if place is None:
        return None
    analysis, text = await place.package.current(), editor.plain_text(place.document)
    found = await asyncio.to_thread(editor.hover, analysis, place.file, text, place.line, place.column)
    if found is None:
        return None
    content = types.MarkupContent(types.MarkupKind.Markdown, found.markdown)
    return types.Hover(content, translation.protocol_range(place.document, found.span))


async def _completion(ls: RulesServer, params: types.CompletionParams) -> types.CompletionList | None:
    place = ls.place(params.text_document.uri, params.position)
    if place is None:
        return None
    analysis = await place.package.latest()
    found = await asyncio.to_thread(_completions_at, analysis, place)
    snippets = _takes_snippets(ls)
    items = [
        translation.completion_item(one, place.document, place.line, place.column, snippets)
        for one in found[:MAX_COMPLETIONS]
    ]
    return types.CompletionList(is_incomplete=len(found) > MAX_COMPLETIONS, items=items)


def _completions_at(analysis: Analysis, place: Place) -> tuple[editor.Completion, ...]:
    text = editor.plain_text(place.document)
    offset = editor.offset_of(place.document, place.line, place.column)
    if is_rules_path(place.file):
        found = editor.complete_rules(analysis, text, offset)
    else:
        found = editor.complete_template(analysis, place.file, text, offset)
    return found if len(found) <= MAX_COMPLETIONS else _begun(found, text[:offset])


def _begun(found: Sequence[editor.Completion], before: str) -> tuple[editor.Completion, ...]:
    """Those that begin as what is typed does: of thousands an editor would not show the others anyway."""
    low = before.lower()
    return tuple(one for one in found if one.label.lower().startswith(low[len(low) - one.length :]))


def _takes_snippets(ls: RulesServer) -> bool:
    document = ls.client_capabilities.text_document
    completion = document.completion if document is not None else None
    item = completion.completion_item if completion is not None else None
    return item is not None and bool(item.snippet_support)


async def _definition(ls: RulesServer, params: types.DefinitionParams) -> list[types.Location]:
    place = ls.place(params.text_document.uri, params.position)
    if place is None:
        return []
    analysis = await place.package.current()
    found = await asyncio.to_thread(_definitions_at, analysis, place)
    return [ls.location(place.package, analysis, span) for span in found]


def _definitions_at(analysis: Analysis, place: Place) -> list[Span]:
    symbols = editor.symbols_at(analysis, place.file, place.line, place.column)
    return [span for symbol in symbols for span in editor.definitions_of(analysis, symbol)]


async def _references(ls: RulesServer, params: types.ReferenceParams) -> list[types.Location]:
    place = ls.place(params.text_document.uri, params.position)
    if place is None:
        return []
    analysis = await place.package.current()
    found = await asyncio.to_thread(_references_at, analysis, place)
    wanted = [one for one in found if params.context.include_declaration or not one.declares]
    return [ls.location(place.package, analysis, one.span) for one in wanted]


def _references_at(analysis: Analysis, place: Place) -> list[editor.Occurrence]:
    symbols = editor.symbols_at(analysis, place.file, place.line, place.column)
    return [one for symbol in symbols for one in editor.references_to(analysis, symbol)]


async def _highlight(ls: RulesServer, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
    place = ls.place(params.text_document.uri, params.position)
    if place is None:
        return []
    analysis = await place.package.current()
    found = await asyncio.to_thread(_references_at, analysis, place)
    return [
        types.DocumentHighlight(
            translation.protocol_range(place.document, one.span),
            types.DocumentHighlightKind.Write if one.declares else types.DocumentHighlightKind.Read,
        )
        for one in found
        if one.span.file == place.file
    ]


async def _prepare_rename(
    ls: RulesServer, params: types.PrepareRenameParams
) -> types.PrepareRenamePlaceholder | None:
    place = ls.place(params.text_document.uri, params.position)
    if place is None:
        return None
    analysis = await place.package.current()
    found = await asyncio.to_thread(editor.renamable, analysis, place.file, place.line, place.column)
    where = translation.protocol_range(place.document, found.span)
    return types.PrepareRenamePlaceholder(where, found.symbol.name)


async def _rename(ls: RulesServer, params: types.RenameParams) -> types.WorkspaceEdit | None:
    place = ls.place(params.text_document.uri, params.position)
    if place is None:
        return None
    package, analysis = place.package, await place.package.current()
    edits = await asyncio.to_thread(
        editor.rename, analysis, place.file, place.line, place.column, params.new_name
    )
    return translation.workspace_edit(edits, lambda file: ls.document_of(package, analysis, file))


async def _document_symbols(
    ls: RulesServer, params: types.DocumentSymbolParams
) -> list[types.DocumentSymbol]:
    place = ls.place(params.text_document.uri, types.Position(0, 0))
    if place is None:
        return []
    analysis = await place.package.current()
    entries = editor.outline(analysis, place.file)
    return [translation.document_symbol(entry, place.document) for entry in entries]


async def _workspace_symbols(
    ls: RulesServer, params: types.WorkspaceSymbolParams
) -> list[types.SymbolInformation]:
    found: list[types.SymbolInformation] = []
    for package in ls.packages:
        analysis = await package.current()
        for one in await asyncio.to_thread(editor.find_symbols, analysis, params.query):
            symbol = one.symbol
            place = ls.location(package, analysis, one.span)
            kind = translation.symbol_kind(symbol.kind)
            found.append(
                types.SymbolInformation(place, symbol.name, kind, container_name=symbol.owner or None)
            )
    return found


async def _formatting(ls: RulesServer, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
    place = ls.place(params.text_document.uri, types.Position(0, 0))
    if place is None or not is_rules_path(place.file):
        return None
    text = editor.plain_text(place.document)
    try:
        formatted = await asyncio.to_thread(format_rules, text, place.file)
    except Unformattable:
        return None  # its findings say what is wrong
    if formatted == text:
        return []
    end = place.document.end()
    whole = types.Range(types.Position(0, 0), types.Position(end.line, end.units))
    return [types.TextEdit(whole, formatted)]


async def _code_actions(ls: RulesServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    place = ls.place(params.text_document.uri, params.range.start)
    if place is None:
        return []
    package, analysis = place.package, await place.package.current()
    actions: list[types.CodeAction] = []
    for found in analysis.report.diagnostics:
        if found.fix is None or found.span.file != place.file:
            continue
        told = translation.diagnostic(found, place.document)
        if not _touch(told.range, params.range):
            continue
        edit = translation.workspace_edit(
            found.fix.edits, lambda file: ls.document_of(package, analysis, file)
        )
        kind = types.CodeActionKind.QuickFix
        fix = found.fix
        actions.append(types.CodeAction(fix.title, kind, [told], is_preferred=fix.certain, edit=edit))
    return actions


def _touch(one: types.Range, other: types.Range) -> bool:
    return one.start <= other.end and other.start <= one.end


async def _folding(ls: RulesServer, params: types.FoldingRangeParams) -> list[types.FoldingRange]:
    place = ls.place(params.text_document.uri, types.Position(0, 0))
    if place is None or not is_rules_path(place.file):
        return []
    folds = editor.folds(await place.package.current(), place.file, editor.plain_text(place.document))
    return [types.FoldingRange(first - 1, last - 1) for first, last in folds]


_REQUESTS: dict[str, Callable[[RulesServer, Any], Awaitable[Any]]] = {
    types.TEXT_DOCUMENT_HOVER: _hover,
    types.TEXT_DOCUMENT_COMPLETION: _completion,
    types.TEXT_DOCUMENT_DEFINITION: _definition,
    types.TEXT_DOCUMENT_REFERENCES: _references,
    types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: _highlight,
    types.TEXT_DOCUMENT_PREPARE_RENAME: _prepare_rename,
    types.TEXT_DOCUMENT_RENAME: _rename,
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: _document_symbols,
    types.WORKSPACE_SYMBOL: _workspace_symbols,
    types.TEXT_DOCUMENT_FORMATTING: _formatting,
    types.TEXT_DOCUMENT_CODE_ACTION: _code_actions,
    types.TEXT_DOCUMENT_FOLDING_RANGE: _folding,
}
_OPTIONS: dict[str, Any] = {
    types.TEXT_DOCUMENT_COMPLETION: types.CompletionOptions(trigger_characters=[".", '"', "@", "|"]),
    types.TEXT_DOCUMENT_RENAME: types.RenameOptions(prepare_provider=True),
    types.TEXT_DOCUMENT_CODE_ACTION: types.CodeActionOptions([types.CodeActionKind.QuickFix]),
}
