"""The one way a record of the feed is written as JSON, wherever it goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from dearly.language.values import time_to_stored
from dearly.store import FeedRecord

_BODY = msgspec.json.Decoder(dict[str, Any])


def feed_json(record: FeedRecord) -> bytes:
    """A record as one line of JSON: its position, customer and time of recording, then what its body says."""
    told = {
        "position": record.position,
        "customer_id": record.customer_id,
        "recorded_at": time_to_stored(record.recorded_us),
        **told_body(record.body),
    }
    return msgspec.json.encode(told)


def told_body(body: str) -> dict[str, Any]:
    """What a record's body says, as it is told outside: ``at_us`` as ``at``, in its place, in RFC 3339."""
    return dict(_told(key, value) for key, value in _BODY.decode(body).items())


def feed_json_array(records: Sequence[FeedRecord]) -> bytes:
    """Several records as one JSON array."""
    return b"[" + b",".join(map(feed_json, records)) + b"]"


def _told(key: str, value: Any) -> tuple[str, Any]:
    return ("at", time_to_stored(value)) if key == "at_us" else (key, value)
