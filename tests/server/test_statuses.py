"""How calls are refused: codes, messages, structured details that fit into trailing metadata."""

from __future__ import annotations

import grpc
import pytest
from google.rpc import error_details_pb2

from dearly.server.limits import require_count, require_id
from dearly.server.statuses import (
    CallRefused,
    Violation,
    as_google_status,
    as_wire_status,
    busy,
    internal,
    invalid_argument,
    unknown_name,
)


def test_an_invalid_argument_names_each_field_in_its_details() -> None:
    status = as_google_status(
        invalid_argument([Violation("blocks", "too many"), Violation("send_id", "long")])
    )
    bad_request = error_details_pb2.BadRequest()
    assert status.details[0].Unpack(bad_request)
    assert [found.field for found in bad_request.field_violations] == ["blocks", "send_id"]
    assert status.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert status.message == "blocks: too many (and 1 more)"


def test_a_thousand_violations_fit_into_trailing_metadata() -> None:
    refused = invalid_argument([Violation(f"events[{n}]." + "f" * 5_000, "x" * 5_000) for n in range(1_000)])
    assert len(as_google_status(refused).SerializeToString()) < 6_000
    assert "(and 999 more)" in refused.message


def test_an_unknown_name_tells_the_nearest_in_words_and_in_details() -> None:
    status = as_google_status(unknown_name("block", "heros", "hero"))
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (info.reason, info.domain) == ("UNKNOWN_BLOCK", "dearly")
    assert dict(info.metadata) == {"name": "heros", "nearest": "hero"}
    assert status.message == "The rules declare no block 'heros'. Did you mean 'hero'?"


def test_an_unknown_name_that_none_is_near_to_tells_those_there_are() -> None:
    refused = unknown_name("stage", "vip", None, ["customer", "visitor"])
    assert refused.message == "The rules declare no stage 'vip'. Expected one of: customer, visitor."
    near = unknown_name("stage", "visitr", "visitor", ["customer", "visitor"])
    assert near.message == "The rules declare no stage 'visitr'. Did you mean 'visitor'?"


def test_a_status_inside_a_batch_has_the_bytes_of_a_google_status() -> None:
    refused = unknown_name("block", "heros", None)
    assert as_wire_status(refused).SerializeToString() == as_google_status(refused).SerializeToString()


def test_a_busy_server_tells_when_to_try_again() -> None:
    retry = error_details_pb2.RetryInfo()
    assert as_google_status(busy("Too much waits.", 0.5)).details[0].Unpack(retry)
    assert retry.retry_delay.ToMilliseconds() == 500


def test_an_unforeseen_error_is_told_by_an_incident_alone() -> None:
    assert internal("ab12").message == "The server failed on this call; its log says why under incident ab12."


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "expected an id of 1 to 256 bytes, got an empty one."),
        ("x" * 257, "expected an id of at most 256 bytes, got 257."),
        ("é" * 200, "expected an id of at most 256 bytes, got 400."),
    ],
)
def test_an_id_that_cannot_be_one_is_refused_with_the_field_and_the_limit(value: str, problem: str) -> None:
    with pytest.raises(CallRefused) as caught:
        require_id("customer_id", value)
    assert str(caught.value) == f"customer_id: {problem}"


def test_ids_that_are_the_same_text_are_the_same_id() -> None:
    assert require_id("customer_id", "e\u0301") == "\u00e9"


def test_an_optional_id_may_be_empty() -> None:
    assert require_id("send_id", "", optional=True) == ""


@pytest.mark.parametrize("count", [0, 1_001])
def test_too_few_and_too_many_are_refused_with_the_limits(count: int) -> None:
    with pytest.raises(CallRefused, match=rf"requests: expected 1 to 1,000, got {count:,}\."):
        require_count("requests", count, 1_000)
