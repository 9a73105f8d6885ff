"""``ContentService``: callouts. Everything after an unknown block is a fallback with status OK."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast

import grpc

from dearly.content import Reason, RenderedBlock, RenderReply, RenderRequest, UnknownBlock, read_context
from dearly.language.types import Value
from dearly.language.values import FieldProblem
from dearly.server.admission import Admission
from dearly.server.application import Application, Context
from dearly.server.limits import (
    MAX_BATCH,
    MAX_BATCH_REPLY_BYTES,
    MAX_BATCHES,
    MAX_BLOCKS,
    MAX_CONTEXT_BYTES,
    MAX_CONTEXT_VALUES,
    require_bytes,
    require_count,
    require_id,
    require_locale,
)
from dearly.server.statuses import (
    CallRefused,
    Violation,
    as_wire_status,
    invalid_argument,
    unknown_name,
)
from dearly.server.wire import to_plain_values, to_timestamp
from dearly.v1 import content_pb2, content_pb2_grpc

LONGEST_CALL_S = 10.0
"""A call without a deadline of its own, or with a longer one, has this long."""

ANSWER_SHARE = 0.9
BATCH_ANSWER_SHARE = 0.75
"""How much of the caller's time deciding may take; the rest is for the answer's way back."""

TURN_S = 0.002
"""After so long in one go a batch lets the loop answer others, which takes each of them several turns."""

READ_S = 0.005
"""So long one read of a batch's customers shall take."""

SLICE = 16
"""Customers of a batch for whom the store is asked at once, when they are as light as most are."""

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
        self._batches = Admission("batches", MAX_BATCHES)

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
        """Many recipients, in turns between which the loop answers others."""
        self._admit_batch(context)
        deadline_s = _deadline_s(context, BATCH_ANSWER_SHARE)
        require_count("requests", len(request.requests), MAX_BATCH)
        response = content_pb2.BatchRenderContentResponse()
        made_bytes, turn_ends_s = 0, time.monotonic() + TURN_S
        async with aclosing(self._results(request.requests, deadline_s)) as results:
            async for result in results:
                made_bytes += result.ByteSize()
                if response.results and made_bytes > MAX_BATCH_REPLY_BYTES:
                    break
                response.results.append(result)
                if time.monotonic() >= turn_ends_s:
                    await asyncio.sleep(0)
                    turn_ends_s = time.monotonic() + TURN_S
        _refuse_the_rest(response, len(request.requests))
        return response

    def _admit_batch(self, context: Context) -> None:
        """Count a batch as under way until its answer is with its caller, who may be slow to take it.

        Raises:
            CallRefused: RESOURCE_EXHAUSTED when there are too many.
        """
        self._batches.enter()
        cast(Any, context).add_done_callback(lambda _: self._batches.leave())  # its stub takes no function

    async def _results(
        self, requests: Sequence[content_pb2.RenderContentRequest], deadline_s: float
    ) -> AsyncGenerator[content_pb2.BatchRenderContentResult, None]:
        """One result a request. The store is asked for as many at once as it answers soon."""
        done, at_once = 0, 1
        while done < len(requests):
            checked = [self._checked_or_refused(request) for request in requests[done : done + at_once]]
            begun_s = time.monotonic()
            replies = await self._application.personalizer.render_many(
                [one for one in checked if isinstance(one, RenderRequest)], deadline_s
            )
            at_once = _next_at_once(at_once, time.monotonic() - begun_s)
            for one in checked:
                yield _result(one if isinstance(one, CallRefused) else next(replies))
            done += len(checked)

    def _checked_or_refused(self, request: content_pb2.RenderContentRequest) -> RenderRequest | CallRefused:
        try:
            return self._checked(request)
        except CallRefused as refused:
            return refused

    def _checked(self, request: content_pb2.RenderContentRequest) -> RenderRequest:
        customer_id = require_id("customer_id", request.customer_id)
        send_id = require_id("send_id", request.send_id, optional=True)
        blocks = tuple(request.blocks)
        require_count("blocks", len(blocks), MAX_BLOCKS)
        if len(set(blocks)) < len(blocks):
            raise invalid_argument([Violation("blocks", "expected each block once, got one of them twice.")])
        return RenderRequest(
            customer_id,
            blocks,
            send_id,
            self._application.moment_us(request),
            require_locale("locale", request.locale),
            self._context(request) if request.context else {},
        )

    def _context(self, request: content_pb2.RenderContentRequest) -> Mapping[str, Value]:
        """What the call brings along, typed; what is wrong with it is refused like any other field."""
        brought = request.context
        require_count("context", len(brought), MAX_CONTEXT_VALUES)
        size = sum(len(name) + value.ByteSize() for name, value in brought.items())
        require_bytes("context", size, MAX_CONTEXT_BYTES)
        try:
            return read_context(self._application.serving.program.context, to_plain_values(brought))
        except FieldProblem as problem:
            told = f"{problem.message} {problem.hint or ''}".rstrip()
            raise invalid_argument([Violation(f"context.{problem.field}", told)]) from None


def _deadline_s(context: Context, share: float = ANSWER_SHARE) -> float:
    """When deciding must be over, as an instant of the monotonic clock."""
    remaining_s = context.time_remaining()
    allowed_s = LONGEST_CALL_S if remaining_s is None else min(remaining_s, LONGEST_CALL_S)
    return time.monotonic() + allowed_s * share


def _next_at_once(at_once: int, took_s: float) -> int:
    """How many to read at once after so many took so long: twice as many at most, and few after slow ones."""
    fitting = int(at_once * READ_S / max(took_s, 1e-6))
    return max(1, min(fitting, 2 * at_once, SLICE))


def _result(reply: RenderReply | UnknownBlock | CallRefused) -> content_pb2.BatchRenderContentResult:
    if isinstance(reply, RenderReply):
        return content_pb2.BatchRenderContentResult(content=_to_wire(reply))
    if isinstance(reply, UnknownBlock):
        reply = unknown_name("block", reply.name, reply.nearest)
    return content_pb2.BatchRenderContentResult(status=as_wire_status(reply))


def _refuse_the_rest(response: content_pb2.BatchRenderContentResponse, count: int) -> None:
    """Give each request that is left the status of one for which the answer had no room."""
    message = f"The batch's answer is {MAX_BATCH_REPLY_BYTES >> 20} MiB long already. Ask in smaller batches."
    status = as_wire_status(CallRefused(grpc.StatusCode.RESOURCE_EXHAUSTED, message))
    for _ in range(count - len(response.results)):
        response.results.add(status=status)


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
        locale=block.locale,
        empty_list=block.empty_list,
    )
