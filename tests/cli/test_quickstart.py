"""``dearly quickstart``, what `make run` runs: from nothing to a served shop, and no process left behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from dearly.v1 import content_pb2, content_pb2_grpc
from tests.cli.conftest import RULES

CUSTOMERS = 50
AS_A_BACKGROUND_JOB = ("sh", "-c", "trap '' INT && exec \"$@\"", "sh")
"""A script's background job is started with SIGINT ignored."""
pytestmark = pytest.mark.slow


def command(folder: Path, rules: Path = RULES, address: str = "127.0.0.1:0") -> list[str]:
    places = ["--data", str(folder / "demo"), "--rules", str(rules), "--address", address]
    return [sys.executable, "-m", "dearly.cli", "quickstart", *places, "--customers", str(CUSTOMERS)]


@contextmanager
def quickstart(
    folder: Path, *, in_background: bool = False
) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A quickstart that serves, and the lines that it has printed by then."""
    typed = [*AS_A_BACKGROUND_JOB, *command(folder)] if in_background else command(folder)
    with subprocess.Popen(typed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        lines = []
        try:
            for line in process.stdout:
                lines.append(line.rstrip("\n"))
                if line.startswith("Serving on"):
                    break
            yield process, lines
        finally:
            process.terminate()


def still_running(folder: Path) -> list[str]:
    """The command lines of processes that name the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode().split("\0")
        except OSError:  # it ended meanwhile
            continue
        if any(str(folder) in word for word in words):
            found.append(" ".join(words))
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_shows_a_block_serves_and_ends_with_0_leaving_no_process(
    tmp_path: Path, number: signal.Signals
) -> None:
    with quickstart(tmp_path) as (process, lines):
        out = "\n".join(lines)
        shown = re.search(r"RenderContent\(customer_id='(c1-\d+)', blocks=\['hero'\]\)", out)
        assert shown is not None
        assert re.search(r"\n  reason:      MATCHED\n  rule:        \S+/content/hero\.rules:\d+  when ", out)
        address = lines[-1].removeprefix("Serving on ").removesuffix(" until Ctrl-C.")
        assert reason_of(address, shown[1]) == content_pb2.BLOCK_REASON_MATCHED
        assert len(still_running(tmp_path)) == 2

        process.send_signal(number)
        rest, _ = process.communicate(timeout=30)

    assert process.returncode == 0
    assert rest.strip() == "stopping"
    assert still_running(tmp_path) == []
    assert '"event":"stopped"' in (tmp_path / "demo/server.log").read_text()


def reason_of(address: str, customer_id: str) -> int:
    request = content_pb2.RenderContentRequest(customer_id=customer_id, blocks=["hero"])
    with grpc.insecure_channel(address) as channel:
        reply = content_pb2_grpc.ContentServiceStub(channel).RenderContent(request, timeout=10)
    return reply.blocks[0].reason


def test_its_steps_are_commands_that_one_can_type_and_a_second_run_goes_on(tmp_path: Path) -> None:
    with quickstart(tmp_path) as (_, first):
        steps = [line for line in first if line.startswith("==> dearly ")]
    with quickstart(tmp_path) as (_, second):
        pass

    assert [" ".join(step.split()[1:3]) for step in steps] == ["dearly demo", "dearly index", "dearly serve"]
    assert steps == [line for line in second if line.startswith("==> dearly ")]
    assert any(" 0 events added (" in line for line in second)


def test_a_step_that_fails_ends_it_and_says_which(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/broken.rules").write_text("segment {")

    ended = subprocess.run(
        command(tmp_path, tmp_path / "rules"), capture_output=True, text=True, check=False, timeout=60
    )

    assert ended.returncode == 2
    assert "--> broken.rules:1:9" in ended.stderr
    assert ended.stderr.endswith("dearly: `dearly index` ended with exit code 1; see above.\n")
    assert still_running(tmp_path) == []


def test_an_interrupt_ends_it_as_a_scripts_background_job_too(tmp_path: Path) -> None:
    with quickstart(tmp_path, in_background=True) as (process, _):
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

    assert process.returncode == 0
    assert still_running(tmp_path) == []


def test_a_busy_port_is_told_once_before_any_work_with_what_to_type(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        address = f"127.0.0.1:{busy.getsockname()[1]}"
        ended = subprocess.run(
            command(tmp_path, address=address), capture_output=True, text=True, check=False, timeout=60
        )

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"dearly: Cannot listen on {address}: Address already in use.")
    assert ended.stderr.endswith("type: make run ADDRESS=127.0.0.1:0\n")
    assert ended.stderr.count("\n") == 1


def test_being_stopped_in_the_middle_of_a_step_leaves_no_process(tmp_path: Path) -> None:
    with subprocess.Popen(command(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        while b"dearly demo" not in process.stdout.readline():
            pass
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=30)

    assert process.returncode != 0
    assert still_running(tmp_path) == []
