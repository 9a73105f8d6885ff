"""The section of docs/language.md on ten mistakes: each package, and all that `dearly check` prints of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.language.ten_mistakes import HELLO, MISTAKES, SCHEMA, files_of


def mistakes_section() -> str:
    """What stands below the section's introduction, in Markdown."""
    return "\n".join([f"```rules alone\n{SCHEMA}```\n", *(_mistake(name) for name in MISTAKES)])


def _mistake(name: str) -> str:
    return "\n".join([f"### {name[0].upper()}{name[1:]}\n", *_files(name), _console(name)])


def _files(name: str) -> Iterator[str]:
    """The package's own files, but for templates that only say Hello."""
    for path, text in MISTAKES[name].items():
        if text != HELLO:
            tag = "rules mistake" if path.endswith(".rules") else "html"
            yield f"```{tag}\n{text}```\n"


def _console(name: str) -> str:
    with TemporaryDirectory() as directory:
        for path, content in files_of(name).items():
            place = Path(directory, "rules", path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("DEARLY_")}
        printed = subprocess.run(
            [sys.executable, "-m", "dearly.cli", "check"],
            cwd=directory,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        ).stdout
    return f"```console\n$ dearly check\n{printed}```\n"
