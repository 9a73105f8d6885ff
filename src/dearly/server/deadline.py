"""Whether a caller still waits: for long work in a thread, which nobody can break off from outside."""

from __future__ import annotations

import math
import time
from typing import Any, cast

import grpc

from dearly.server.application import Context
from dearly.server.statuses import CallRefused


class Deadline:
    """One caller's: it ends with the deadline of the call, or with the call."""

    def __init__(self, context: Context) -> None:
        remaining_s = context.time_remaining()
        self._ends_s = None if remaining_s is None else time.monotonic() + remaining_s
        self._is_over = False
        cast(Any, context).add_done_callback(self._end)  # its stub takes no function

    def require(self) -> None:
        """Go on only while the caller waits; safe to call from any thread, and cheap.

        Raises:
            CallRefused: CANCELLED or DEADLINE_EXCEEDED.
        """
        if self._is_over:
            raise CallRefused(grpc.StatusCode.CANCELLED, "The caller has given up.")
        if self._ends_s is not None and time.monotonic() >= self._ends_s:
            message = (
                "The caller's deadline passed before all was done. Ask for less at a time, or wait longer."
            )
            raise CallRefused(grpc.StatusCode.DEADLINE_EXCEEDED, message)

    def remaining_s(self) -> float:
        """How long the caller waits yet; infinite where it set no deadline."""
        return math.inf if self._ends_s is None else self._ends_s - time.monotonic()

    def _end(self, _: object) -> None:
        self._is_over = True
