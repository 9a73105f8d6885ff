"""Checks a batch that is kept whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from dearly.ingest import Rejected
from dearly.server.giving_way import with_pauses
from dearly.server.statuses import Violation, invalid_argument

Came = TypeVar("Came")
Checked = TypeVar("Checked")


def check_all(field: str, came: Iterable[Came], check: Callable[[Came], Checked]) -> list[Checked]:
    """Each thing as it will be kept. For a thread: it pauses.

    Raises:
        CallRefused: INVALID_ARGUMENT naming what is wrong with each that does not fit.
    """
    checked: list[Checked] = []
    violations: list[Violation] = []
    for place, one in enumerate(with_pauses(came)):
        try:
            checked.append(check(one))
        except Rejected as rejected:
            violations.append(Violation(f"{field}[{place}].{rejected.field}", rejected.message))
    if violations:
        raise invalid_argument(violations)
    return checked
