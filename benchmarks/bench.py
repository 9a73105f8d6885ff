"""``make bench``: measures what users feel, beside a named peer in the same run; writes build/bench.json.

The server under test runs on one core, the load on the other, where there are two. Figures that need public
data (``../shared/data``) are null where it is absent; docs/performance.md explains each figure.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import grpc

from audiences import measure as measure_audiences
from checking import measure as measure_checking
from dearly.v1 import content_pb2
from explaining import measure as measure_explaining
from flips import measure as measure_flips
from ingest import measure as measure_ingest
from load import LoadReport, run_load
from lsp import measure as measure_lsp
from predicates import measure as measure_predicates
from servers import DEARLY, ROOT, WORK, empty_server, serving

REPORT = ROOT / "build" / "bench.json"
GOWALLA = ROOT.parent / "shared" / "data" / "gowalla"
JOURNEY = ROOT / "tests" / "realdata" / "completejourney"
CUSTOMERS = 5_000
ROUNDS = 3
BATCH = 100
PACED_CALLS = 5_000
RENDER = "/dearly.v1.ContentService/RenderContent"
EMPTY = "/bench.Empty/Call"

Figures = dict[str, Any]


def main() -> None:
    """Run every measurement; print each figure as it comes."""
    WORK.mkdir(parents=True, exist_ok=True)
    figures: Figures = {"cores": os.cpu_count(), "customers": CUSTOMERS}
    stages: list[tuple[str, Callable[[], Figures]]] = [
        ("the demo shop and its index", prepare_shop),
        ("renders against an empty handler", measure_renders),
        ("predicates against zen-engine, cel and rule-engine", measure_predicates),
        ("packages of 1,000 to 20,000 declarations", measure_checking),
        ("explanations of a block", measure_explaining),
        ("findings in an editor", measure_lsp),
        ("audiences against SQL by hand", measure_audiences),
        ("events taken in, against bare durable inserts", measure_ingest),
        ("membership as time passes", measure_flips),
        ("ranking on Gowalla", measure_gowalla),
        ("import of Complete Journey", measure_import),
    ]
    for title, measure in stages:
        sys.stdout.write(f"==> {title}\n")
        found = measure()
        figures |= found
        for name, value in found.items():
            sys.stdout.write(f"    {name} = {value}\n")
        sys.stdout.flush()
    REPORT.write_text(json.dumps(figures, indent=2) + "\n")
    sys.stdout.write(f"wrote {REPORT.relative_to(ROOT)}\n")


def prepare_shop() -> Figures:
    """The store, the rules (the example package and one block more) and a fresh index."""
    rules = WORK / "rules"
    shutil.rmtree(rules, ignore_errors=True)
    shutil.copytree(ROOT / "rules", rules)
    shutil.copytree(ROOT / "benchmarks" / "bench_block", rules, dirs_exist_ok=True)
    shutil.rmtree(WORK / "index", ignore_errors=True)
    store = f"sqlite:///{WORK / 'shop.db'}"
    run([*DEARLY, "demo", "--store", store, "--customers", str(CUSTOMERS), "--seed", "1"])
    started_s = time.perf_counter()
    run([*DEARLY, "index", "build", "--store", store, "--rules", str(rules), "--index", str(WORK / "index")])
    return {"index_build_s": round(time.perf_counter() - started_s, 2)}


def measure_renders() -> Figures:
    """Distinct customers, one call each, against an empty handler whose reply has the same size."""
    with serving(f"sqlite:///{WORK / 'shop.db'}", WORK / "rules", WORK / "index") as address:
        messages = [
            content_pb2.RenderContentRequest(customer_id=customer, blocks=["bench"]).SerializeToString()
            for customer in customer_ids()
        ]
        reply = sample_reply(address, messages[0])
        run_load(address, RENDER, messages[:500], connections=2, in_flight=8)
        with empty_server(len(reply)) as empty_address:
            renders, empties = [], []
            for _ in range(ROUNDS):
                empties.append(run_load(empty_address, EMPTY, messages * 3, connections=2, in_flight=16))
                renders.append(run_load(address, RENDER, messages, connections=2, in_flight=16))
            by_h2load = h2load_per_s(empty_address, messages[0], 3 * CUSTOMERS)
        paced = run_load(address, RENDER, messages[:PACED_CALLS], connections=1, in_flight=1)
        batches = [batch_blocks_per_s(address, messages) for _ in range(ROUNDS)]
    require_no_failure([*renders, *empties, paced])
    empty_per_s = statistics.median(report.per_s for report in empties)
    render_per_s = statistics.median(report.per_s for report in renders)
    return {
        "reply_bytes": len(reply),
        "empty_unary_per_s": round(empty_per_s),
        "empty_unary_h2load_per_s": by_h2load,
        "render_unary_per_s": round(render_per_s),
        "render_ratio": round(render_per_s / empty_per_s, 3),
        "render_p50_ms": round(paced.percentile_ms(0.50), 3),
        "render_p99_ms": round(paced.percentile_ms(0.99), 3),
        "batch_blocks_per_s": round(statistics.median(batches)),
    }


def h2load_per_s(address: tuple[str, int], message: bytes, calls: int) -> int | None:
    """The empty handler under h2load, to hold our own load generator against; null where that is absent."""
    if shutil.which("h2load") is None:
        return None
    body = WORK / "h2load.body"
    body.write_bytes(struct.pack(">BI", 0, len(message)) + message)
    command = ["h2load", "-n", str(calls), "-c", "2", "-m", "16", "-d", str(body)]
    command += ["-H", "content-type: application/grpc", "-H", "te: trailers"]
    told = run([*command, f"http://{address[0]}:{address[1]}{EMPTY}"])
    found = re.search(r"([\d.]+) req/s", told)
    return round(float(found[1])) if found else None


def batch_blocks_per_s(address: tuple[str, int], messages: list[bytes]) -> float:
    """Blocks a second in batches of 100 distinct customers, two batches under way."""
    requests = [content_pb2.RenderContentRequest.FromString(message) for message in messages]
    batches = [
        content_pb2.BatchRenderContentRequest(requests=requests[start : start + BATCH]).SerializeToString()
        for start in range(0, len(requests), BATCH)
    ]
    method = "/dearly.v1.ContentService/BatchRenderContent"
    options = [("grpc.max_receive_message_length", 64 << 20)]
    with grpc.insecure_channel(f"{address[0]}:{address[1]}", options=options) as channel:
        call = channel.unary_unary(method)
        started_s = time.perf_counter()
        waiting = []
        for batch in batches:
            waiting.append(call.future(batch))
            if len(waiting) == 2:
                waiting.pop(0).result()
        for future in waiting:
            future.result()
        return len(messages) / (time.perf_counter() - started_s)


def measure_gowalla() -> Figures:
    """Recall and nDCG at 20 as served, all test users; null without the data."""
    if not GOWALLA.exists():
        return {"gowalla_recall_at_20": None, "gowalla_ndcg_at_20": None, "gowalla_fit_s": None}
    train, test = GOWALLA / "train.npz", GOWALLA / "test.npz"
    out = run([*DEARLY, "index", "evaluate", "--train", str(train), "--test", str(test), "--json"])
    report = json.loads(out)
    return {
        "gowalla_recall_at_20": report["recall_at_20"],
        "gowalla_ndcg_at_20": report["ndcg_at_20"],
        "gowalla_fit_s": report["fit_s"],
    }


def measure_import() -> Figures:
    """Rows a second of ``dearly import``, into an empty store; null without the data."""
    if not (ROOT.parent / "shared" / "data" / "completejourney").exists():
        return {"import_rows_per_s": None}
    target = WORK / "import"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    store = f"sqlite:///{target / 'journey.db'}"
    mapping, rules = JOURNEY / "import.toml", JOURNEY / "rules"
    started_s = time.perf_counter()
    summary = json.loads(
        run([*DEARLY, "import", str(mapping), "--store", store, "--rules", str(rules), "--json"])
    )
    return {"import_rows_per_s": round(summary["rows"] / (time.perf_counter() - started_s))}


def run(command: list[str]) -> str:
    """Run a command to its end; its standard output. Progress goes to standard error as it comes."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


def customer_ids() -> list[str]:
    """Every customer of the demo, once."""
    return [f"c1-{number:05d}" for number in range(1, CUSTOMERS + 1)]


def sample_reply(address: tuple[str, int], message: bytes) -> bytes:
    """One serialised answer: the empty handler answers with as many bytes."""
    with grpc.insecure_channel(f"{address[0]}:{address[1]}") as channel:
        return bytes(channel.unary_unary(RENDER)(message))


def require_no_failure(reports: list[LoadReport]) -> None:
    """Stop where any call failed: a fast failure is no figure."""
    failed = sum(report.failed for report in reports)
    if failed:
        raise SystemExit(f"{failed} calls failed; no figures")


if __name__ == "__main__":
    main()
