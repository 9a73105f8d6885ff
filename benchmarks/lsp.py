"""How long an editor waits for findings: from an edit until they are there, over standard input and output.

The package has 1,000 declarations in files of a hundred. Each edit turns a name into one that is declared
nowhere, or back; the time runs from before the edit is sent until the findings that belong to it have come
in, the server's debounce included. No other server speaks of these rules, so there is a limit in place of a
peer: within it, an answer still feels like one to the key that was pressed.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from large_package import large_package

DECLARATIONS = 1_000
WARM_UPS = 3
EDITS = 40
LIMIT_MS = 150

_EDITED = "campaigns/from_25.rules"
_RIGHT, _WRONG = "no order_completed within 60 days", "no order_compleated within 60 days"


def measure() -> dict[str, Any]:
    """The median and the 95th percentile of all edits, and what they are held against, in milliseconds."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for path, data in large_package(DECLARATIONS).files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        taken_ms = asyncio.run(_edit(root))
    return {
        "lsp_diagnostics_ms": round(statistics.median(taken_ms), 1),
        "lsp_diagnostics_p95_ms": round(statistics.quantiles(taken_ms, n=20)[-1], 1),
        "lsp_diagnostics_limit_ms": LIMIT_MS,
    }


async def _edit(root: Path) -> list[float]:
    client = LanguageClient("bench", "1")
    shown: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def _(params: types.PublishDiagnosticsParams) -> None:
        shown.put_nowait(params)

    await client.start_io(sys.executable, "-m", "dearly.cli", "lsp")
    await client.initialize_async(types.InitializeParams(types.ClientCapabilities(), root_uri=root.as_uri()))
    client.initialized(types.InitializedParams())
    uri, text = (root / _EDITED).as_uri(), (root / _EDITED).read_text()
    document = types.TextDocumentItem(uri, "dearly", 0, text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(document))
    taken_ms = []
    for number in range(WARM_UPS + EDITS):
        wrong = number % 2 == 0
        started = time.perf_counter()
        _change(client, uri, text.replace(_RIGHT, _WRONG, 1) if wrong else text, number + 1)
        while bool((await _findings(shown, uri, number + 1)).diagnostics) is not wrong:
            pass
        taken_ms.append((time.perf_counter() - started) * 1e3)
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    return taken_ms[WARM_UPS:]


async def _findings(
    shown: asyncio.Queue[types.PublishDiagnosticsParams], uri: str, version: int
) -> types.PublishDiagnosticsParams:
    """The next findings of a document at a version."""
    while True:
        found = await asyncio.wait_for(shown.get(), timeout=60)
        if found.uri == uri and found.version == version:
            return found


def _change(client: LanguageClient, uri: str, text: str, version: int) -> None:
    document = types.VersionedTextDocumentIdentifier(version, uri)
    changes = [types.TextDocumentContentChangeWholeDocument(text)]
    client.text_document_did_change(types.DidChangeTextDocumentParams(document, changes))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(), indent=2) + "\n")
