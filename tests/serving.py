"""`dearly serve` in a process of its own, for tests that call it from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A server that listens. Its log goes to a file."""

    process: subprocess.Popen[str]
    address: str
    log: Path


def serve_command(folder: Path, rules: Path, *more: str) -> list[str]:
    """The command that serves rules, with the store and the indexes in a folder, on a free port."""
    places = ["--store", f"sqlite:///{folder}/store.db", "--rules", str(rules), "--index", f"{folder}/index"]
    return [sys.executable, "-m", "dearly.cli", "serve", *places, "--address", "127.0.0.1:0", *more]


@contextmanager
def server_process(folder: Path, rules: Path, *more: str, **environment: str) -> Iterator[ServerProcess]:
    """A server for as long as the block lasts; what is left of it then is killed."""
    log = folder / "server.log"
    with (
        log.open("wb") as sink,
        subprocess.Popen(
            serve_command(folder, rules, *more),
            stdout=subprocess.PIPE,
            stderr=sink,
            text=True,
            env=os.environ | environment,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, log.read_text()
            told = json.loads(line)
            assert told["event"] == "listening"
            yield ServerProcess(process, told["address"], log)
        finally:
            process.kill()
