"""``dearly version``."""

from __future__ import annotations

import platform

import grpc
import typer

from dearly import __version__


def version() -> None:
    """Print the versions of Dearly, Python and gRPC."""
    typer.echo(f"dearly {__version__} (Python {platform.python_version()}, grpcio {grpc.__version__})")
