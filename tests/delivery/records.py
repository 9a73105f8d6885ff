"""Records of a feed, made up for tests."""

from __future__ import annotations

import json

from dearly.store import FeedRecord

NOON_US = 1_772_366_400_000_000
"""2026-03-01T12:00:00Z"""


def body(name: str = "vip", **more: object) -> str:
    """What a transition's record says."""
    told = {"kind": "segment", "name": name, "from": None, "to": "in", "at_us": NOON_US, "cause": "event"}
    return json.dumps({**told, "rules": "r1", **more}, separators=(",", ":"), ensure_ascii=False)


def record(
    position: int, customer_id: str = "anna", recorded_us: int = NOON_US, **more: object
) -> FeedRecord:
    """A record that says that a customer came into a segment."""
    return FeedRecord(position, customer_id, body(**more), recorded_us)  # type: ignore[arg-type]
