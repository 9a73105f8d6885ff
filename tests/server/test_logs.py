"""Log lines: JSON, never in a call's way, never with a person in them."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator

import pytest
import structlog

from dearly.server.access_log import CustomerHash
from dearly.server.logs import LogWriter, configure_logs, where_it_failed


class StuckStream(io.RawIOBase):
    """A pipe whose reader does not read until it is let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.written: list[bytes] = []

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.let_go.wait(10)
        self.written.append(bytes(data))
        return len(data)


@pytest.fixture
def stream() -> Iterator[io.BytesIO]:
    yield io.BytesIO()
    structlog.reset_defaults()
    logging.basicConfig(force=True)


def test_a_line_is_one_json_object_with_its_time_and_level(stream: io.BytesIO) -> None:
    writer = configure_logs(stream)
    structlog.get_logger("anything").info("call", method="m", note="a\nb")
    writer.close()
    (line,) = stream.getvalue().splitlines()
    told = json.loads(line)
    assert told.pop("time").endswith("Z")
    assert told == {"event": "call", "level": "info", "method": "m", "note": "a\nb"}


def test_a_name_that_is_no_utf8_loses_no_line(stream: io.BytesIO) -> None:
    writer = configure_logs(stream)
    structlog.get_logger("anything").info("found", file="\udcff.rules")
    writer.close()
    assert json.loads(stream.getvalue())["file"] == "\udcff.rules"


def test_a_stuck_reader_holds_up_nobody_and_what_is_dropped_is_counted() -> None:
    stuck = StuckStream()
    writer = LogWriter(stuck, max_waiting=10)
    for number in range(1_000):
        writer.msg(b'{"line": %d}' % number)
    stuck.let_go.set()
    writer.close()
    lines = [json.loads(line) for chunk in stuck.written for line in chunk.splitlines()]
    dropped = sum(line.get("lines", 0) for line in lines if line.get("event") == "log_lines_dropped")
    assert dropped + sum("line" in line for line in lines) == 1_000
    assert dropped >= 900


def test_a_librarys_record_is_told_without_its_arguments(stream: io.BytesIO) -> None:
    writer = configure_logs(stream)
    try:
        raise ValueError("ada@example.test")
    except ValueError:
        logging.getLogger("grpc").exception("cannot greet %s", "Ada")
    writer.close()
    text = stream.getvalue().decode()
    assert "Ada" not in text
    assert "ada@" not in text
    assert json.loads(text)["template"] == "cannot greet %s"


def test_an_error_is_told_by_its_type_and_places_not_by_its_text() -> None:
    try:
        raise KeyError("ada@example.test")
    except KeyError as error:
        told = where_it_failed(error)
    assert told["error"] == "KeyError"
    assert told["trace"][-1].startswith("test_logs.py:")
    assert "ada" not in str(told)


def test_a_customers_hash_is_stable_under_one_key_and_another_under_another() -> None:
    assert CustomerHash(b"k")("c1") == CustomerHash(b"k")("c1")
    assert len({CustomerHash(b"k")("c1"), CustomerHash(b"l")("c1"), CustomerHash(b"k")("c2")}) == 3
