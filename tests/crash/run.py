"""``make crash``: servers killed while events come in; writes build/crash.json.

Reads DEARLY_CRASH_KILLS (50) and DEARLY_CRASH_EVENTS (100,000), of each store. A real server on a real socket
is killed by SIGKILL at random moments and started again, while a client sends on until every event is
acknowledged. Then every acknowledged event must be there once, membership must be what an evaluation from
scratch says, and what was told must follow without a gap, at the instants that a replay has. Exits with 1
when anything is wrong.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dearly.language import Program, check_package, read_package
from dearly.store import open_store
from tests.crash.checking import Verdict, judge
from tests.crash.sending import Sender
from tests.postgres import fresh_database, why_no_postgres
from tests.serving import ServerProcess, server_process
from tests.waiting import wait_until

RULES = Path(__file__).parent / "rules"
REPORT = Path("build/crash.json")
SHORTEST_LIFE_S, LONGEST_LIFE_S = 0.02, 0.8
"""After its first acknowledgement."""


@dataclass(slots=True)
class _Where:
    """Which server lives now, if one does."""

    server: ServerProcess | None = None

    def address(self) -> str | None:
        """Where it listens."""
        return self.server.address if self.server is not None else None


def crash(folder: Path, url: str, kills: int, events: int, tell: Callable[[str], None]) -> Verdict:
    """Kill a store's servers so many times, while at least so many events come in."""
    chance = random.Random(kills)
    where = _Where()
    sender = Sender(where.address, chance)
    sending = threading.Thread(target=sender.run)
    sending.start()
    try:
        for life in range(kills + 1):
            with server_process(folder, RULES, "--store", url) as server:
                before, where.server = len(sender.acked), server
                try:
                    wait_until(lambda before=before: len(sender.acked) > before)  # type: ignore[misc]
                    if life < kills:
                        time.sleep(chance.uniform(SHORTEST_LIFE_S, LONGEST_LIFE_S))
                        tell(f"  {life + 1} of {kills} kills, {len(sender.acked):,} events acknowledged")
                    else:
                        wait_until(lambda: len(sender.acked) >= events)
                        sender.end()
                        sending.join()
                finally:
                    where.server = None
            # Leaving the block kills the server as it stands.
    finally:
        sender.end()
        sending.join()
    store = open_store(url)
    try:
        return judge(store, _program(), sender)
    finally:
        store.close()


def _program() -> Program:
    program = check_package(read_package(RULES)).program
    assert program is not None
    return program


def main() -> int:
    """Try each store, tell, write the report."""
    kills = int(os.environ.get("DEARLY_CRASH_KILLS", "50"))
    events = int(os.environ.get("DEARLY_CRASH_EVENTS", "100000"))
    verdicts: dict[str, Verdict] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="dearly-crash-")))
        urls = {"sqlite": f"sqlite:///{folder}/crash.db"}
        if (lacking := why_no_postgres()) is None:
            urls["postgresql"] = fresh_database()
        else:
            print(f"without PostgreSQL: {lacking}")
        for name, url in urls.items():
            print(f"==> {name}: {kills} kills among {events:,} events", flush=True)
            verdicts[name] = crash(folder, url, kills, events, lambda line: print(line, flush=True))
    report = _report(verdicts, kills)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    return 0 if all(verdict.is_good for verdict in verdicts.values()) else 1


def _report(verdicts: dict[str, Verdict], kills: int) -> dict[str, Any]:
    """The figures in all, and of each store."""
    in_all = ("acked", "lost", "doubled", "transitions_lost", "instants_wrong")
    sums = {name: sum(getattr(verdict, name) for verdict in verdicts.values()) for name in in_all}
    stores = {name: asdict(verdict) for name, verdict in verdicts.items()}
    return {"kills": kills * len(verdicts), **sums, "stores": stores}


if __name__ == "__main__":
    sys.exit(main())
