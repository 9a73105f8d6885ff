"""The one way a record of the feed is written as JSON, wherever it goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from dearly.language.values import time_to_stored
from dearly.store import FeedRecord

_BODY = msgspec.json.Decoder(dict[str, Any])


def feed_json(record: FeedRecord) -> bytes:
    """A record as one line of JSON: its position, customer and time of recording, then what its body says.

    Times are RFC 3339 in UTC: ``at_us`` of the body is told as ``at``, in its place.
    """
    told: dict[str, Any] = {
        "position": record.position,
        "customer_id": record.customer_id,
        "recorded_at": time_to_stored(record.recorded_us),
    }
    for key, value in _BODY.decode(record.body).items():
        if key == "at_us":
            told["at"] = time_to_stored(value)
        else:
            told[key] = value
    return msgspec.json.encode(told)


def feed_json_array(records: Sequence[FeedRecord]) -> bytes:
    """Several records as one JSON array."""
    return b"[" + b",".join(map(feed_json, records)) + b"]"
