"""Requests as the tests write them."""

from __future__ import annotations

from typing import Any

from dearly.language.types import HOUR_US
from dearly.server.wire import to_struct, to_timestamp
from dearly.v1 import content_pb2, events_pb2, profiles_pb2
from tests.server.conftest import NOW_US, Shop


def render(customer_id: str = "c1", *blocks: str, **more: Any) -> content_pb2.RenderContentRequest:
    """A render of some blocks, of the hero where none is named."""
    return content_pb2.RenderContentRequest(customer_id=customer_id, blocks=blocks or ("hero",), **more)


def batch(*requests: content_pb2.RenderContentRequest) -> content_pb2.BatchRenderContentRequest:
    """Many renders at once."""
    return content_pb2.BatchRenderContentRequest(requests=requests)


def viewed(event_id: str = "e1", **changed: Any) -> events_pb2.Event:
    """Somebody looked at p1 an hour ago, but for what is changed."""
    whole = {
        "event_id": event_id,
        "customer_id": "c1",
        "type": "product_viewed",
        "time": to_timestamp(NOW_US - HOUR_US),
        "source": "web",
        "properties": to_struct({"product_id": "p1"}),
    }
    return events_pb2.Event(**(whole | changed))


async def track(shop: Shop, *events: events_pb2.Event) -> list[events_pb2.TrackEventResult]:
    """What becomes of events."""
    response = await shop.client.events.TrackEvents(events_pb2.TrackEventsRequest(events=events))
    return list(response.results)


async def patch(shop: Shop, customer_id: str, **fields: Any) -> None:
    """Change fields of a profile."""
    change = profiles_pb2.ProfilePatch(customer_id=customer_id)
    change.fields.update(fields)
    await shop.client.profiles.UpsertProfiles(profiles_pb2.UpsertProfilesRequest(profiles=[change]))
