"""Progress of long work: a bar for whoever watches, a line now and then for a log."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from dearly.cli import progress
from dearly.cli.progress import track_progress

WORK = """
from dearly.cli.progress import track_progress
with track_progress("counting sheep", 4, "sheep") as advance:
    for _ in range(4):
        advance(1)
"""


def test_work_that_is_soon_done_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with track_progress("counting sheep", 3, "sheep") as advance:
        advance(3)

    assert capsys.readouterr() == ("", "")


def test_a_log_gets_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    with track_progress("counting sheep", 2_000, "sheep") as advance:
        advance(500)
        advance(1_500)

    assert capsys.readouterr() == (
        "",
        "counting sheep: 500 of 2,000 sheep\ncounting sheep: 2,000 of 2,000 sheep\n",
    )


def test_where_the_end_is_unknown_what_is_done_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    with track_progress("counting sheep", None, "sheep") as advance:
        advance(7)

    assert capsys.readouterr().err == "counting sheep: 7 sheep\n"


def test_somebody_who_watches_sees_a_bar_that_goes_when_it_is_done() -> None:
    seen = on_a_terminal(WORK)

    assert "counting sheep" in seen
    assert "4/4" in seen
    assert seen.rstrip().endswith("\x1b[2K")  # the line is cleared


def on_a_terminal(program: str) -> str:
    """What a program writes to standard error where that is a terminal."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen([sys.executable, "-c", program], stderr=theirs, env=environment) as process:
        os.close(theirs)
        seen = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    assert process.returncode == 0
    return seen.decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # the other end is closed
        return b""
