"""How long it takes to parse and to check rules: packages of 1,000 to 20,000 declarations.

Checking is what ``dearly check`` does once the files are read, parsing included. A figure for each size per
1,000 declarations shows whether time grows with the size or faster. Counted is the processor's time: some of
these take many seconds, in which a machine does other things too.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from dearly.language import Package, check_package
from dearly.language.syntax.parser import MAX_DECLARATIONS, parse_rules
from large_package import large_package, rules_of

ROUNDS = 5
SIZES = (1_000, 10_000, MAX_DECLARATIONS - 20)


def measure() -> dict[str, Any]:
    """Megabytes (10^6 bytes) parsed a second, and milliseconds to check, in all and per 1,000."""
    package = large_package(SIZES[0])
    texts = rules_of(package)
    megabytes = sum(len(text.encode()) for text in texts.values()) / 1e6
    check_ms = {size: _check_ms(large_package(size), ROUNDS if size == SIZES[0] else 2) for size in SIZES}
    return {
        "parse_mb_per_s": round(megabytes / _best_s(lambda: _parse(texts), ROUNDS), 3),
        "check_1000_declarations_ms": round(check_ms[SIZES[0]], 1),
        "check_ms_per_1000_declarations": {
            size: round(taken_ms / size * 1_000, 1) for size, taken_ms in check_ms.items()
        },
    }


def _check_ms(package: Package, rounds: int) -> float:
    report = check_package(package)
    if report.program is None or report.diagnostics:
        raise SystemExit(f"the benchmark's rules do not check: {report.diagnostics[:3]}")
    return _best_s(lambda: check_package(package), rounds) * 1e3


def _parse(texts: dict[str, str]) -> None:
    for path, text in texts.items():
        _, problems = parse_rules(text, path)
        if problems:
            raise SystemExit(f"the benchmark's rules do not parse: {problems[:3]}")


def _best_s(work: Callable[[], object], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(), indent=2) + "\n")
