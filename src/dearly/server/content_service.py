"""``ContentService``: callouts. Everything after an unknown block is a fallback with status OK."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from dearly.content import Reason, RenderedBlock, RenderReply, RenderRequest, UnknownBlock
from dearly.server.application import Application, Context
from dearly.server.limits import MAX_BATCH, MAX_BLOCKS, require_count, require_id
from dearly.server.statuses import CallRefused, Violation, as_wire_status, invalid_argument, unknown_name
from dearly.server.wire import to_timestamp
from dearly.v1 import content_pb2, content_pb2_grpc

LONGEST_CALL_S = 10.0
"""A call without a deadline of its own, or with a longer one, has this long."""

ANSWER_SHARE = 0.9
BATCH_ANSWER_SHARE = 0.75
"""How much of the caller's time deciding may take; the rest is for the answer's way back."""

SLICE = 16
"""Requests of a batch between which the loop may answer others (about 5 ms)."""

_REASONS = {
    Reason.MATCHED: content_pb2.BLOCK_REASON_MATCHED,
    Reason.DEFAULT: content_pb2.BLOCK_REASON_DEFAULT,
    Reason.FALLBACK_MISSING_DATA: content_pb2.BLOCK_REASON_FALLBACK_MISSING_DATA,
    Reason.FALLBACK_DEADLINE: content_pb2.BLOCK_REASON_FALLBACK_DEADLINE,
    Reason.FALLBACK_ERROR: content_pb2.BLOCK_REASON_FALLBACK_ERROR,
}


class ContentService(content_pb2_grpc.ContentServiceServicer):
    """Checks what came, has it rendered, and puts the answer on the wire."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def RenderContent(  # noqa: N802 - the method's name in the proto
        self, request: content_pb2.RenderContentRequest, context: Context
    ) -> content_pb2.RenderContentResponse:
        """One recipient, rendered on the loop itself: it takes less than handing it to a thread would."""
        deadline_s = _deadline_s(context)
        wanted = self._checked(request)
        try:
            return _to_wire(await self._application.personalizer.render(wanted, deadline_s))
        except UnknownBlock as error:
            raise unknown_name("block", error.name, error.nearest) from None

    async def BatchRenderContent(  # noqa: N802 - the method's name in the proto
        self, request: content_pb2.BatchRenderContentRequest, context: Context
    ) -> content_pb2.BatchRenderContentResponse:
        """Many recipients, in slices between which the loop answers others."""
        deadline_s = _deadline_s(context, BATCH_ANSWER_SHARE)
        require_count("requests", len(request.requests), MAX_BATCH)
        response = content_pb2.BatchRenderContentResponse()
        for start in range(0, len(request.requests), SLICE):
            response.results.extend(await self._slice(request.requests[start : start + SLICE], deadline_s))
            await asyncio.sleep(0)
        return response

    async def _slice(self, requests: Any, deadline_s: float) -> list[content_pb2.BatchRenderContentResult]:
        results = [content_pb2.BatchRenderContentResult() for _ in requests]
        wanted: list[tuple[content_pb2.BatchRenderContentResult, RenderRequest]] = []
        for result, request in zip(results, requests, strict=True):
            try:
                wanted.append((result, self._checked(request)))
            except CallRefused as refused:
                result.status.CopyFrom(as_wire_status(refused))
        replies = await self._application.personalizer.render_many(
            [checked for _, checked in wanted], deadline_s
        )
        for (result, _), reply in zip(wanted, replies, strict=True):
            if isinstance(reply, UnknownBlock):
                result.status.CopyFrom(as_wire_status(unknown_name("block", reply.name, reply.nearest)))
            else:
                result.content.CopyFrom(_to_wire(reply))
        return results

    def _checked(self, request: content_pb2.RenderContentRequest) -> RenderRequest:
        customer_id = require_id("customer_id", request.customer_id)
        send_id = require_id("send_id", request.send_id, optional=True)
        blocks = tuple(request.blocks)
        require_count("blocks", len(blocks), MAX_BLOCKS)
        if len(set(blocks)) < len(blocks):
            raise invalid_argument([Violation("blocks", "expected each block once, got one of them twice.")])
        return RenderRequest(customer_id, blocks, send_id, self._application.moment_us(request))


def _deadline_s(context: Context, share: float = ANSWER_SHARE) -> float:
    """When deciding must be over, as an instant of the monotonic clock."""
    remaining_s = context.time_remaining()
    allowed_s = LONGEST_CALL_S if remaining_s is None else min(remaining_s, LONGEST_CALL_S)
    return time.monotonic() + allowed_s * share


def _to_wire(reply: RenderReply) -> content_pb2.RenderContentResponse:
    return content_pb2.RenderContentResponse(
        blocks=[_block(block) for block in reply.blocks],
        as_of=to_timestamp(reply.as_of_us),
        valid_until=to_timestamp(reply.valid_until_us),
        rules_version=reply.rules_version,
        index_versions=reply.index_versions,
        decision_id=reply.decision_id,
    )


def _block(block: RenderedBlock) -> content_pb2.RenderedBlock:
    return content_pb2.RenderedBlock(
        name=block.name,
        html=block.html,
        text=block.text,
        subject=block.subject,
        reason=_REASONS[block.reason],
        rule=block.rule,
        item_ids=block.item_ids,
        clipping_risk=block.clipping_risk,
    )
