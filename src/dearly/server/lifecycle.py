"""A server's life: open what it needs, listen, look for changes, drain, close."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import structlog
from google.protobuf.internal import api_implementation
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from dearly import DearlyError, __version__
from dearly.server.address import Address, parse_address, require_free
from dearly.server.application import LAST_WAIT_S, Application, open_application
from dearly.server.background import start_workers, stop_workers
from dearly.server.frame import CallFrame
from dearly.server.limits import TRANSPORT
from dearly.server.services import SERVICE_NAMES, add_services
from dearly.server.settings import ServerSettings

_log = structlog.get_logger("dearly.server")


class WrongProtobuf(DearlyError):
    """Protobuf's C implementation is not there."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens: where, and what it serves."""

    address: str
    application: Application


def system_now_us() -> int:
    """The system's clock."""
    return time.time_ns() // 1_000


@asynccontextmanager
async def serving(
    settings: ServerSettings, now_us: Callable[[], int] = system_now_us
) -> AsyncIterator[Running]:
    """Serve for as long as the block lasts, then drain: calls under way may finish within the grace period.

    Raises:
        DearlyError: the rules are refused, the store cannot be opened, the address cannot be had.
    """
    require_upb()
    address = parse_address(settings.address)
    require_free(address)
    application = open_application(settings, now_us)
    ends_s = 0.0
    try:
        server, servicer = await _build(application, settings)
        port = server.add_insecure_port(str(address))
        await server.start()
        listening = str(Address(address.host, port))
        workers = start_workers(application)
        rules_version = application.serving.program.version
        _log.info("listening", address=listening, rules=rules_version, version=__version__)
        try:
            yield Running(listening, application)
        finally:
            _log.info("draining", grace_s=settings.grace_s)
            ends_s = time.monotonic() + settings.grace_s
            await servicer.enter_graceful_shutdown()
            application.begin_drain()
            await stop_workers(application, workers)
            await server.stop(settings.grace_s)
    finally:
        application.close(max(ends_s - time.monotonic(), LAST_WAIT_S))
    _log.info("stopped", address=listening)


def watch_for_stop() -> asyncio.Event:
    """An event that the first SIGTERM or SIGINT sets; a second one acts as if nobody watched."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGTERM, signal.SIGINT)

    def ask() -> None:
        asked.set()
        for number in numbers:
            loop.remove_signal_handler(number)

    for number in numbers:
        loop.add_signal_handler(number, ask)
    return asked


def require_upb() -> None:
    """Make sure that protobuf parses in C (upb): the pure Python one is far slower and recurses.

    Raises:
        WrongProtobuf: it does not.
    """
    found = api_implementation.Type()
    if found != "upb":
        raise WrongProtobuf(
            f"Protobuf runs on its {found!r} implementation; expected 'upb'. Install protobuf's wheel for "
            "this platform, and unset PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION."
        )


async def _build(application: Application, settings: ServerSettings) -> tuple[grpc.aio.Server, Any]:
    server = grpc.aio.server(interceptors=[CallFrame(application.hash_of)], options=TRANSPORT)
    add_services(application, server)
    servicer: Any = health.aio.HealthServicer()  # type: ignore[attr-defined]  # its stubs leave it out
    for name in SERVICE_NAMES:
        await servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    if settings.reflection:
        listed = (*SERVICE_NAMES, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(listed, server)
    return server, servicer
