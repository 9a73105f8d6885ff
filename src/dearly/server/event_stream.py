"""One stream of events: read ahead, kept in batches, answered in order.

What is read and not yet answered is bounded. Beyond that nothing more is read, so the flow control of HTTP/2
slows down whoever sends.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from dearly.server.limits import MAX_BATCH, require_count
from dearly.server.statuses import unavailable
from dearly.v1 import events_pb2

MOST_BYTES_AHEAD = 4 * 1024 * 1024
"""Read and not yet answered; a single message may be of any length that the transport lets in."""
MOST_MESSAGES_AHEAD = 1_000
MESSAGE_BYTES = MOST_BYTES_AHEAD // MOST_MESSAGES_AHEAD
"""What the smallest message counts for."""
RETRY_AFTER_S = 1.0

Request: TypeAlias = events_pb2.StreamEventsRequest
Results: TypeAlias = "Sequence[events_pb2.TrackEventResult]"
Keep: TypeAlias = "Callable[[Sequence[events_pb2.Event]], Coroutine[Any, Any, Results]]"
"""Keeps events durably, and says what became of each."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Messages whose events are kept together."""

    messages: Sequence[Request]
    results: asyncio.Task[Results]


class EventStream:
    """One call's stages, each a task: what was read waits in one queue, what is kept in another."""

    def __init__(self, requests: AsyncIterator[Request], keep: Keep, draining: asyncio.Event) -> None:
        self._requests = requests
        self._keep = keep
        self._draining = draining
        self._room = _Room()
        self._read: asyncio.Queue[Request | None] = asyncio.Queue()
        self._kept: asyncio.Queue[_Batch | None] = asyncio.Queue(maxsize=1)
        self._under_way: set[asyncio.Task[Results]] = set()

    async def answers(self) -> AsyncGenerator[events_pb2.StreamEventsResponse, None]:
        """The answer to each message, in their order, once it is durable.

        Raises:
            CallRefused: a message is not as it should be, or the server stops; all before it was answered.
        """
        reading = asyncio.create_task(self._read_all())
        keeping = asyncio.create_task(self._keep_all())
        stopping = asyncio.create_task(self._stop_reading(reading))
        try:
            while (batch := await self._kept.get()) is not None:
                results = iter(await batch.results)
                for message in batch.messages:
                    yield _answer(message, results)
                    await self._room.leave(message)
            await asyncio.wait([reading])
            if reading.cancelled():
                stops = "The server stops. What was answered is kept; send the rest again."
                raise unavailable(stops, RETRY_AFTER_S)
            reading.result()
        finally:
            tasks = (reading, keeping, stopping, *self._under_way)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read_all(self) -> None:
        try:
            async for message in self._requests:
                require_count("events", len(message.events), MAX_BATCH)
                await self._room.enter(message)
                self._read.put_nowait(message)
        finally:
            self._read.put_nowait(None)

    async def _stop_reading(self, reading: asyncio.Task[None]) -> None:
        await self._draining.wait()
        reading.cancel()

    async def _keep_all(self) -> None:
        while messages := await self._next_messages():
            events = [event for message in messages for event in message.events]
            results = asyncio.create_task(self._keep(events))
            self._under_way.add(results)
            results.add_done_callback(self._under_way.discard)
            await self._kept.put(_Batch(messages, results))
        await self._kept.put(None)

    async def _next_messages(self) -> list[Request]:
        """Those that were read meanwhile, or the next one; none when there are no more."""
        messages: list[Request] = []
        count = 0
        while count < MAX_BATCH and (not messages or not self._read.empty()):
            message = await self._read.get()
            if message is None:
                self._read.put_nowait(None)  # for the next time
                break
            messages.append(message)
            count += len(message.events)
        return messages


class _Room:
    """How much may be read ahead."""

    def __init__(self) -> None:
        self._taken = 0
        self._changed = asyncio.Condition()

    async def enter(self, message: Request) -> None:
        """Wait until there is room for a message, or nothing else in it."""
        size = _size(message)
        async with self._changed:
            await self._changed.wait_for(lambda: not self._taken or self._taken + size <= MOST_BYTES_AHEAD)
            self._taken += size

    async def leave(self, message: Request) -> None:
        """Make room: it was answered."""
        async with self._changed:
            self._taken -= _size(message)
            self._changed.notify()


def _size(message: Request) -> int:
    return max(message.ByteSize(), MESSAGE_BYTES)


def _answer(
    message: Request, results: Iterator[events_pb2.TrackEventResult]
) -> events_pb2.StreamEventsResponse:
    return events_pb2.StreamEventsResponse(
        results=[
            events_pb2.StreamEventResult(event_id=event.event_id, source=event.source, result=next(results))
            for event in message.events
        ]
    )
