"""The ``dearly`` command: one module a command, thin over the rooms below.

Settings come from flags, then the environment (``DEARLY_STORE`` for ``--store``), then ``dearly.toml``.
"""

from __future__ import annotations

import sys

from dearly import DearlyError


def main() -> None:
    """Run the command line. A :class:`DearlyError` ends it with its text and exit code 2; rules with errors
    are what was asked about, not a wrong call, and end it with 1.
    """
    from dearly.cli.app import app
    from dearly.cli.rules_package import RulesBroken

    try:
        app(prog_name="dearly")
    except DearlyError as error:
        sys.stderr.write(f"dearly: {error}\n")
        sys.exit(1 if isinstance(error, RulesBroken) else 2)
