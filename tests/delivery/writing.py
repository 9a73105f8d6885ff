"""A process that appends records to a file until it is killed: `python -m tests.delivery.writing PATH N`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from dearly.delivery import JsonLinesSink
from tests.delivery.erasing import Erasures
from tests.delivery.records import record

AT_ONCE = 7
ROTATE_BYTES = 20_000


async def write(path: Path, after: int) -> None:
    """Deliver records without end, and tell how far they are taken for good."""
    sink = JsonLinesSink("log", path, ROTATE_BYTES, Erasures())
    while True:
        await sink.deliver([record(after + number) for number in range(1, AT_ONCE + 1)])
        after += AT_ONCE
        sys.stdout.write(f"{after}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), int(sys.argv[2])))
