"""Generates the Python modules of protos/dearly/v1 into src/dearly/v1 whenever the package is built.

Used by hatchling (``pip install .``, also editable) and, as a script, by ``make protos``.
"""

from __future__ import annotations

import sys
from importlib import resources
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"
TARGET = ROOT / "src"


def generate() -> list[Path]:
    """Run protoc over every proto of the API; return the sources it compiled."""
    from grpc_tools import protoc

    sources = sorted(PROTOS.glob("dearly/v1/*.proto"))
    package = TARGET / "dearly" / "v1"
    package.mkdir(parents=True, exist_ok=True)
    for stale in package.glob("*_pb2*"):
        stale.unlink()
    (package / "__init__.py").write_text('"""Generated from protos/dearly/v1. Do not edit."""\n')
    include = resources.files("grpc_tools") / "_proto"
    arguments = [
        "protoc",
        f"-I{PROTOS}",
        f"-I{include}",
        f"--python_out={TARGET}",
        f"--pyi_out={TARGET}",
        f"--grpc_python_out={TARGET}",
        *map(str, sources),
    ]
    status = protoc.main(arguments)
    if status != 0:
        raise SystemExit(f"protoc could not compile {len(sources)} files below {PROTOS} (exit {status})")
    return sources


class ProtoBuildHook(BuildHookInterface[Any]):
    """Hatchling's hook: the wheel carries freshly generated modules, never a developer's leftovers."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generate before files are collected."""
        del version, build_data
        generate()


if __name__ == "__main__":
    for source in generate():
        sys.stdout.write(f"generated from {source.relative_to(ROOT)}\n")
