"""``dearly lsp``."""

from __future__ import annotations

from typing import Annotated

import typer

from dearly import DearlyError


class EditorSupportMissing(DearlyError):
    """The language server's own dependencies are not installed."""


def lsp(
    stdio: Annotated[
        bool,
        typer.Option("--stdio", help="Speak over standard input and output. It always does; editors ask."),
    ] = True,
) -> None:
    """Serve editors while somebody writes rules and templates.

    Speaks the Language Server Protocol: findings as you type, hover, completion, definitions, references,
    rename, outline, formatting, quick fixes. editors/README.md tells how to set up an editor.
    """
    del stdio
    try:
        from dearly.cli.language_server import serve_stdio  # pygls is installed on request only
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise EditorSupportMissing(
            "The language server needs pygls. Install it with: pip install 'dearly[lsp]'."
        ) from None
    serve_stdio()
