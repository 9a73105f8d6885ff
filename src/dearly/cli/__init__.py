"""The ``dearly`` command: one module a command, thin over the rooms below.

Settings come from flags, then the environment (``DEARLY_STORE`` for ``--store``), then ``dearly.toml``.
"""

from __future__ import annotations

import sys

from dearly import DearlyError


def main() -> None:
    """Run the command line; a :class:`DearlyError` ends it with its text and exit code 2."""
    from dearly.cli.app import app

    try:
        app()
    except DearlyError as error:
        sys.stderr.write(f"dearly: {error}\n")
        sys.exit(2)
