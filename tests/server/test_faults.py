"""What fails under a running server: renders fall back in time, others say so, all recovers by itself."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Awaitable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from jinja2 import Template

from dearly.content.rendering import CompiledPart, CompiledTemplate
from dearly.server.application import EVALUATION_THREADS
from dearly.server.content_service import SLICE
from dearly.v1 import content_pb2, profiles_pb2, segments_pb2
from tests.server.conftest import Log, OpenShop, Shop
from tests.server.requests import batch, patch, render, track, viewed
from tests.server.shop import write_rules
from tests.server.waiting import eventually

ERROR = content_pb2.BLOCK_REASON_FALLBACK_ERROR
FALLBACKS = {ERROR, content_pb2.BLOCK_REASON_FALLBACK_DEADLINE}
"""Which of them it is where a store stalls, its own limit or the caller's decides, whichever comes first."""


STALL = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    fcntl.lockf(file, fcntl.LOCK_EX, 8, 120)
    print("locked", flush=True)
    sys.stdin.read()
"""
"""Holds the locks of SQLite's write-ahead log (bytes 120 to 127 of the -shm file): reads then stall for ten
seconds, as they do on a disk that does not answer."""


@contextmanager
def stalled(store: Path) -> Iterator[None]:
    """Reads and writes hang."""
    command = [sys.executable, "-c", STALL, f"{store}-shm"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        try:
            yield
        finally:
            holder.communicate()


@contextmanager
def moved_away(store: Path) -> Iterator[None]:
    """The store's files are gone for a while."""
    files = [path for path in store.parent.iterdir() if path.name.startswith(store.name)]
    for path in files:
        path.rename(path.with_name("away-" + path.name))
    try:
        yield
    finally:
        for path in files:
            path.with_name("away-" + path.name).rename(path)


@pytest.fixture
async def ada(shop: Shop) -> Shop:
    """A shop that knows Ada."""
    await patch(shop, "ada", first_name="Ada")
    await track(shop, viewed(customer_id="ada"))
    return shop


async def reasons(shop: Shop, deadline_s: float = 5.0) -> list[int]:
    """Why two blocks of Ada's are what they are; a reply that comes after the deadline is an error."""
    reply = await shop.client.content.RenderContent(render("ada", "hero", "greeting"), timeout=deadline_s)
    return [block.reason for block in reply.blocks]


# What stalls does so for ten seconds: no deadline here is met by waiting for it.
@pytest.mark.parametrize("deadline_s", [0.5, 2.0, 5.0])
@pytest.mark.parametrize("fault", [stalled, moved_away])
async def test_renders_fall_back_within_the_deadline_and_recover_when_the_store_does(
    ada: Shop, fault: Any, deadline_s: float
) -> None:
    assert await reasons(ada) == [content_pb2.BLOCK_REASON_MATCHED] * 2
    with fault(ada.store):
        for _ in range(3):
            assert set(await reasons(ada, deadline_s)) <= FALLBACKS
    assert await eventually_matched(ada)


async def eventually_matched(shop: Shop) -> bool:
    return await eventually(lambda: reasons(shop), [content_pb2.BLOCK_REASON_MATCHED] * 2)


@pytest.mark.parametrize("fault", [stalled, moved_away])
async def test_a_whole_batch_falls_back_without_waiting_for_the_store_each_time(
    ada: Shop, fault: Any, log: Log
) -> None:
    with fault(ada.store):
        requests = batch(*(render("ada") for _ in range(50 * SLICE)))
        reply = await ada.client.content.BatchRenderContent(requests, timeout=10)
    found = [result.content.blocks[0].reason for result in reply.results]
    assert set(found) <= FALLBACKS
    assert found[-1] == ERROR  # which is no matter of time
    assert 1 <= sum(told["stage"] == "store" for told in log.lines("fallback")) < 25


async def test_other_calls_say_unavailable_and_when_to_try_again(ada: Shop) -> None:
    profile = profiles_pb2.GetProfileRequest(customer_id="ada")
    segments = segments_pb2.EvaluateSegmentsRequest(customer_id="ada")
    with moved_away(ada.store):
        await refused_for_a_while(ada.client.profiles.GetProfile(profile), ada.store)
        await refused_for_a_while(ada.client.segments.EvaluateSegments(segments), ada.store)
        await refused_for_a_while(track(ada, viewed("late")), ada.store)
    assert await eventually_matched(ada)
    assert [result.outcome for result in await track(ada, viewed("late"))] == [1]


async def test_why_calls_got_unavailable_is_logged_once_not_for_each(ada: Shop, log: Log) -> None:
    profile = profiles_pb2.GetProfileRequest(customer_id="ada")
    with moved_away(ada.store):
        calls = [ada.client.profiles.GetProfile(profile) for _ in range(20)]
        await asyncio.gather(*calls, return_exceptions=True)
    told = log.lines("store_unavailable")
    assert 1 <= len(told) < 20
    assert str(ada.store) in told[0]["error"]


async def test_a_profile_is_read_while_evaluations_take_long(ada: Shop) -> None:
    free, evaluations = threading.Event(), ada.running.application.evaluations
    long = [asyncio.ensure_future(evaluations.run(free.wait, 60)) for _ in range(EVALUATION_THREADS)]
    kept = await ada.client.profiles.GetProfile(profiles_pb2.GetProfileRequest(customer_id="ada"), timeout=5)
    assert kept.profile.customer_id == "ada"
    free.set()
    assert await asyncio.gather(*long) == [True] * EVALUATION_THREADS


async def test_another_programs_write_keeps_ours_waiting_and_renders_go_on(ada: Shop) -> None:
    with closing(sqlite3.connect(ada.store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await refused_for_a_while(track(ada, viewed("late")), ada.store)
        assert await reasons(ada) == [content_pb2.BLOCK_REASON_MATCHED] * 2
    assert [result.outcome for result in await track(ada, viewed("late"))] == [1]


async def refused_for_a_while(call: Awaitable[Any], store: Path) -> None:
    """The call ends with UNAVAILABLE and a time to try again, and without a path of the server's."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert str(store) not in (caught.value.details() or "")
    status = rpc_status.from_call(caught.value)  # type: ignore[arg-type]
    assert status is not None
    retry = error_details_pb2.RetryInfo()
    assert status.details[0].Unpack(retry)
    assert retry.retry_delay.seconds == 1


async def test_health_is_answered_while_the_store_hangs(ada: Shop) -> None:
    stub = health_pb2_grpc.HealthStub(ada.client.channel)
    with stalled(ada.store):
        assert set(await reasons(ada)) <= FALLBACKS
        reply = await stub.Check(health_pb2.HealthCheckRequest(), timeout=5)
        assert reply.status == health_pb2.HealthCheckResponse.SERVING


# ---------------------------------------------------------------------------------------------- templates


SILENT = (
    "{% for one in customer.interests %}{% for other in customer.interests %}"
    "{% if one == 'never' and other == 'never' %}x{% endif %}{% endfor %}{% endfor %}"
)
"""Loops without output: over 10,000 interests it would take minutes."""
INTERESTS = [f"interest {number:05d}" for number in range(10_000)]


@pytest.mark.timeout(60)  # unstopped it would print for minutes
async def test_a_template_that_floods_falls_back_without_an_exceptions_text(shop: Shop, log: Log) -> None:
    await patch(shop, "flood", interests=INTERESTS)
    await patch(shop, "few", interests=["maps", "tents"])
    reply = await shop.client.content.RenderContent(render("flood", "interests", "greeting"), timeout=10)
    flooded, other = reply.blocks
    assert flooded.reason == ERROR
    assert flooded.html == "<p>Tell us what you like.</p>"
    assert other.reason == content_pb2.BLOCK_REASON_DEFAULT
    assert reply.valid_until == reply.as_of
    few = await shop.client.content.RenderContent(render("few", "interests"))
    assert few.blocks[0].reason == content_pb2.BLOCK_REASON_MATCHED
    (told,) = log.lines("fallback")
    assert told["block"] == "interests"
    assert "interest 0" not in str(told)


@pytest.mark.timeout(60)
async def test_a_template_that_loops_without_output_falls_back_in_time(
    open_shop: OpenShop, tmp_path: Path
) -> None:
    write_rules(tmp_path / "rules", {"templates/interests/all.html": SILENT})
    async with open_shop() as shop:
        await patch(shop, "loop", interests=INTERESTS)
        reply = await shop.client.content.RenderContent(render("loop", "interests"), timeout=10)
        assert reply.blocks[0].reason == ERROR


async def test_a_batch_that_runs_out_of_time_has_fallbacks_for_the_rest_within_the_deadline(
    open_shop: OpenShop, tmp_path: Path
) -> None:
    # A thousand times 50 ms are too many for any machine; a quarter of four seconds is for the way back.
    write_rules(tmp_path / "rules", {"templates/interests/all.html": SILENT})
    async with open_shop() as shop:
        await patch(shop, "loop", interests=INTERESTS)
        requests = batch(*(render("loop", "interests") for _ in range(1_000)))
        reply = await shop.client.content.BatchRenderContent(requests, timeout=4)
    found = [result.content.blocks[0].reason for result in reply.results]
    assert len(found) == 1_000
    assert set(found) == {ERROR, content_pb2.BLOCK_REASON_FALLBACK_DEADLINE}
    assert found[-1] == content_pb2.BLOCK_REASON_FALLBACK_DEADLINE
    assert {result.content.blocks[0].html for result in reply.results} == {"<p>Tell us what you like.</p>"}


async def test_a_template_that_raises_falls_back_without_an_exceptions_text(shop: Shop, log: Log) -> None:
    await patch(shop, "ada", first_name="Ada")
    # The checker lets no template pass that could raise; this one stands for what it may have missed.
    raising = CompiledTemplate(
        CompiledPart(Template("{{ customer.first_name + 1 }}"), frozenset({"customer"})), None, None
    )
    serving = shop.running.application.serving
    keeper = shop.running.application._rules
    templates = {**serving.templates, "greeting/name": raising}
    keeper.served = replace(keeper.served, serving=replace(serving, templates=templates))
    await shop.running.application.refresh()
    reply = await shop.client.content.RenderContent(render("ada", "greeting"))
    assert (reply.blocks[0].reason, reply.blocks[0].html) == (ERROR, "<p>Hello</p>")
    (told,) = log.lines("fallback")
    assert (told["block"], told["error"]) == ("greeting", "TypeError")
    assert "Ada" not in log.text()


# ------------------------------------------------------------------------------------- the unforeseen


async def test_an_error_that_nobody_foresaw_is_told_by_an_incident_alone(
    shop: Shop, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise ValueError("ada@example.test")

    monkeypatch.setattr(shop.running.application, "now_us", broken)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await shop.client.content.RenderContent(render("ada"))
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    details = caught.value.details() or ""
    (line,) = log.lines("unexpected_error")
    assert details == f"The server failed on this call; its log says why under incident {line['incident']}."
    assert (line["error"], line["trace"][-1].split()[-1]) == ("ValueError", "broken")
    assert "ada" not in log.text()
