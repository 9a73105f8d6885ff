"""Progress of long work on standard error: a bar for a person who watches, else a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def track_progress(description: str, total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
    """Show progress while the body runs; the body calls what it is given with how many more are done."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(description, total, unit)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TaskProgressColumn(show_speed=True),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(description, total=total)
        yield lambda count: progress.advance(task, count)


@contextmanager
def show_steps(what: str) -> Iterator[Callable[[str], None]]:
    """Tell which step is under way, where none can say how long it takes; the body names each."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda step: print(f"{what}: {step}", file=sys.stderr, flush=True)  # noqa: T201 - a command's own output
        return
    with console.status(what) as status:
        yield lambda step: status.update(f"{what}: {step}")


def _lines(description: str, total: int | None, unit: str) -> Callable[[int], None]:
    done = 0
    next_line_s = time.monotonic() + SECONDS_BETWEEN_LINES

    def advance(count: int) -> None:
        nonlocal done, next_line_s
        done += count
        if time.monotonic() >= next_line_s:
            next_line_s = time.monotonic() + SECONDS_BETWEEN_LINES
            of = f" of {total:,}" if total is not None else ""
            sys.stderr.write(f"{description}: {done:,}{of} {unit}\n")

    return advance
