"""Where the time of a render goes, stage by stage, in one process and without gRPC; run ``make bench`` first.

Prints microseconds: the mean over 2,000 customers of the benchmark's shop, in the second of two rounds.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from pathlib import Path

from dearly.content import Serving, prepare_serving
from dearly.content.budget import Budget
from dearly.content.items import Place, fill_lists
from dearly.content.serving import template_context
from dearly.evaluation import read_facts
from dearly.language import check_package, read_package
from dearly.language.types import END_OF_TIME_US
from dearly.recommendation import Recommender, RecommenderKeeper
from dearly.store import CustomerQuery, Store, open_store

WORK = Path(__file__).resolve().parent.parent / "build" / "bench"
BLOCK = "bench"
CUSTOMERS = 2_000


def main() -> None:
    """Two rounds over the same customers; the first one only warms up."""
    program = check_package(read_package(WORK / "rules")).program
    assert program is not None
    serving, store = prepare_serving(program), open_store(f"sqlite:///{WORK / 'shop.db'}")
    now_us = time.time_ns() // 1_000
    recommender = RecommenderKeeper(store, WORK / "index").refresh(program, now_us)
    for _ in range(2):
        spent: defaultdict[str, float] = defaultdict(float)
        for number in range(1, CUSTOMERS + 1):
            render(serving, store, recommender, f"c1-{number:05d}", now_us, spent)
    for stage, seconds in spent.items():
        sys.stdout.write(f"{seconds / CUSTOMERS * 1e6:7.1f} us  {stage}\n")


def render(
    serving: Serving,
    store: Store,
    recommender: Recommender,
    customer: str,
    now_us: int,
    spent: dict[str, float],
) -> None:
    """What a callout does, with a look at the clock after each stage."""
    clock = [time.perf_counter()]

    def lap(stage: str) -> None:
        clock.append(time.perf_counter())
        spent[stage] += clock[-1] - clock[-2]

    query = CustomerQuery(customer, serving.ranges((BLOCK,), now_us), END_OF_TIME_US)
    lap("which events to read")
    (rows,) = store.read_customers([query])
    lap("read the profile and the events")
    facts = read_facts(serving.reader, rows.profile, rows.logs)
    lap("typed facts")
    evaluation = serving.compiled.at(facts, now_us)
    watch = evaluation.watch()
    index = watch.branch(BLOCK)
    lap("decide the branch")
    branch = serving.program.blocks[BLOCK].branches[index]
    place = Place(BLOCK, index, branch)
    lists = fill_lists(place, evaluation, facts, recommender, now_us, lambda: False)
    lap("six recommendations")
    context = template_context(serving.reads[branch.template], facts, watch, lists)
    lap("20 segments, a stage, merge tags")
    manner = serving.manner("", facts.profile)
    serving.templates[branch.template].in_locale(manner.locale).render(context, Budget(), manner)
    lap("HTML and text")


if __name__ == "__main__":
    main()
