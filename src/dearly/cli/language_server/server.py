"""The server's state: which documents are open, whose they are, and the findings shown at them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.uris import from_fs_path, to_fs_path

from dearly import __version__, editor
from dearly.cli.language_server import translation
from dearly.cli.language_server.packages import OpenPackage
from dearly.cli.language_server.roots import is_part, package_root
from dearly.editor import Analysis, Document, Encoding
from dearly.language import Diagnostic
from dearly.language.package import is_rules_path
from dearly.language.program import Span


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request points: a file of a package, as it is open, and its line and column from 1."""

    package: OpenPackage
    file: str
    document: Document
    line: int
    column: int


class _Protocol(LanguageServerProtocol):
    """The protocol, in which a request gets an answer however its parameters are broken."""

    def structure_message(self, data: dict[str, Any]) -> Any:
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "method" in data and "id" in data:
                self._send_response(data["id"], error=error.to_response_error())
            raise


class RulesServer(LanguageServer):
    """Serves one editor. Holds the packages that it has files of."""

    def __init__(self) -> None:
        # Whole texts: the protocol's lines are not those of Python's str.splitlines, by which pygls would
        # put a change in its place (a form feed or U+2028 in a text would shift all that follows).
        super().__init__(
            "dearly",
            __version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
            protocol_cls=_Protocol,
        )
        self._packages: dict[Path, OpenPackage] = {}
        self._documents: dict[str, tuple[OpenPackage, str]] = {}
        """The open documents by the addresses that the client gives them: whose they are, and their paths."""

    @property
    def encoding(self) -> Encoding:
        """What the client counts in."""
        encoding: Any = self.workspace.position_encoding
        return str(getattr(encoding, "value", encoding))  # type: ignore[return-value]

    # ------------------------------------------------------------------------------------------- documents

    def opened(self, uri: str) -> None:
        """A document is open now."""
        path = to_fs_path(uri) if uri.startswith("file:") else None
        root = package_root(Path(path), self._folders()) if path is not None else None
        if path is None or root is None:
            return
        package = self._packages.get(root)
        if package is None:
            package = self._packages[root] = OpenPackage(root, self._publish, self._complain)
        self._documents[uri] = package, Path(path).relative_to(root).as_posix()
        package.changed_on_disk()
        self.edited(uri)

    def edited(self, uri: str) -> None:
        """An open document's text has changed."""
        if uri in self._documents:
            package, file = self._documents[uri]
            package.buffers[file] = self.workspace.get_text_document(uri).source
            package.edited()

    def closed(self, uri: str) -> None:
        """A document is open no more: what is on disk counts again."""
        if uri in self._documents:
            package, file = opened = self._documents.pop(uri)
            if opened not in self._documents.values():  # two addresses may be of one file
                package.buffers.pop(file, None)
            package.changed_on_disk()

    def changed_on_disk(self, uris: Iterable[str]) -> None:
        """Files were saved, made or removed."""
        paths = [Path(path) for uri in uris if (path := to_fs_path(uri))]
        for package in self._packages.values():
            if any(is_part(path, package.root) for path in paths):
                package.changed_on_disk()

    def _folders(self) -> list[Path]:
        uris = [*self.workspace.folders] or [self.workspace.root_uri or ""]
        return [Path(path) for uri in uris if uri and (path := to_fs_path(uri))]

    # -------------------------------------------------------------------------------------------- findings

    async def _publish(self, package: OpenPackage, analysis: Analysis) -> None:
        """Show the findings at their files, and take back those of files that have none any more."""
        by_file: dict[str, list[Diagnostic]] = {file: [] for file in package.published}
        # Without any rules these are the templates of something else.
        is_package = any(is_rules_path(path) for path in analysis.package.files)
        for found in analysis.report.diagnostics if is_package else ():
            # What is wrong with the package as a whole is shown at the top of what is open.
            for file in [found.span.file] if found.span.file else package.buffers:
                by_file.setdefault(file, []).append(found)
        for file, some in by_file.items():
            uri, document = self.document_of(package, analysis, file)
            version = self.workspace.get_text_document(uri).version if file in package.buffers else None
            told = [translation.diagnostic(found, document) for found in some]
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, told, version))
        package.published = {file for file, some in by_file.items() if some}

    def _complain(self, message: str) -> None:
        self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, message))

    # -------------------------------------------------------------------------------------------- requests

    def place(self, uri: str, position: types.Position) -> Place | None:
        """Where a request points; None where that is no open file of rules or templates."""
        if uri not in self._documents:
            return None
        package, file = self._documents[uri]
        document = editor.open_document(package.buffers[file], self.encoding)
        line, column = editor.from_editor(document, translation.position_of(position))
        return Place(package, file, document, line, column)

    def document_of(self, package: OpenPackage, analysis: Analysis, file: str) -> tuple[str, Document]:
        """The address of a file, and its text as the editor has it or would open it."""
        text = package.buffers.get(file)
        if text is None:
            path = package.root / file
            text = analysis.package.files.get(file, b"").decode("utf-8-sig", "replace")
            return from_fs_path(str(path)) or path.as_uri(), editor.open_document(text, self.encoding)
        uri = next(uri for uri, document in self._documents.items() if document == (package, file))
        return uri, editor.open_document(text, self.encoding)

    def location(self, package: OpenPackage, analysis: Analysis, span: Span) -> types.Location:
        """A place in a package, as the protocol has it."""
        uri, document = self.document_of(package, analysis, span.file)
        return types.Location(uri, translation.protocol_range(document, span))

    @property
    def packages(self) -> tuple[OpenPackage, ...]:
        """Those that files are open of, or were."""
        return tuple(self._packages.values())
