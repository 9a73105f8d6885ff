"""``RecommendationService``: items by themselves, without a block around them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dearly.content import Serving
from dearly.evaluation import read_facts
from dearly.language import Program, nearest
from dearly.language.requirements import RECOMMENDATION_HORIZON_US, touching_events
from dearly.language.types import DAY_US, HOUR_US
from dearly.recommendation import Page, Recommender, Suggestion
from dearly.server.application import Application, Context
from dearly.server.limits import MAX_EXCLUDED, MAX_SUGGESTIONS, require_count, require_id
from dearly.server.statuses import Violation, invalid_argument, not_there, unknown_name
from dearly.server.wire import item_struct
from dearly.store import EventRange
from dearly.v1 import recommendations_pb2, recommendations_pb2_grpc

DEFAULT_TRENDING_US = 7 * DAY_US
LONGEST_TRENDING_US = 90 * DAY_US

_STRATEGIES = {
    "recommended": recommendations_pb2.ITEM_STRATEGY_RECOMMENDED,
    "similar": recommendations_pb2.ITEM_STRATEGY_SIMILAR,
    "trending": recommendations_pb2.ITEM_STRATEGY_TRENDING,
    "recently": recommendations_pb2.ITEM_STRATEGY_RECENTLY,
    "listed": recommendations_pb2.ITEM_STRATEGY_LISTED,
}


@dataclass(frozen=True, slots=True)
class _Search:
    """A request that was found in order, and the references that it goes on with."""

    serving: Serving
    recommender: Recommender
    catalog: str
    page: Page

    @property
    def index_version(self) -> str:
        return self.recommender.index_versions.get(self.catalog, "")

    def on_the_wire(self, found: Iterable[Suggestion]) -> list[recommendations_pb2.SuggestedItem]:
        schema = self.serving.program.catalogs[self.catalog]
        return [
            recommendations_pb2.SuggestedItem(
                item_id=suggestion.item.item_id,
                score=suggestion.score,
                strategy=_STRATEGIES[suggestion.strategy],
                fields=item_struct(schema, suggestion.item.fields),
            )
            for suggestion in found
        ]


class RecommendationService(recommendations_pb2_grpc.RecommendationServiceServicer):
    """Checks what came; reads and searches off the loop."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def Recommend(  # noqa: N802 - the method's name in the proto
        self, request: recommendations_pb2.RecommendRequest, context: Context
    ) -> recommendations_pb2.RecommendResponse:
        """What the customer's recent events point to."""
        del context
        customer_id = require_id("customer_id", request.customer_id)
        search, now_us = self._search(request), self._application.moment_us(request)
        found = await self._application.reads.run(self._recommended, search, customer_id, now_us)
        return recommendations_pb2.RecommendResponse(
            items=search.on_the_wire(found), index_version=search.index_version
        )

    async def SimilarItems(  # noqa: N802 - the method's name in the proto
        self, request: recommendations_pb2.SimilarItemsRequest, context: Context
    ) -> recommendations_pb2.SimilarItemsResponse:
        """The item's neighbours."""
        del context
        item_id = require_id("item_id", request.item_id)
        search = self._search(request)
        if search.recommender.shelves.item(search.catalog, item_id) is None:
            raise not_there("item", f"The catalog {search.catalog!r} holds no such item.")
        now_us = self._application.now_us()
        found = await self._application.reads.run(
            search.recommender.similar, search.catalog, item_id, search.page, now_us
        )
        return recommendations_pb2.SimilarItemsResponse(
            items=search.on_the_wire(found), index_version=search.index_version
        )

    async def TrendingItems(  # noqa: N802 - the method's name in the proto
        self, request: recommendations_pb2.TrendingItemsRequest, context: Context
    ) -> recommendations_pb2.TrendingItemsResponse:
        """What many customers touched within the window."""
        del context
        search, within_us = self._search(request), _window_us(request)
        now_us = self._application.moment_us(request)
        found = await self._application.reads.run(
            search.recommender.trending, search.catalog, within_us, search.page, now_us
        )
        return recommendations_pb2.TrendingItemsResponse(items=search.on_the_wire(found))

    def _search(self, request: Any) -> _Search:
        serving, recommender = self._application.serving, self._application.recommender
        catalogs = serving.program.catalogs
        if request.catalog not in catalogs:
            raise unknown_name("catalog", request.catalog, nearest(request.catalog, catalogs))
        require_count("limit", request.limit, MAX_SUGGESTIONS)
        require_count("exclude_item_ids", len(request.exclude_item_ids), MAX_EXCLUDED, least=0)
        excluded = frozenset(
            require_id(f"exclude_item_ids[{place}]", item_id)
            for place, item_id in enumerate(request.exclude_item_ids)
        )
        return _Search(serving, recommender, request.catalog, Page(request.limit, None, excluded))

    def _recommended(self, search: _Search, customer_id: str, now_us: int) -> Sequence[Suggestion]:
        ranges = _touching_ranges(search.serving.program, search.catalog, now_us)
        rows = self._application.store.read_customer(customer_id, ranges, now_us)
        facts = read_facts(search.serving.reader, rows.profile, rows.logs)
        return search.recommender.recommended_to(facts, search.catalog, search.page, now_us)


def _touching_ranges(program: Program, catalog: str, now_us: int) -> list[EventRange]:
    types = sorted({event for event, _ in touching_events(program, catalog)})
    return [EventRange(event, now_us - RECOMMENDATION_HORIZON_US) for event in types]


def _window_us(request: recommendations_pb2.TrendingItemsRequest) -> int:
    if not request.HasField("within"):
        return DEFAULT_TRENDING_US
    within_us = request.within.seconds * 1_000_000 + request.within.nanos // 1_000
    if HOUR_US <= within_us <= LONGEST_TRENDING_US:
        return within_us
    raise invalid_argument([Violation("within", "expected 1 hour to 90 days.")])
