"""Hostile bytes: as protobuf messages, as gRPC frames, as HTTP/2. The server refuses them and serves on."""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import grpc
import pytest

from dearly.v1 import content_pb2, content_pb2_grpc, events_pb2
from tests.server.conftest import Log, Shop
from tests.server.requests import render
from tests.server.shop import write_rules
from tests.server.waiting import eventually
from tests.serving import server_process

GENERATOR = Path(__file__).parents[3] / "shared" / "attacks" / "protobuf" / "gen_frames.py"
METHODS = (
    "ContentService/RenderContent",
    "ContentService/BatchRenderContent",
    "EventService/TrackEvents",
    "ItemService/UpsertItems",
    "ItemService/DeleteItems",
    "ProfileService/UpsertProfiles",
    "ProfileService/GetProfile",
    "RecommendationService/Recommend",
    "RecommendationService/SimilarItems",
    "RecommendationService/TrendingItems",
    "RulesService/CheckRules",
    "SegmentService/EvaluateSegments",
)
PAYLOADS = (
    "p01_empty",
    "p02_truncated_varint",
    "p03_varint_11_bytes",
    "p04_len_past_end",
    "p05_len_negative",
    "p06_field_zero",
    "p07_wiretype_7",
    "p08_bad_utf8_string",
    "p09_unknown_fields_100k",
    "p10_sgroup_bomb",
    "p11_nest_49",
    "p12_nest_51",
    "p13_nest_5000",
    "p14_empty_submsgs_500k",
    "p15_repeated_scalar_merge",
    "p16_nan_double",
    "p17_neg_timestamp",
    "p18_enum_unknown",
    "p19_oneof_twice",
    "p20_5MB_string",
)
UNREADABLE = ("p02", "p03", "p04", "p05", "p06", "p07", "p10")
"""No message of any kind."""
GRPC_FRAMES = (
    "g01_grpc_len_4GB",
    "g02_grpc_flag_2",
    "g03_grpc_compressed_garbage",
    "g04_two_messages_unary",
    "g05_short",
)
HTTP2_FRAMES = (
    "h01_not_http2",
    "h02_preface_only",
    "h03_settings_flood",
    "h04_ping_flood",
    "h05_rst_flood",
    "h06_continuation_flood",
    "h07_window_overflow",
    "h08_hpack_index_oob",
    "h09_frame_too_big",
)


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The hostile payloads by name."""
    if not GENERATOR.exists():
        pytest.skip(f"there is no {GENERATOR}")
    folder = tmp_path_factory.mktemp("frames")
    subprocess.run([sys.executable, str(GENERATOR), str(folder)], check=True)
    return {path.stem: path.read_bytes() for path in sorted(folder.glob("*.bin"))}


async def answer(channel: grpc.aio.Channel, method: str, body: bytes) -> tuple[grpc.StatusCode, str]:
    """How a call with these bytes ends; a batch whose every part is refused counts as refused."""
    try:
        reply = await channel.unary_unary(f"/dearly.v1.{method}")(body, timeout=10)
    except grpc.aio.AioRpcError as error:
        return error.code(), error.details() or ""
    if method.endswith("BatchRenderContent"):
        renders = content_pb2.BatchRenderContentResponse.FromString(reply).results
        refused = all(result.status.code == 3 for result in renders)
    elif method.endswith("TrackEvents"):
        events = events_pb2.TrackEventsResponse.FromString(reply).results
        refused = all(result.outcome == events_pb2.EVENT_OUTCOME_REJECTED for result in events)
    else:
        refused = False
    return (grpc.StatusCode.INVALID_ARGUMENT if refused else grpc.StatusCode.OK), ""


async def serves_on(shop: Shop) -> None:
    """A well-behaved call on a new connection is answered."""
    async with grpc.aio.insecure_channel(
        shop.running.address, options=[("grpc.use_local_subchannel_pool", 1)]
    ) as channel:
        await content_pb2_grpc.ContentServiceStub(channel).RenderContent(render(), timeout=5)


def open_sockets() -> int:
    """How many of this process's descriptors are sockets; the store's files come and go by themselves."""
    count = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            count += str(descriptor.readlink()).startswith("socket:")
    return count


def resident_bytes(process: int) -> int:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def test_every_frame_that_is_generated_is_sent(frames: dict[str, bytes]) -> None:
    assert set(frames) == {*PAYLOADS, *GRPC_FRAMES, *HTTP2_FRAMES}


@pytest.mark.parametrize("name", PAYLOADS)
async def test_no_payload_gets_an_answer_of_a_kind_that_nobody_meant(
    shop: Shop, frames: dict[str, bytes], name: str
) -> None:
    for method in METHODS:
        code, details = await answer(shop.client.channel, method, frames[name])
        assert code in {
            grpc.StatusCode.INVALID_ARGUMENT,
            grpc.StatusCode.NOT_FOUND,
            grpc.StatusCode.RESOURCE_EXHAUSTED,
        }, method
        assert not name.startswith(UNREADABLE) or code is grpc.StatusCode.INVALID_ARGUMENT
        assert "rror" not in details
    await serves_on(shop)


async def test_payloads_that_come_again_and_again_fill_no_memory(
    tmp_path: Path, frames: dict[str, bytes]
) -> None:
    with server_process(tmp_path, write_rules(tmp_path / "rules")) as server:
        async with grpc.aio.insecure_channel(server.address) as channel:

            async def all_of_them(times: int) -> None:
                for _ in range(times):
                    for name in PAYLOADS:
                        await answer(channel, "EventService/TrackEvents", frames[name])

            await all_of_them(3)  # until the threads and their allocators are there
            before = resident_bytes(server.process.pid)
            await all_of_them(10)
            assert resident_bytes(server.process.pid) - before < 50 * 1024 * 1024


async def test_half_a_million_empty_requests_are_refused_by_their_count(
    shop: Shop, frames: dict[str, bytes]
) -> None:
    body = frames["p14_empty_submsgs_500k"]
    code, details = await answer(shop.client.channel, "ContentService/BatchRenderContent", body)
    assert (code, details) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "requests: expected 1 to 1,000, got 500,000.",
    )


async def test_a_hundred_thousand_unknown_fields_are_passed_over(
    shop: Shop, frames: dict[str, bytes]
) -> None:
    body = render("c1", "hero").SerializeToString() + frames["p09_unknown_fields_100k"]
    assert (await answer(shop.client.channel, "ContentService/RenderContent", body))[0] is grpc.StatusCode.OK


async def test_nested_values_are_no_text_however_deep(shop: Shop, frames: dict[str, bytes]) -> None:
    def event(value: bytes) -> bytes:
        return field(1, field(6, field(1, field(1, b"product_id") + field(2, value))))

    for name in ("p11_nest_49", "p12_nest_51", "p13_nest_5000"):
        code, _ = await answer(shop.client.channel, "EventService/TrackEvents", event(frames[name]))
        assert code is grpc.StatusCode.INVALID_ARGUMENT, name


def field(number: int, body: bytes) -> bytes:
    """A length-delimited field."""
    size, length = len(body), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + body


# ------------------------------------------------------------------------------------------------ raw HTTP/2

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def http2_frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def a_call_with(body: bytes) -> bytes:
    """The bytes of a connection that makes one RenderContent call with a raw gRPC body."""

    def literal(name: str, value: str) -> bytes:
        return b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()

    headers = b"\x83\x86" + b"".join(
        literal(name, value)
        for name, value in {
            ":path": "/dearly.v1.ContentService/RenderContent",
            ":authority": "localhost",
            "content-type": "application/grpc",
            "te": "trailers",
            "grpc-encoding": "gzip",
        }.items()
    )
    settings = http2_frame(4, 0, 0, b"")
    return PREFACE + settings + http2_frame(1, 4, 1, headers) + http2_frame(0, 1, 1, body)


@asynccontextmanager
async def connected(shop: Shop) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, _, port = shop.running.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def send_raw(shop: Shop, data: bytes, patience_s: float = 0.3) -> bytes:
    """Send bytes and read what comes back until the server closes or says no more."""
    async with connected(shop) as (reader, writer):
        with suppress(ConnectionError):
            writer.write(data)
            await writer.drain()
        came = b""
        with suppress(ConnectionError, TimeoutError):
            while chunk := await asyncio.wait_for(reader.read(65_536), patience_s):
                came += chunk
        return came


@pytest.mark.parametrize("name", GRPC_FRAMES)
async def test_a_malformed_grpc_frame_never_ends_well_and_the_server_serves_on(
    shop: Shop, frames: dict[str, bytes], log: Log, name: str
) -> None:
    await send_raw(shop, a_call_with(frames[name]))
    await serves_on(shop)
    well = [call["method"] for call in log.lines("call") if call["code"] == "OK"]
    assert [method.rpartition("/")[2] for method in well] == ["UpsertItems", "RenderContent"]


@pytest.mark.parametrize("name", HTTP2_FRAMES)
async def test_malformed_http2_never_disturbs_a_well_behaved_caller(
    shop: Shop, frames: dict[str, bytes], name: str
) -> None:
    open_before = open_sockets()

    async def behave() -> None:
        for _ in range(50):
            await shop.client.content.RenderContent(render(), timeout=5)

    async def nothing_is_left_open() -> bool:
        return open_sockets() <= open_before

    await asyncio.gather(behave(), send_raw(shop, frames[name]))
    assert await eventually(nothing_is_left_open, True)


async def test_hundreds_of_idle_connections_leave_a_well_behaved_caller_alone(shop: Shop) -> None:
    host, _, port = shop.running.address.rpartition(":")
    idle = [await asyncio.open_connection(host, int(port)) for _ in range(300)]
    try:
        for _, writer in idle:
            writer.write(PREFACE[:1])
        for _ in range(50):
            await shop.client.content.RenderContent(render(), timeout=5)
        await serves_on(shop)
    finally:
        for _, writer in idle:
            writer.close()


async def test_the_reason_of_a_reply_is_never_unspecified(shop: Shop) -> None:
    reply = await shop.client.content.RenderContent(render("c1", "hero", "greeting", "interests"))
    assert content_pb2.BLOCK_REASON_UNSPECIFIED not in [block.reason for block in reply.blocks]
