"""A record of the feed, a dead letter, and how sinks stand, as lines for a person or a tool."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from dearly.delivery import feed_json
from dearly.language.values import time_to_stored
from dearly.store import DeadLetter, FeedRecord, SinkBacklog

_SINK_COLUMNS = (
    "sink",
    "told up to",
    "waiting",
    "waiting since",
    "failing since",
    "in a row",
    "dead letters",
)
_BODY = msgspec.json.Decoder(dict[str, Any])


def record_line(record: FeedRecord) -> str:
    """A record on one line: its position, when it happened, to whom, and what."""
    body = _BODY.decode(record.body)
    at = time_to_stored(body.get("at_us", record.recorded_us))
    return _plain(f"{record.position}  {at}  {record.customer_id}  {_what(body)}")


def dead_letter_line(letter: DeadLetter) -> str:
    """A dead letter on two lines: its number, its sink, its record, when it was set aside, and why."""
    set_aside = time_to_stored(letter.died_us)
    first = f"{letter.number}  {letter.sink}  {record_line(letter.record)}"
    return f"{first}\n    {set_aside}: {_plain(letter.reason)}"


def dead_letter_json(letter: DeadLetter) -> str:
    """A dead letter as one line of JSON, the record in it as sinks are told it."""
    told = {
        "number": letter.number,
        "sink": letter.sink,
        "reason": letter.reason,
        "died_at": time_to_stored(letter.died_us),
        "record": msgspec.Raw(feed_json(letter.record)),
    }
    return msgspec.json.encode(told).decode()


def sink_lines(backlogs: Sequence[SinkBacklog]) -> Iterator[str]:
    """How sinks stand, as a table; below one that fails, why."""
    rows = [_SINK_COLUMNS, *(_sink_row(backlog) for backlog in backlogs)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    reasons = [None, *(backlog.state.reason for backlog in backlogs)]
    for row, reason in zip(rows, reasons, strict=True):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        if reason is not None:
            yield f"    {_plain(reason)}"


def sink_json(backlog: SinkBacklog) -> str:
    """How a sink stands, as one line of JSON."""
    state = backlog.state
    told = {
        "sink": state.name,
        "position": state.position,
        "waiting": backlog.waiting,
        "waiting_since": _time_or_none(backlog.waiting_since_us),
        "failing_since": _time_or_none(state.failing_since_us),
        "failures_in_a_row": state.failures,
        "reason": state.reason,
        "dead_letters": backlog.dead,
    }
    return msgspec.json.encode(told).decode()


def _sink_row(backlog: SinkBacklog) -> tuple[str, ...]:
    state = backlog.state
    return (
        state.name,
        str(state.position),
        f"{backlog.waiting:,}",
        _time_or_none(backlog.waiting_since_us) or "-",
        _time_or_none(state.failing_since_us) or "-",
        f"{state.failures:,}",
        f"{backlog.dead:,}",
    )


def _time_or_none(time_us: int | None) -> str | None:
    return None if time_us is None else time_to_stored(time_us)


def _what(body: dict[str, Any]) -> str:
    match body.get("kind"):
        case "merge":
            return f"merge {body['from_id']} became {body['into_id']}"
        case "trigger":
            emitted = msgspec.json.encode(body.get("emit", {})).decode()
            return f"trigger {body['name']} ({body['cause']}) {emitted}"
        case kind:
            was, now = body.get("from") or "out", body.get("to") or "out"
            return f"{kind} {body['name']} {was} → {now} ({body['cause']})"


def _plain(text: str) -> str:
    """A text without what acts on a terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
