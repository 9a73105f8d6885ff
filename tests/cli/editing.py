"""A real editor's side of the language server: a client over standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient

SERVER = ClientServerConfig(server_command=[sys.executable, "-m", "dearly.cli", "lsp", "--stdio"])

LOOKS = 3_000
BETWEEN_LOOKS_S = 0.02

Findings = Sequence[types.Diagnostic]


def capabilities(*encodings: types.PositionEncodingKind) -> types.ClientCapabilities:
    """A client that takes snippets and, if any are given, counts in one of these encodings."""
    item = types.ClientCompletionItemOptions(snippet_support=True)
    completion = types.CompletionClientCapabilities(completion_item=item)
    return types.ClientCapabilities(
        text_document=types.TextDocumentClientCapabilities(completion=completion),
        general=types.GeneralClientCapabilities(position_encodings=list(encodings)) if encodings else None,
    )


@dataclass(slots=True)
class Workspace:
    """A directory, and the documents in it that the client has open: their texts and versions."""

    client: LanguageClient
    root: Path
    texts: dict[str, str]
    versions: dict[str, int]
    encoding: str = "utf-16-le"

    def write(self, files: Mapping[str, str]) -> None:
        """Put files on disk."""
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_bytes(text.encode())

    def open(self, path: str, text: str | None = None) -> None:
        """Open a document, as it is on disk or with another text."""
        text = (self.root / path).read_bytes().decode("utf-8-sig") if text is None else text
        self.texts[path], self.versions[path] = text, 1
        item = types.TextDocumentItem(self.uri(path), "dearly", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, path: str, text: str) -> None:
        """Type: the document has another text now, and the file on disk has not."""
        self.texts[path] = text
        self.versions[path] += 1
        document = types.VersionedTextDocumentIdentifier(self.versions[path], self.uri(path))
        changes = [types.TextDocumentContentChangeWholeDocument(text)]
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, changes))

    def save(self, path: str) -> None:
        """Write the document to disk."""
        self.write({path: self.texts[path]})
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(self.document(path)))

    def close(self, path: str) -> None:
        """Close the document without saving it."""
        del self.texts[path]
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(self.document(path)))

    def uri(self, path: str) -> str:
        """The address of a file."""
        return (self.root / path).as_uri()

    def document(self, path: str) -> types.TextDocumentIdentifier:
        """The file as requests name it."""
        return types.TextDocumentIdentifier(self.uri(path))

    def position(self, path: str, marked: str) -> types.Position:
        """The place of the ``|`` in a passage of an open document, in the units of the encoding."""
        before, _, after = marked.partition("|")
        offset = self.texts[path].index(before + after) + len(before)
        lines = self.texts[path][:offset].replace("\r\n", "\n").split("\n")
        width = {"utf-8": 1, "utf-16-le": 2, "utf-32-le": 4}[self.encoding]
        return types.Position(len(lines) - 1, len(lines[-1].encode(self.encoding)) // width)

    def under(self, path: str, where: types.Range) -> str:
        """The text at a range within one line of an open document."""
        width = {"utf-8": 1, "utf-16-le": 2, "utf-32-le": 4}[self.encoding]
        line = self.texts[path].replace("\r\n", "\n").split("\n")[where.start.line].encode(self.encoding)
        return line[where.start.character * width : where.end.character * width].decode(self.encoding)

    async def findings(self, path: str, holds: Callable[[Findings], bool]) -> Findings:
        """The findings that are shown at a file, once they are as they should be."""
        for _ in range(LOOKS):
            found = self.client.diagnostics.get(self.uri(path), ())
            if holds(found):
                return found
            await asyncio.sleep(BETWEEN_LOOKS_S)
        raise AssertionError(f"never as expected: {self.client.diagnostics.get(self.uri(path))}")

    async def codes(self, path: str, *codes: str) -> Findings:
        """The findings that are shown at a file, once they have just these codes."""
        return await self.findings(
            path, lambda found: sorted(str(one.code) for one in found) == sorted(codes)
        )

    def edited(self, path: str, edits: Sequence[types.TextEdit]) -> str:
        """An open document's text once edits to it are made, the last first."""
        text = self.texts[path]
        for edit in sorted(
            edits, key=lambda one: (one.range.start.line, one.range.start.character), reverse=True
        ):
            start, end = self._offset(text, edit.range.start), self._offset(text, edit.range.end)
            text = text[:start] + edit.new_text + text[end:]
        return text

    def _offset(self, text: str, position: types.Position) -> int:
        width = {"utf-8": 1, "utf-16-le": 2, "utf-32-le": 4}[self.encoding]
        lines = text.split("\n")
        units = lines[position.line].encode(self.encoding)[: position.character * width]
        return sum(len(line) + 1 for line in lines[: position.line]) + len(units.decode(self.encoding))
