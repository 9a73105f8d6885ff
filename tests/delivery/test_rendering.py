"""The one way a record is written as JSON."""

from __future__ import annotations

import json

from dearly.delivery import feed_json
from dearly.store import FeedRecord
from tests.delivery.records import NOON_US, body


def test_a_transition_is_told_with_its_position_customer_and_times_in_words() -> None:
    told = feed_json(FeedRecord(7, "anna", body("vip"), NOON_US + 1_500_000))

    assert told.decode() == (
        '{"position":7,"customer_id":"anna","recorded_at":"2026-03-01T12:00:01.500000Z","kind":"segment",'
        '"name":"vip","from":null,"to":"in","at":"2026-03-01T12:00:00Z","cause":"event","rules":"r1"}'
    )


def test_a_trigger_tells_what_it_emits_and_a_merge_who_became_whom() -> None:
    trigger = {"kind": "trigger", "name": "cart", "at_us": NOON_US, "cause": "time", "emit": {"sum": 3.5}}
    merge = {"kind": "merge", "from_id": "visitor-1", "into_id": "anna", "at_us": NOON_US}

    told = [
        json.loads(feed_json(FeedRecord(1, "anna", json.dumps(each), NOON_US))) for each in (trigger, merge)
    ]

    assert told[0]["emit"] == {"sum": 3.5}
    assert list(told[1]) == ["position", "customer_id", "recorded_at", "kind", "from_id", "into_id", "at"]


def test_whatever_an_id_holds_a_record_is_one_line() -> None:
    told = feed_json(FeedRecord(1, 'a"\n\u2028🙂', body("vip"), NOON_US))

    assert b"\n" not in told
    assert json.loads(told)["customer_id"] == 'a"\n\u2028🙂'
