"""JSON log lines, written by a thread so that a slow disk or pipe never holds up a call.

Lines wait in a bounded queue. When the reader is so slow that it is full, lines are dropped and counted, and
the next line that fits is followed by a ``log_lines_dropped`` line.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import msgspec
import structlog

MAX_WAITING_LINES = 20_000
GATHER_S = 0.01
"""Lines that come within this time are written together, so that calls do not wake the thread one by one."""
_STOP = None


class LogWriter:
    """A thread that writes lines to a stream; structlog calls it as its logger."""

    def __init__(self, stream: IO[bytes], max_waiting: int = MAX_WAITING_LINES) -> None:
        self._stream = stream
        self._lines: queue.Queue[bytes | None] = queue.Queue(max_waiting)
        self._dropped = 0
        self._thread = threading.Thread(target=self._write_all, name="log-writer", daemon=True)
        self._thread.start()

    def msg(self, line: bytes) -> None:
        """Take a line; never waits."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._dropped += 1

    debug = info = warning = error = critical = msg

    def close(self) -> None:
        """Write what waits, within two seconds, and end the thread."""
        try:
            self._lines.put(_STOP, timeout=1)
        except queue.Full:
            return
        self._thread.join(timeout=2)

    def _write_all(self) -> None:
        open_ended = True
        while open_ended:
            lines = [self._lines.get()]
            time.sleep(GATHER_S)
            with suppress(queue.Empty):
                while lines[-1] is not _STOP:
                    lines.append(self._lines.get_nowait())
            open_ended = lines[-1] is not _STOP
            self._write([line for line in lines if line is not _STOP])

    def _write(self, lines: list[bytes]) -> None:
        if self._dropped:
            lines.append(self._dropped_line())
        try:
            self._stream.write(b"".join(line + b"\n" for line in lines))
            self._stream.flush()
        except (OSError, ValueError):  # the reader is gone: serving goes on without a log
            self._dropped += len(lines)

    def _dropped_line(self) -> bytes:
        dropped, self._dropped = self._dropped, 0
        return msgspec.json.encode({"event": "log_lines_dropped", "level": "warning", "lines": dropped})


def configure_logs(stream: IO[bytes]) -> LogWriter:
    """Send structlog's lines, and what libraries log by the standard module, to a stream as JSON lines."""
    writer = LogWriter(stream)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.JSONRenderer(serializer=_encode),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: writer,
    )
    logging.basicConfig(handlers=[_LibraryLines()], level=logging.WARNING, force=True)
    return writer


def where_it_failed(error: BaseException) -> dict[str, Any]:
    """An unexpected error for the log: its type and the places it passed, without its text.

    The text is left out because it may quote what a customer or a caller sent.
    """
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": type(error).__name__, "trace": places[-12:]}


class _LibraryLines(logging.Handler):
    """Turns a library's log record into one line: its template without arguments, which may be personal."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        facts = where_it_failed(error) if error else {}
        structlog.get_logger().warning("library", logger=record.name, template=str(record.msg)[:200], **facts)


def _encode(line: Any, **_: Any) -> bytes:
    try:
        return msgspec.json.encode(line, enc_hook=str)
    except UnicodeEncodeError:  # a file's name that is no UTF-8: JSON's own escapes can hold it
        return json.dumps(line, default=str).encode()
