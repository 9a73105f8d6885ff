"""``dearly serve`` as its own process: what it prints, how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from dearly.v1 import content_pb2, content_pb2_grpc, profiles_pb2, profiles_pb2_grpc
from tests.server.shop import write_rules
from tests.serving import ServerProcess, serve_command, server_process

HERO = content_pb2.RenderContentRequest(customer_id="ada@example.test", blocks=["hero"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_rules(tmp_path / "rules")
    return tmp_path


def ended(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """A server that is expected not to start."""
    command = serve_command(folder, folder / "rules", *more)
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def server(folder: Path, *more: str, **environment: str) -> AbstractContextManager[ServerProcess]:
    return server_process(folder, folder / "rules", *more, **environment)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_renders_and_drains_at_a_signal_with_exit_code_0(
    folder: Path, number: signal.Signals
) -> None:
    with server(folder) as running:
        with grpc.insecure_channel(running.address) as channel:
            reply = content_pb2_grpc.ContentServiceStub(channel).RenderContent(HERO, timeout=10)
        assert reply.blocks[0].html == "<p>Welcome.</p>"
        running.process.send_signal(number)
        out, _ = running.process.communicate(timeout=20)
        log = running.log.read_text()
    assert running.process.returncode == 0
    assert out == ""
    told = [line["event"] for line in lines(log)]
    # membership is begun beside the calls, and may or may not have come to it
    assert [event for event in told if event != "generation_begun"] == [
        "listening",
        "call",
        "draining",
        "stopped",
    ]
    assert "ada" not in log


def test_a_call_under_way_when_the_signal_comes_is_finished(folder: Path) -> None:
    requests = [HERO] * 1_000
    with server(folder) as running, grpc.insecure_channel(running.address) as channel:
        stub = content_pb2_grpc.ContentServiceStub(channel)
        stub.RenderContent(HERO, timeout=10)
        call = stub.BatchRenderContent.future(
            content_pb2.BatchRenderContentRequest(requests=requests), timeout=20
        )
        health_of(channel)
        running.process.send_signal(signal.SIGTERM)
        assert len(call.result().results) == 1_000
        running.process.communicate(timeout=20)
    assert running.process.returncode == 0


def health_of(channel: grpc.Channel) -> int:
    return int(health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5).status)


def test_settings_come_from_the_environment_too(folder: Path) -> None:
    with server(folder, DEARLY_ALLOW_NOW="1") as running, grpc.insecure_channel(running.address) as channel:
        request = content_pb2.RenderContentRequest(customer_id="a", blocks=["hero"])
        request.now.FromSeconds(1_700_000_000)
        reply = content_pb2_grpc.ContentServiceStub(channel).RenderContent(request, timeout=10)
    assert reply.as_of.seconds == 1_700_000_000


def test_rules_with_errors_are_shown_and_the_end_is_1(folder: Path) -> None:
    (folder / "rules/segments.rules").write_text('segment hesitant { contry == "NL" }')
    result = ended(folder)
    assert result.returncode == 1
    assert "--> segments.rules:1:20" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--address", "0.0.0.0:0"], "not this machine's loopback"),
        (["--address", "50051"], "expected HOST:PORT"),
        (["--store", "mysql://x"], "sqlite:///"),
        (["--store", "sqlite:////nowhere/at/all.db"], "no directory"),
        (["--rules", "/nowhere/at/all"], "/nowhere/at/all"),
        (["--grace", "-1"], "grace"),
        (["--colour", "red"], "--colour"),
    ],
)
def test_a_server_that_cannot_start_says_why_and_ends_with_2(
    folder: Path, more: list[str], told: str
) -> None:
    result = ended(folder, *more)
    assert result.returncode == 2
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_two_servers_never_share_a_port(folder: Path) -> None:
    with server(folder) as running:
        result = ended(folder, "--address", running.address)
    assert result.returncode == 2
    assert f"Cannot listen on {running.address}" in result.stderr


def test_a_server_that_is_killed_keeps_what_it_acknowledged(folder: Path) -> None:
    patch = profiles_pb2.ProfilePatch(customer_id="ada")
    patch.fields["first_name"] = "Ada"
    with server(folder) as running, grpc.insecure_channel(running.address) as channel:
        stub = profiles_pb2_grpc.ProfileServiceStub(channel)
        stub.UpsertProfiles(profiles_pb2.UpsertProfilesRequest(profiles=[patch]), timeout=10)
        running.process.kill()
        running.process.wait()
    with server(folder) as running, grpc.insecure_channel(running.address) as channel:
        stub = profiles_pb2_grpc.ProfileServiceStub(channel)
        kept = stub.GetProfile(profiles_pb2.GetProfileRequest(customer_id="ada"), timeout=10)
    assert kept.profile.fields["first_name"] == "Ada"
