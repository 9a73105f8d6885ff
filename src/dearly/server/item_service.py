"""``ItemService``: the catalogs' items, put whole and deleted by id."""

from __future__ import annotations

from collections.abc import Sequence

from dearly.ingest import prepare_item
from dearly.language import nearest
from dearly.server.application import Application, Context
from dearly.server.checking import check_all
from dearly.server.limits import MAX_BATCH, require_count, require_id
from dearly.server.statuses import unknown_name
from dearly.server.wire import to_plain
from dearly.store import ItemRecord
from dearly.v1 import items_pb2, items_pb2_grpc


class ItemService(items_pb2_grpc.ItemServiceServicer):
    """Checks items against their catalogs; writes off the loop."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def UpsertItems(  # noqa: N802 - the method's name in the proto
        self, request: items_pb2.UpsertItemsRequest, context: Context
    ) -> items_pb2.UpsertItemsResponse:
        """One durable commit for all, or nothing at all."""
        del context
        require_count("items", len(request.items), MAX_BATCH)
        checked = await self._application.preparations.run(self._check_all, request.items)
        await self._application.writes.run(self._application.store.upsert_items, checked)
        return items_pb2.UpsertItemsResponse()

    async def DeleteItems(  # noqa: N802 - the method's name in the proto
        self, request: items_pb2.DeleteItemsRequest, context: Context
    ) -> items_pb2.DeleteItemsResponse:
        """Deleted for good; what was not there is told."""
        del context
        catalogs = self._application.serving.program.catalogs
        if request.catalog not in catalogs:
            raise unknown_name("catalog", request.catalog, nearest(request.catalog, catalogs))
        require_count("item_ids", len(request.item_ids), MAX_BATCH)
        item_ids = [
            require_id(f"item_ids[{place}]", item_id) for place, item_id in enumerate(request.item_ids)
        ]
        store = self._application.store
        found = await self._application.writes.run(store.delete_items, request.catalog, item_ids)
        missing = [item_id for item_id, was_there in zip(item_ids, found, strict=True) if not was_there]
        return items_pb2.DeleteItemsResponse(
            deleted_count=len(item_ids) - len(missing), missing_item_ids=missing
        )

    def _check_all(self, items: Sequence[items_pb2.Item]) -> list[ItemRecord]:
        program = self._application.serving.program
        return check_all(
            "items",
            items,
            lambda item: prepare_item(
                program, catalog=item.catalog, item_id=item.item_id, fields=to_plain(item.fields)
            ),
        )
