"""How long it takes to say why a block shows what it shows, for customers of the benchmark's shop.

Run after ``prepare_shop`` has made the shop (``make bench`` does). Timed is what ``dearly explain`` does with
a customer whose profile and events it has read: the branches up to the one that decides, with the events
behind them, until when it holds, the smallest change that would make it another, and all of that as text.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from dearly.cli.answers import explain_answer
from dearly.cli.customers import read_all_of
from dearly.cli.explanation_report import answer_text
from dearly.cli.rules_package import load_rules
from dearly.store import open_store

WORK = Path(__file__).resolve().parent.parent / "build" / "bench"
BLOCK = "hero"
CUSTOMERS = 200


def measure() -> dict[str, float]:
    """Milliseconds an explanation, the mean over some customers."""
    checked = load_rules(str(WORK / "rules"))
    store = open_store(f"sqlite:///{WORK / 'shop.db'}")
    now_us = time.time_ns() // 1_000
    ids = store.page_customers(None, CUSTOMERS)
    customers = [(customer, *read_all_of(store, checked.program, customer)) for customer in ids]
    started = time.perf_counter()
    for customer, known, facts in customers:
        answer = explain_answer(checked.program, BLOCK, facts, now_us)
        answer_text(checked, answer, customer, known, show_sensitive=False)
    return {"explain_ms": round((time.perf_counter() - started) / len(customers) * 1e3, 2)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(), indent=2) + "\n")
