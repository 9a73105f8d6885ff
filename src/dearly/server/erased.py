"""What a caller is told who writes to a customer that was erased, or merges one that was merged elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from dearly.server.statuses import CallRefused, Violation, failed_precondition

REASON = (
    "this customer was erased, so nothing is kept of them. Should they come back, readmit them first: "
    "UpsertProfiles with `readmit`."
)


TAKEN_REASON = (
    "this id forwards to another customer already. If those two are one person, merge that customer; if not, "
    "several people share this id."
)


def erased(fields: Iterable[str]) -> CallRefused:
    """FAILED_PRECONDITION naming where customers stand who were erased."""
    return failed_precondition("ERASED_CUSTOMER", [Violation(field, REASON) for field in fields])
