"""A real server on a real socket, over a real store, in this process."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import grpc
import pytest
import structlog

from dearly.server import Running, ServerSettings, configure_logs, serving
from dearly.server.wire import to_struct
from dearly.v1 import (
    content_pb2_grpc,
    events_pb2_grpc,
    items_pb2,
    items_pb2_grpc,
    profiles_pb2_grpc,
    recommendations_pb2_grpc,
    rules_pb2_grpc,
    segments_pb2_grpc,
)
from tests.server.shop import PRODUCTS, write_rules

NOW_US = 1_772_000_000_000_000
"""2026-02-25T06:13:20Z: the time on every server's clock here, unless a test moves it."""


@dataclass(slots=True)
class Clock:
    """A clock that stands still until it is moved, or moves at each reading."""

    now_us: int = NOW_US
    moves_us: int = 0

    def __call__(self) -> int:
        now_us, self.now_us = self.now_us, self.now_us + self.moves_us
        return now_us


class Log:
    """The log of a server as lines."""

    def __init__(self) -> None:
        self.stream = io.BytesIO()
        self.writer = configure_logs(self.stream)

    def text(self) -> str:
        """All lines so far. Ends the log: nothing is written after it."""
        self.writer.close()
        return self.stream.getvalue().decode()

    def lines(self, event: str | None = None) -> list[dict[str, Any]]:
        """The lines so far as objects, or those of one kind. Ends the log."""
        lines = [json.loads(line) for line in self.text().splitlines()]
        return [line for line in lines if event in (None, line["event"])]


class Client:
    """A stub of each service over one channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.content = content_pb2_grpc.ContentServiceStub(channel)
        self.events = events_pb2_grpc.EventServiceStub(channel)
        self.items = items_pb2_grpc.ItemServiceStub(channel)
        self.profiles = profiles_pb2_grpc.ProfileServiceStub(channel)
        self.recommendations = recommendations_pb2_grpc.RecommendationServiceStub(channel)
        self.rules = rules_pb2_grpc.RulesServiceStub(channel)
        self.segments = segments_pb2_grpc.SegmentServiceStub(channel)


@dataclass(frozen=True, slots=True)
class Shop:
    """A server that runs, a client of it, and all that a test may reach into."""

    client: Client
    running: Running
    rules: Path
    store: Path
    index: Path
    clock: Clock


class OpenShop(Protocol):
    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[Shop]: ...


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log()
    yield log
    log.writer.close()
    structlog.reset_defaults()
    logging.basicConfig(force=True)


@pytest.fixture
def open_shop(tmp_path: Path, log: Log) -> OpenShop:
    """Opens the shop's server with settings of the test's own."""
    rules, store, index = write_rules(tmp_path / "rules"), tmp_path / "shop.db", tmp_path / "index"

    @asynccontextmanager
    async def opened(**changed: Any) -> AsyncIterator[Shop]:
        clock = Clock()
        settings = ServerSettings(
            **{
                "store": f"sqlite:///{store}",
                "rules": rules,
                "index": index,
                "address": "127.0.0.1:0",
                "refresh_s": 0.02,
                "grace_s": 2.0,
                **changed,
            }
        )
        async with serving(settings, clock) as running, grpc.aio.insecure_channel(running.address) as channel:
            yield Shop(Client(channel), running, rules, store, index, clock)

    return opened


@pytest.fixture
async def shop(open_shop: OpenShop) -> AsyncIterator[Shop]:
    """The shop with its eight products, as its users find it."""
    async with open_shop() as shop:
        await put_products(shop)
        yield shop


async def put_products(shop: Shop) -> None:
    """Fill the shelves, and let the server see them."""
    items = [
        items_pb2.Item(catalog="product", item_id=f"p{number}", fields=to_struct(fields))
        for number, fields in enumerate(PRODUCTS, 1)
    ]
    await shop.client.items.UpsertItems(items_pb2.UpsertItemsRequest(items=items))
    await shop.running.application.refresh()
