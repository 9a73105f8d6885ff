"""The language server: one core (:mod:`dearly.editor`), spoken to in the Language Server Protocol.

``roots`` finds the package that a file belongs to, ``packages`` keeps each one checked as it is edited,
``server`` holds what is open, ``translation`` turns answers into those of the protocol, ``capabilities``
says what is offered.
"""

from dearly.cli.language_server.capabilities import serve_stdio

__all__ = ["serve_stdio"]
