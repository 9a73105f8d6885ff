"""A receiver of webhooks on a real socket, which behaves as a test wants it to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Request:
    """What was received."""

    line: str
    headers: Mapping[str, str]
    body: bytes


Behaviour: TypeAlias = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""What is done once a request is there."""


@dataclass(slots=True)
class Receiver:
    """What listens at a URL, and what it got, oldest first."""

    behave: Callable[[Request], Behaviour]
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    open: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)
    """Who is answering whom."""

    @property
    def bodies(self) -> list[bytes]:
        """The bodies of all requests."""
        return [request.body for request in self.requests]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.open[task] = writer
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                request = await _read_request(reader)
                self.requests.append(request)
                await self.behave(request)(writer)
                await writer.drain()
        writer.transport.abort()
        del self.open[task]

    async def close(self) -> None:
        """Leave whoever is being answered."""
        for task in self.open:
            task.cancel()
        await asyncio.gather(*self.open)


@asynccontextmanager
async def receiving(
    behave: Behaviour | Callable[[Request], Behaviour],
    *,
    each: bool = False,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Receiver]:
    """A receiver that always behaves alike, or (``each``) as the request makes it choose."""
    receiver = Receiver(behave if each else lambda request: behave)  # type: ignore[arg-type,return-value]
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    receiver.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/hook"
    try:
        yield receiver
    finally:
        server.close()
        await receiver.close()


def answers(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """A whole answer."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 {status} Whatever\r\ncontent-length: {len(body)}\r\n{more}\r\n"
        writer.write(head.encode() + body)

    return answer


async def hangs(writer: asyncio.StreamWriter) -> None:
    """Says nothing."""
    await asyncio.sleep(60)


async def drips(writer: asyncio.StreamWriter) -> None:
    """Says a byte of its head now and then."""
    for byte in b"HTTP/1.1 200 OK\r\n" + b"x-slow: 1\r\n" * 1_000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def drips_after_its_status(writer: asyncio.StreamWriter) -> None:
    """Says 200, then a byte of its body now and then."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def closes(writer: asyncio.StreamWriter) -> None:
    """Goes away in the middle of its head."""
    writer.write(b"HTTP/1.1 200")
    await writer.drain()
    raise ConnectionAbortedError


async def speaks_something_else(writer: asyncio.StreamWriter) -> None:
    """Is no HTTP server."""
    writer.write(b"220 mail.example.com ESMTP\r\n" * 3)
    await writer.drain()
    raise ConnectionAbortedError


async def never_ends(writer: asyncio.StreamWriter) -> None:
    """Sends a body for as long as somebody reads."""
    writer.write(b"HTTP/1.1 500 No\r\ncontent-length: 10000000000\r\n\r\n")
    while True:
        writer.write(b"y" * 65_536)
        await writer.drain()


async def _read_request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    line, *lines = head.rstrip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines)}
    return Request(line, headers, await reader.readexactly(int(headers["content-length"])))
