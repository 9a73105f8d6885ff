"""Servers under test: on a core of their own, with the load on the other, where there are two."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "bench"
DEARLY = [sys.executable, "-m", "dearly.cli"]
CORES = sorted(os.sched_getaffinity(0))


@contextmanager
def serving(store: str, rules: Path, index: Path, *more: str) -> Iterator[tuple[str, int]]:
    """``dearly serve`` on a free port."""
    options = ["--store", store, "--rules", str(rules), "--index", str(index), *more]
    with (WORK / "server.log").open("wb") as log:
        command = [*DEARLY, "serve", *options, "--address", "127.0.0.1:0"]
        yield from started(command, log)


@contextmanager
def empty_server(reply_bytes: int) -> Iterator[tuple[str, int]]:
    """The peer: a handler that does nothing, in the same process model."""
    command = [sys.executable, str(ROOT / "benchmarks" / "empty_server.py"), str(reply_bytes)]
    yield from started(command, subprocess.DEVNULL)


def started(command: list[str], log: Any) -> Iterator[tuple[str, int]]:
    """Start a server that prints ``{"event": "listening", "address": ..}``; stop it at the end."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT)
    os.sched_setaffinity(process.pid, {CORES[0]})
    os.sched_setaffinity(0, {CORES[-1]})
    try:
        assert process.stdout is not None
        listening = json.loads(process.stdout.readline())
        host, port = listening["address"].rsplit(":", 1)
        yield host, int(port)
    finally:
        process.terminate()
        process.wait(timeout=30)
        os.sched_setaffinity(0, CORES)
