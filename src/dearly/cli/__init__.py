"""The ``dearly`` command: one module a command, thin over the rooms below.

Settings come from flags, then the environment (``DEARLY_STORE`` for ``--store``), then ``dearly.toml``.
"""

from __future__ import annotations

import os
import sys

from dearly import DearlyError

_INTERRUPTED = 130
"""128 and SIGINT's number, as shells have it."""


def main() -> None:
    """Run the command line. A :class:`DearlyError` ends it with its text and exit code 2; rules with errors
    are what was asked about, not a wrong call, and end it with 1. So does an output that nobody reads any
    more, quietly; a disk that is full, or what else the system refuses, ends it with a line and 2.
    """
    try:
        code = _run()
        if not sys.stdout.closed:  # as a language server leaves it
            sys.stdout.flush()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except BrokenPipeError:
        _flush_or_drop_output()
        code = 1
    except OSError as error:
        _flush_or_drop_output()
        what = error.filename or "a file, or the output,"
        sys.stderr.write(f"dearly: {what} cannot be read or written: {error.strerror or error}.\n")
        code = 2
    sys.exit(code)


def _run() -> int | str | None:
    """The exit code of the command that is asked for."""
    from dearly.cli.app import app  # here, where Ctrl-C during its half second is caught
    from dearly.cli.rules_package import RulesBroken

    try:
        app(prog_name="dearly")
    except SystemExit as ended:
        return ended.code
    except DearlyError as error:
        sys.stderr.write(f"dearly: {error}\n")
        return 1 if isinstance(error, RulesBroken) else 2
    return 0


def _flush_or_drop_output() -> None:
    """Let go what cannot be written, or Python would try again when it ends, and complain itself."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
