"""Webhooks over real sockets: what is sent, and what becomes of it whatever the other side does."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import ssl
from pathlib import Path

import pytest

from dearly.delivery import Delivery, WebhookSink, feed_json, read_secrets
from tests.delivery.clocks import Clock
from tests.delivery.erasing import Erasures
from tests.delivery.receivers import (
    Behaviour,
    Request,
    answers,
    closes,
    drips,
    drips_after_its_status,
    hangs,
    never_ends,
    receiving,
    speaks_something_else,
)
from tests.delivery.records import NOON_US, record
from tests.delivery.verifying import verify

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def webhook(
    url: str,
    *,
    at_once: int = 1,
    allow_private: bool = True,
    whole_s: float = 30.0,
    erasures: Erasures | None = None,
    clock: Clock | None = None,
) -> WebhookSink:
    """A sink at a URL, with a clock that stands at noon unless a test has one of its own."""
    return WebhookSink(
        "crm",
        url,
        read_secrets(SECRET, "the test"),
        "store1",
        erasures or Erasures(),
        clock or Clock(),
        at_once=at_once,
        allow_private=allow_private,
        whole_s=whole_s,
    )


async def deliver(sink: WebhookSink, *positions: int) -> Delivery:
    """Deliver records with these positions, and close the sink."""
    try:
        return await sink.deliver([record(position) for position in positions])
    finally:
        await sink.close()


async def test_a_record_is_posted_as_json_signed_and_under_an_id_of_its_own() -> None:
    async with receiving(answers(204)) as receiver:
        delivery = await deliver(webhook(receiver.url), 7)

    assert delivery == Delivery(1)
    (request,) = receiver.requests
    assert request.line == "POST /hook HTTP/1.1"
    assert request.body == feed_json(record(7))
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("dearly/")
    assert request.headers["webhook-id"] == "store1_7"
    assert request.headers["webhook-timestamp"] == str(NOON_US // 1_000_000)
    verify(SECRET, request.headers, request.body)


async def test_a_record_that_is_sent_again_has_the_same_id() -> None:
    async with receiving(answers(500)) as receiver:
        sink = webhook(receiver.url)
        for _ in range(2):
            await sink.deliver([record(7)])
        await sink.close()

    assert [request.headers["webhook-id"] for request in receiver.requests] == ["store1_7", "store1_7"]


async def test_connections_are_kept_from_one_record_to_the_next() -> None:
    async with receiving(answers(200, b'{"ok":true}')) as receiver:
        sink = webhook(receiver.url)
        for position in range(1, 21):
            assert await sink.deliver([record(position)]) == Delivery(1)
        await sink.close()

    assert receiver.connections == 1


async def test_a_batch_is_an_array_whatever_its_length() -> None:
    async with receiving(answers(200)) as receiver:
        sink = webhook(receiver.url, at_once=10)
        assert await sink.deliver([record(position) for position in (4, 5, 6)]) == Delivery(3)
        assert await sink.deliver([record(7)]) == Delivery(1)
        await sink.close()

    assert [[each["position"] for each in json.loads(body)] for body in receiver.bodies] == [[4, 5, 6], [7]]
    assert [request.headers["webhook-id"] for request in receiver.requests] == ["store1_4_6", "store1_7"]


async def test_the_records_of_a_batch_that_is_refused_share_the_time_of_one_call() -> None:
    clock = Clock()

    def takes_two_seconds(request: Request) -> Behaviour:
        clock.us += 2_000_000
        return answers(400 if len(json.loads(request.body)) > 1 else 200)

    async with receiving(takes_two_seconds, each=True) as receiver:
        sink = webhook(receiver.url, at_once=10, whole_s=3.0, clock=clock)
        delivery = await deliver(sink, 4, 5, 6, 7)

    assert delivery == Delivery(2)


async def test_of_a_batch_that_is_refused_the_record_that_is_at_fault_is_found() -> None:
    def choosy(request: Request) -> Behaviour:
        return answers(422, b"no 6 here") if b'"position":6' in request.body else answers(200)

    async with receiving(choosy, each=True) as receiver:
        delivery = await deliver(webhook(receiver.url, at_once=10), 4, 5, 6, 7)

    assert delivery.taken == 2
    assert delivery.failure is not None
    assert not delivery.failure.may_help
    assert str(delivery.failure) == "it answered 422 Unprocessable Entity: no 6 here"
    positions = [[each["position"] for each in json.loads(body)] for body in receiver.bodies]
    assert positions == [[4, 5, 6, 7], [4], [5], [6]]


@pytest.mark.parametrize(
    ("status", "may_help"),
    [
        *((status, False) for status in (400, 413, 422)),
        *(
            (status, True)
            for status in (301, 304, 401, 403, 404, 408, 409, 410, 429, 500, 502, 503, 504, 599)
        ),
    ],
)
async def test_only_what_is_said_of_the_record_itself_is_final(status: int, may_help: bool) -> None:
    async with receiving(answers(status)) as receiver:
        delivery = await deliver(webhook(receiver.url), 1)

    assert delivery.taken == 0
    assert delivery.failure is not None
    assert delivery.failure.may_help is may_help
    assert delivery.failure.reason.startswith(f"it answered {status}")


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        ("120", 120),
        ("0", 0),
        ("Sun, 01 Mar 2026 12:05:00 GMT", 300),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("soon", 0),
        ("-5", 0),
        ("٣", 0),
        ("9" * 400, None),
    ],
)
async def test_how_long_the_other_side_asks_to_wait_is_told(header: str, wait_s: int | None) -> None:
    async with receiving(answers(503, Retry_After=header)) as receiver:
        delivery = await deliver(webhook(receiver.url), 1)

    assert delivery.failure is not None
    if wait_s is None:
        assert delivery.failure.retry_after_us > 10**15
    else:
        assert delivery.failure.retry_after_us == wait_s * 1_000_000


async def test_a_redirect_is_not_followed() -> None:
    async with receiving(answers(200)) as inside, receiving(answers(307, Location=inside.url)) as receiver:
        delivery = await deliver(webhook(receiver.url), 1)

    assert delivery.failure is not None
    assert delivery.failure.reason == "it answered 307 Temporary Redirect"
    assert inside.requests == []


@pytest.mark.parametrize(
    ("behaviour", "whole_s", "reason"),
    [
        (hangs, 0.3, "it did not answer within 0.3 s"),
        (drips, 0.3, "it did not answer within 0.3 s"),
        (closes, 30.0, "it broke off, or does not speak HTTP"),
        (speaks_something_else, 30.0, "it broke off, or does not speak HTTP"),
        (never_ends, 30.0, "it answered 500 Internal Server Error"),
    ],
)
async def test_a_receiver_that_misbehaves_is_a_failure_that_time_may_mend(
    behaviour: Behaviour, whole_s: float, reason: str
) -> None:
    async with receiving(behaviour) as receiver:
        delivery = await deliver(webhook(receiver.url, whole_s=whole_s), 1)

    assert delivery.taken == 0
    assert delivery.failure is not None
    assert delivery.failure.may_help
    assert delivery.failure.reason.startswith(reason)
    assert len(receiver.requests) == 1


async def test_a_status_counts_though_the_body_after_it_never_ends() -> None:
    async with receiving(drips_after_its_status) as receiver:
        delivery = await deliver(webhook(receiver.url, whole_s=0.5), 1)

    assert delivery == Delivery(1)


async def test_of_an_answer_only_the_beginning_is_kept_and_nothing_that_acts_on_a_terminal() -> None:
    async with receiving(answers(400, b"\x1b[2Jno\n\n such \xff thing " + b"z" * 100_000)) as receiver:
        delivery = await deliver(webhook(receiver.url), 1)

    assert delivery.failure is not None
    assert delivery.failure.answer.startswith("[2Jno such \N{REPLACEMENT CHARACTER} thing zzz")
    assert len(delivery.failure.answer) == 200
    assert "zzz" not in delivery.failure.reason


async def test_nobody_there_is_a_failure_that_time_may_mend() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        delivery = await deliver(webhook(f"http://127.0.0.1:{taken.getsockname()[1]}/"), 1)

    assert delivery.failure is not None
    assert delivery.failure.may_help
    assert delivery.failure.reason.startswith("it cannot be reached")


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("self_signed.pem"))
    async with receiving(answers(200), tls=context) as receiver:
        delivery = await deliver(webhook(receiver.url), 1)

    assert delivery.failure is not None
    assert "certificate" in delivery.failure.reason
    assert receiver.requests == []


# --------------------------------------------------------------------------------- addresses that are refused


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST.",
        "0x7f000001",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "0",
        "0.0.0.0",
        "１２７.0.0.1",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:7f00:0001]",
        "[64:ff9b::127.0.0.1]",
        "[::127.0.0.1]",
        "[fe80::1%25lo]",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "100.100.100.200",
    ],
)
async def test_however_it_is_spelt_a_private_address_is_never_called(host: str) -> None:
    async with receiving(answers(200)) as receiver:
        port = receiver.url.rpartition(":")[2]
        delivery = await deliver(webhook(f"http://{host}:{port}", allow_private=False), 1)

    assert delivery.failure is not None
    assert receiver.connections == 0
    assert any(
        told in delivery.failure.reason for told in ("allow_private", "its URL cannot be called", "not known")
    )


async def test_the_address_is_looked_at_when_it_is_dialled_not_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that leads to a public address when it is asked for the first time, and home ever after."""
    lookups: list[str] = []
    resolve = socket.getaddrinfo

    async with receiving(answers(200)) as receiver:
        port = int(receiver.url.rpartition(":")[2].removesuffix("/hook"))

        def rebinding(host: str, *arguments: object, **more: object) -> object:
            lookups.append(host)
            return resolve("192.0.2.1" if len(lookups) == 1 else "127.0.0.1", port, type=socket.SOCK_STREAM)

        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        assert (
            socket.getaddrinfo("rebinding.example", port)[0][4][0] == "192.0.2.1"
        )  # who looks before is fooled
        delivery = await deliver(webhook(f"http://rebinding.example:{port}/", allow_private=False), 1)

    assert lookups == ["rebinding.example", "rebinding.example"]
    assert delivery.failure is not None
    assert "127.0.0.1 is this machine itself" in delivery.failure.reason
    assert receiver.connections == 0


async def test_of_several_addresses_the_private_ones_are_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = socket.getaddrinfo

    def both(host: str, port: int, *arguments: object, **more: object) -> object:
        return [
            found for each in ("10.0.0.1", "::1") for found in resolve(each, port, type=socket.SOCK_STREAM)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    delivery = await deliver(webhook("http://two.example/", allow_private=False), 1)

    assert delivery.failure is not None
    assert "10.0.0.1 is a private address" in delivery.failure.reason
    assert "::1 is this machine itself" in delivery.failure.reason


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving(answers(200)) as proxy, receiving(answers(200)) as receiver:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        await deliver(webhook(receiver.url), 1)

    assert proxy.requests == []
    assert len(receiver.requests) == 1


async def test_a_delivery_can_be_stopped() -> None:
    async with receiving(hangs) as receiver:
        sink = webhook(receiver.url)
        delivering = asyncio.create_task(sink.deliver([record(1)]))
        while not receiver.requests:
            await asyncio.sleep(0.01)
        delivering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await delivering
        await sink.close()


# ---------------------------------------------------------------------------------------------------- erasure


@pytest.mark.parametrize("at_once", [1, 10])
async def test_who_was_erased_meanwhile_is_not_told_of(at_once: int) -> None:
    erasures = Erasures()
    erasures.erase("ben", position=2)
    records = [record(1, "anna"), record(2, "ben"), record(3, "ben")]
    async with receiving(answers(200)) as receiver:
        sink = webhook(receiver.url, at_once=at_once, erasures=erasures)
        some = [records] if at_once > 1 else [[each] for each in records]
        taken = [(await sink.deliver(each)).taken for each in some]
        await sink.close()

    told = [json.loads(request.body) for request in receiver.requests]
    assert sum(taken) == 3
    assert (told if at_once == 1 else told[0]) == [
        json.loads(feed_json(each)) for each in (records[0], records[2])
    ]


async def test_with_nobody_left_to_tell_of_nothing_is_posted() -> None:
    erasures = Erasures()
    erasures.erase("ben")
    async with receiving(answers(200)) as receiver:
        sink = webhook(receiver.url, at_once=5, erasures=erasures)
        delivery = await sink.deliver([record(1, "ben"), record(2, "ben")])
        await sink.close()

    assert (delivery, receiver.requests) == (Delivery(2), [])


async def test_who_is_erased_amid_a_batch_that_is_refused_is_not_told_of_singly() -> None:
    erasures = Erasures()

    def behave(request: Request) -> Behaviour:
        if request.body.startswith(b"[") and b'"ben"' in request.body:
            erasures.erase("ben")
            return answers(422)
        return answers(200)

    async with receiving(behave, each=True) as receiver:
        sink = webhook(receiver.url, at_once=5, erasures=erasures)
        delivery = await sink.deliver([record(1, "anna"), record(2, "ben")])
        await sink.close()

    assert delivery == Delivery(2)
    assert [b'"ben"' in request.body for request in receiver.requests] == [True, False]
