"""``dearly serve`` as its own process: what it prints, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from dearly.v1 import content_pb2, content_pb2_grpc
from tests.server.shop import write_rules

HERO = content_pb2.RenderContentRequest(customer_id="ada@example.test", blocks=["hero"])


def command(folder: Path, *more: str) -> list[str]:
    places = [
        "--store",
        f"sqlite:///{folder}/shop.db",
        "--rules",
        f"{folder}/rules",
        "--index",
        f"{folder}/index",
    ]
    return [sys.executable, "-m", "dearly.cli", "serve", *places, "--address", "127.0.0.1:0", *more]


@contextmanager
def server(folder: Path, *more: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server and the address that its one line on standard output tells."""
    with subprocess.Popen(
        command(folder, *more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    ) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            assert told["event"] == "listening"
            yield process, told["address"]
        finally:
            process.kill()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_rules(tmp_path / "rules")
    return tmp_path


def ended(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """A server that is expected not to start."""
    return subprocess.run(command(folder, *more), capture_output=True, text=True, check=False, timeout=60)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_renders_and_drains_at_a_signal_with_exit_code_0(
    folder: Path, number: signal.Signals
) -> None:
    with server(folder) as (process, address):
        with grpc.insecure_channel(address) as channel:
            reply = content_pb2_grpc.ContentServiceStub(channel).RenderContent(HERO, timeout=10)
        assert reply.blocks[0].html == "<p>Welcome.</p>"
        process.send_signal(number)
        out, log = process.communicate(timeout=20)
    assert process.returncode == 0
    assert out == ""
    assert [line["event"] for line in lines(log)] == ["listening", "call", "draining", "stopped"]
    assert "ada" not in log


def test_a_call_under_way_when_the_signal_comes_is_finished(folder: Path) -> None:
    requests = [HERO] * 1_000
    with server(folder) as (process, address), grpc.insecure_channel(address) as channel:
        stub = content_pb2_grpc.ContentServiceStub(channel)
        stub.RenderContent(HERO, timeout=10)
        call = stub.BatchRenderContent.future(
            content_pb2.BatchRenderContentRequest(requests=requests), timeout=20
        )
        health_of(channel)
        process.send_signal(signal.SIGTERM)
        assert len(call.result().results) == 1_000
        process.communicate(timeout=20)
    assert process.returncode == 0


def health_of(channel: grpc.Channel) -> int:
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    return int(health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5).status)


def test_settings_come_from_the_environment_too(folder: Path) -> None:
    with server(folder, DEARLY_ALLOW_NOW="1") as (_, address), grpc.insecure_channel(address) as channel:
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
    with server(folder) as (_, address):
        result = ended(folder, "--address", address)
    assert result.returncode == 2
    assert f"Cannot listen on {address}" in result.stderr


def test_a_server_that_is_killed_keeps_what_it_acknowledged(folder: Path) -> None:
    from dearly.v1 import profiles_pb2, profiles_pb2_grpc

    patch = profiles_pb2.ProfilePatch(customer_id="ada")
    patch.fields["first_name"] = "Ada"
    with server(folder) as (process, address), grpc.insecure_channel(address) as channel:
        stub = profiles_pb2_grpc.ProfileServiceStub(channel)
        stub.UpsertProfiles(profiles_pb2.UpsertProfilesRequest(profiles=[patch]), timeout=10)
        process.kill()
        process.wait()
    with server(folder) as (_, address), grpc.insecure_channel(address) as channel:
        stub = profiles_pb2_grpc.ProfileServiceStub(channel)
        kept = stub.GetProfile(profiles_pb2.GetProfileRequest(customer_id="ada"), timeout=10)
    assert kept.profile.fields["first_name"] == "Ada"
