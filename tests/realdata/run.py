"""``make realdata``: a grocer's year end to end; writes build/realdata.json.

Imports all of Complete Journey with the commands a user types, builds the index, serves, and renders two
blocks for every household over a real socket; then replays the year, and holds membership against the
warehouse's audiences. ``../shared/data/completejourney`` has to be there.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from dearly.cli.progress import track_progress
from dearly.store import EventRange, open_store
from dearly.v1 import content_pb2, content_pb2_grpc, recommendations_pb2, recommendations_pb2_grpc
from tests.realdata.html import html_problem
from tests.realdata.membership import replay_membership
from tests.serving import server_process

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT.parent / "shared" / "data" / "completejourney"
JOURNEY = Path(__file__).resolve().parent / "completejourney"
RULES = JOURNEY / "rules"
BLOCKS = ("picks", "savings")
PAGE = 6
AS_OF = datetime(2018, 1, 1, tzinfo=UTC)
"""The instant after the data's last."""


@dataclass(slots=True)
class Findings:
    """What was seen over all calls."""

    calls: int = 0
    non_ok: int = 0
    html_invalid: int = 0
    repeated_items: int = 0
    households_with_history: int = 0
    full_lists: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def report(self) -> dict[str, Any]:
        """The figures by name."""
        return {
            "calls": self.calls,
            "non_ok": self.non_ok,
            "statuses": dict(self.statuses),
            "html_invalid": self.html_invalid,
            "repeated_items": self.repeated_items,
            "households_with_history": self.households_with_history,
            "full_lists_ratio": self.full_lists / max(1, self.households_with_history),
            "reasons": dict(sorted(self.reasons.items())),
            "problems": self.problems[:20],
        }


def journey(work: Path, households: int | None = None) -> dict[str, Any]:
    """The whole road in an empty folder; renders for the first ``households``, or for all.

    Raises:
        subprocess.CalledProcessError: a command failed; its own words are on standard error.
    """
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    store, index = f"sqlite:///{work / 'store.db'}", str(work / "index")
    seconds: dict[str, float] = {}
    with timed(seconds, "import_s"):
        mapping, rejects = str(JOURNEY / "import.toml"), str(work / "rejects.jsonl")
        imported = dearly(
            "import", mapping, "--store", store, "--rules", str(RULES), "--json", "--rejects", rejects
        )
    with timed(seconds, "index_build_s"):
        places = ("--store", store, "--rules", str(RULES), "--index", index)
        dearly("index", "build", *places, "--as-of", AS_OF.isoformat())
    with server_process(work, RULES, "--allow-now") as server, timed(seconds, "render_s"):
        findings = render_all(server.address, store, households)
    figures = findings.report()
    seconds["calls_per_s"] = round(figures["calls"] / seconds["render_s"], 1)
    return figures | {"import": json.loads(imported), "timings": seconds}


def render_all(address: str, store: str, households: int | None) -> Findings:
    """Two blocks and one list of recommendations for each household."""
    findings = Findings()
    known = buyers(store)
    customers = sorted(known)[:households]
    with (
        grpc.insecure_channel(address) as channel,
        track_progress("rendering", len(customers), "households") as advance,
    ):
        content = content_pb2_grpc.ContentServiceStub(channel)
        recommendations = recommendations_pb2_grpc.RecommendationServiceStub(channel)
        for customer in customers:
            render_one(content, recommendations, customer, known[customer], findings)
            advance(1)
    return findings


def render_one(
    content: Any, recommendations: Any, customer: str, has_history: bool, findings: Findings
) -> None:
    """One household's mail, looked at from every side."""
    now = Timestamp()
    now.FromDatetime(AS_OF)
    findings.calls += 1
    try:
        request = content_pb2.RenderContentRequest(customer_id=customer, blocks=BLOCKS, now=now)
        reply = content.RenderContent(request, timeout=5)
        asked = recommendations_pb2.RecommendRequest(
            customer_id=customer, catalog="product", limit=PAGE, now=now
        )
        suggested = recommendations.Recommend(asked, timeout=5)
    except grpc.RpcError as error:
        findings.non_ok += 1
        findings.statuses[error.code().name] += 1
        findings.problems.append(f"{customer}: {error.code().name} {error.details()}")
        return
    findings.statuses["OK"] += 1
    for block in reply.blocks:
        judge_block(customer, block, findings)
    if has_history:
        findings.households_with_history += 1
        personal = all(
            item.strategy == recommendations_pb2.ITEM_STRATEGY_RECOMMENDED for item in suggested.items
        )
        picks = reply.blocks[0]
        matched = picks.reason == content_pb2.BLOCK_REASON_MATCHED
        findings.full_lists += (
            matched and personal and len(picks.item_ids) == PAGE and len(suggested.items) == PAGE
        )


def judge_block(customer: str, block: content_pb2.RenderedBlock, findings: Findings) -> None:
    """Count the reason; look for bad HTML and items shown twice."""
    name = content_pb2.BlockReason.Name(block.reason).removeprefix("BLOCK_REASON_")
    findings.reasons[f"{block.name}:{name}"] += 1
    if problem := html_problem(block.html):
        findings.html_invalid += 1
        findings.problems.append(f"{customer} {block.name}: {problem}")
    if len(set(block.item_ids)) < len(block.item_ids):
        findings.repeated_items += 1
        findings.problems.append(f"{customer} {block.name}: shows an item twice: {list(block.item_ids)}")


def buyers(store: str) -> dict[str, bool]:
    """Every household, and whether it ever bought anything."""
    opened = open_store(store)
    try:
        ids = opened.page_customers(None, 1_000_000)
        bought = [EventRange("product_purchased", None)]
        now_us = int(AS_OF.timestamp()) * 1_000_000
        return {customer: bool(opened.read_customer(customer, bought, now_us).logs) for customer in ids}
    finally:
        opened.close()


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Note how long the body took."""
    started_s = time.perf_counter()
    yield
    seconds[name] = round(time.perf_counter() - started_s, 2)


def dearly(*arguments: str) -> str:
    """Run one command; its standard output."""
    command = [sys.executable, "-m", "dearly.cli", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


def main() -> None:
    """Run it all, print the figures, write them down; exit 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path, default=ROOT / "build" / "realdata.json")
    options = parser.parse_args()
    if not DATA.exists():
        raise SystemExit(f"The Complete Journey data is not at {DATA}; nothing to do without it.")
    work = ROOT / "build" / "realdata"
    figures = journey(work)
    figures |= replay_membership(f"sqlite:///{work / 'store.db'}", RULES / "schema.rules", work / "replay")
    options.report.write_text(json.dumps(figures, indent=2) + "\n")
    sys.stdout.write(json.dumps(figures, indent=2) + f"\nwrote {options.report}\n")
    wrong = ("non_ok", "html_invalid", "repeated_items", "membership_mismatches")
    if any(figures[name] for name in wrong):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
