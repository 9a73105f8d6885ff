"""A load generator for unary gRPC calls whose every call has a body of its own.

Speaks HTTP/2 (RFC 9113) straight over sockets: bodies are encoded before the clock starts, and while it runs
a reply costs only a walk over its frame heads. h2load posts one body; here every call is about another
customer. Each reply must end with ``grpc-status: 0`` (distinct trailers are decoded once each).
"""

from __future__ import annotations

import selectors
import socket
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from hpack import Decoder, Encoder

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0x0, 0x1, 0x3, 0x4, 0x6, 0x7, 0x8
END_STREAM, END_HEADERS, ACK = 0x1, 0x4, 0x1
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADER_TABLE_SIZE, INITIAL_WINDOW = 0x1, 0x4
WINDOW = 2**31 - 1
REPLENISH_BYTES = 1 << 24


@dataclass(frozen=True, slots=True)
class LoadReport:
    """How a run went. Latencies are seconds from a call's send to the end of its reply, ascending."""

    calls: int
    failed: int
    wall_s: float
    latencies_s: Sequence[float]

    @property
    def per_s(self) -> float:
        """Calls a second."""
        return self.calls / self.wall_s

    def percentile_ms(self, share: float) -> float:
        """The latency, in milliseconds, that this share of calls stayed below."""
        return self.latencies_s[min(len(self.latencies_s) - 1, int(share * len(self.latencies_s)))] * 1000


@dataclass(slots=True)
class _Connection:
    """One HTTP/2 connection: what it still has to send, and the calls under way by stream."""

    socket: socket.socket
    bodies: list[bytes]
    sent_s: dict[int, float] = field(default_factory=dict)
    next_body: int = 0
    buffer: bytearray = field(default_factory=bytearray)
    out: bytearray = field(default_factory=bytearray)
    received: int = 0


class LoadFailed(RuntimeError):
    """The peer closed the connection or spoke no HTTP/2."""


def run_load(
    address: tuple[str, int], method: str, messages: Sequence[bytes], *, connections: int, in_flight: int
) -> LoadReport:
    """Call ``method`` (``/package.Service/Method``) once with each message and wait for every reply.

    ``in_flight`` calls are under way at a time on each connection.

    Raises:
        LoadFailed: the server closed a connection.
    """
    encoded = _RequestEncoder(f"{address[0]}:{address[1]}", method)
    parts = [
        [encoded.body(message) for message in messages[start::connections]] for start in range(connections)
    ]
    opened = [_open(address, part) for part in parts if part]
    try:
        return _drive(opened, encoded, in_flight)
    finally:
        for connection in opened:
            connection.socket.close()


class _RequestEncoder:
    """Encodes a call's frames; the headers are the same for all, without HPACK's dynamic table."""

    def __init__(self, authority: str, method: str) -> None:
        encoder = Encoder()
        encoder.header_table_size = 0
        self._headers = encoder.encode(
            [
                (":method", "POST"),
                (":scheme", "http"),
                (":path", method),
                (":authority", authority),
                ("te", "trailers"),
                ("content-type", "application/grpc"),
            ]
        )

    def body(self, message: bytes) -> bytes:
        """The message as gRPC frames it: not compressed, its length, itself."""
        return struct.pack(">BI", 0, len(message)) + message

    def frames(self, stream: int, body: bytes) -> bytes:
        """HEADERS and DATA of one call."""
        return _frame(HEADERS, END_HEADERS, stream, self._headers) + _frame(DATA, END_STREAM, stream, body)


class _Trailers:
    """Tells whether a header block says ``grpc-status: 0``; each distinct block is decoded once."""

    def __init__(self) -> None:
        self._known: dict[bytes, bool | None] = {}

    def status_ok(self, block: bytes) -> bool | None:
        """True or False where the block has a status, None where it has none."""
        if block not in self._known:
            headers = {
                str(name): str(value) for name, value in Decoder(max_header_list_size=1 << 20).decode(block)
            }
            self._known[block] = headers["grpc-status"] == "0" if "grpc-status" in headers else None
        return self._known[block]


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _open(address: tuple[str, int], bodies: list[bytes]) -> _Connection:
    connected = socket.create_connection(address, timeout=10)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    settings = struct.pack(">HIHI", HEADER_TABLE_SIZE, 0, INITIAL_WINDOW, WINDOW)
    wider = struct.pack(">I", WINDOW - 65_535)
    connected.sendall(PREFACE + _frame(SETTINGS, 0, 0, settings) + _frame(WINDOW_UPDATE, 0, 0, wider))
    connected.setblocking(False)
    return _Connection(connected, bodies)


def _drive(connections: list[_Connection], encoder: _RequestEncoder, in_flight: int) -> LoadReport:
    latencies: list[float] = []
    failed = 0
    trailers = _Trailers()
    selector = selectors.DefaultSelector()
    started_s = time.perf_counter()
    for connection in connections:
        _send_more(connection, encoder, in_flight)
        selector.register(connection.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, connection)
    busy = set(range(len(connections)))
    numbers = {id(connection): number for number, connection in enumerate(connections)}
    while busy:
        for key, ready in selector.select(timeout=10) or _stalled():
            connection = key.data
            if ready & selectors.EVENT_READ:
                failed += _receive(connection, trailers, latencies)
            _send_more(connection, encoder, in_flight)
            writes = selectors.EVENT_WRITE if connection.out else 0
            selector.modify(connection.socket, selectors.EVENT_READ | writes, connection)
            if not connection.sent_s and connection.next_body == len(connection.bodies):
                busy.discard(numbers[id(connection)])
    wall_s = time.perf_counter() - started_s
    return LoadReport(len(latencies), failed, wall_s, sorted(latencies))


def _stalled() -> list[tuple[selectors.SelectorKey, int]]:
    raise LoadFailed("no reply for ten seconds")


def _send_more(connection: _Connection, encoder: _RequestEncoder, in_flight: int) -> None:
    while len(connection.sent_s) < in_flight and connection.next_body < len(connection.bodies):
        stream = 2 * connection.next_body + 1
        connection.out += encoder.frames(stream, connection.bodies[connection.next_body])
        connection.sent_s[stream] = time.perf_counter()
        connection.next_body += 1
    # What the socket does not take now waits until it is ready, and replies are read meanwhile.
    with suppress(BlockingIOError):
        while connection.out:
            del connection.out[: connection.socket.send(connection.out)]


def _receive(connection: _Connection, trailers: _Trailers, latencies: list[float]) -> int:
    chunk = connection.socket.recv(1 << 20)
    if not chunk:
        raise LoadFailed("the server closed the connection")
    buffer = connection.buffer
    buffer += chunk
    connection.received += len(chunk)
    position = failed = 0
    while len(buffer) - position >= 9:
        length = int.from_bytes(buffer[position : position + 3], "big")
        end = position + 9 + length
        if len(buffer) < end:
            break
        kind, flags = buffer[position + 3], buffer[position + 4]
        stream = int.from_bytes(buffer[position + 5 : position + 9], "big")
        if kind == HEADERS:
            ok = trailers.status_ok(bytes(buffer[position + 9 : end]))
            failed += ok is False
        elif kind in (SETTINGS, PING) and not flags & ACK:
            reply = b"" if kind == SETTINGS else bytes(buffer[position + 9 : end])
            connection.out += _frame(kind, ACK, 0, reply)
        elif kind in (RST_STREAM, GOAWAY):
            raise LoadFailed(f"the server reset the connection or stream {stream}")
        if flags & END_STREAM and kind in (HEADERS, DATA):
            latencies.append(time.perf_counter() - connection.sent_s.pop(stream))
        position = end
    del buffer[:position]
    if connection.received > REPLENISH_BYTES:
        connection.out += _frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", connection.received))
        connection.received = 0
    return failed
