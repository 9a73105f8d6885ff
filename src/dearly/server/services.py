"""The table of services: which class answers which of the API's services."""

from __future__ import annotations

import grpc

from dearly.server.application import Application
from dearly.server.content_service import ContentService
from dearly.server.event_service import EventService
from dearly.server.item_service import ItemService
from dearly.server.profile_service import ProfileService
from dearly.server.recommendation_service import RecommendationService
from dearly.server.rules_service import RulesService
from dearly.server.segment_service import SegmentService
from dearly.v1 import (
    content_pb2_grpc,
    events_pb2_grpc,
    items_pb2_grpc,
    profiles_pb2_grpc,
    recommendations_pb2_grpc,
    rules_pb2_grpc,
    segments_pb2_grpc,
)

SERVICE_NAMES = tuple(
    f"dearly.v1.{service.__name__}"
    for service in (
        ContentService,
        EventService,
        ItemService,
        ProfileService,
        RecommendationService,
        RulesService,
        SegmentService,
    )
)


def add_services(application: Application, server: grpc.aio.Server) -> None:
    """Let the server answer every service of the API."""
    content_pb2_grpc.add_ContentServiceServicer_to_server(ContentService(application), server)
    events_pb2_grpc.add_EventServiceServicer_to_server(EventService(application), server)
    items_pb2_grpc.add_ItemServiceServicer_to_server(ItemService(application), server)
    profiles_pb2_grpc.add_ProfileServiceServicer_to_server(ProfileService(application), server)
    recommendations_pb2_grpc.add_RecommendationServiceServicer_to_server(
        RecommendationService(application), server
    )
    rules_pb2_grpc.add_RulesServiceServicer_to_server(RulesService(application), server)
    segments_pb2_grpc.add_SegmentServiceServicer_to_server(SegmentService(application), server)
