"""The outermost frame around every call: bytes in, bytes out, one status, one log line, also of a stream.

gRPC by itself answers an unexpected exception with its text. Nothing passes this frame but a reply or a
:class:`~dearly.server.statuses.CallRefused`; parsing and serialising happen inside it for the same reason.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeAlias, cast

import grpc
import structlog
from google.protobuf.message import DecodeError
from grpc_status import rpc_status

from dearly.server.access_log import CustomerHash, add_up, reply_facts, request_facts
from dearly.server.application import Context
from dearly.server.logs import where_it_failed
from dearly.server.statuses import CallRefused, as_google_status, internal, unavailable
from dearly.store import StoreUnavailable

UNFRAMED = ("/grpc.health.", "/grpc.reflection.")
"""Probes and tools: gRPC's own services, neither framed nor logged."""

STORE_RETRY_S = 1.0
STORE_TOLD_EVERY_S = 1.0

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Respond: TypeAlias = Callable[[Any, Context], Awaitable[Any]]
RespondWithStream: TypeAlias = Callable[[Any, Context], AsyncGenerator[Any, None]]


class CallFrame(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stubs only
    """Wraps each method's handler once and keeps it."""

    def __init__(self, hash_of: CustomerHash) -> None:
        self._hash_of = hash_of
        self._log = structlog.get_logger().bind()
        self._framed: dict[str, Handler] = {}
        self._store_told_s = -STORE_TOLD_EVERY_S

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        """The framed handler of the method that is called."""
        method = handler_call_details.method
        if method in self._framed:
            return self._framed[method]
        handler: Any = await continuation(handler_call_details)
        if handler is None:
            # The name is the caller's own and may be anything: it is neither kept nor logged.
            return self._frame("unknown", _decode_nothing, _no_such_method, _encode_nothing)
        if method.startswith(UNFRAMED):
            return cast(Handler, handler)
        self._framed[method] = self._frame_of(method, handler)
        return self._framed[method]

    def _frame_of(self, method: str, handler: Any) -> Handler:
        decode, encode = handler.request_deserializer, handler.response_serializer
        if handler.stream_stream is not None:
            return self._frame_both_streams(method, decode, handler.stream_stream, encode)
        if handler.unary_stream is not None:
            return self._frame_reply_stream(method, decode, handler.unary_stream, encode)
        return self._frame(method, decode, handler.unary_unary, encode)

    def _frame(
        self,
        method: str,
        decode: Callable[[bytes], Any],
        respond: Respond,
        encode: Callable[[Any], bytes],
    ) -> Handler:
        async def answer(body: bytes, context: Context, facts: dict[str, Any]) -> bytes:
            request = _parse(decode, body)
            facts.update(request_facts(request, self._hash_of))
            reply = await respond(request, context)
            facts.update(reply_facts(reply))
            return encode(reply)

        async def call(body: bytes, context: Context) -> bytes | None:
            started_s = time.perf_counter()
            facts: dict[str, Any] = {}
            refused: CallRefused | None = None
            reply_body: bytes | None = None
            try:
                reply_body = await answer(body, context, facts)
            except asyncio.CancelledError:
                self._tell(method, "CANCELLED", started_s, facts)
                raise
            except Exception as error:  # noqa: BLE001 - the outermost frame
                refused = self._refusal(error)
            self._tell(method, refused.code.name if refused else "OK", started_s, facts)
            if refused is not None:
                await _abort(context, refused)
            return reply_body

        return grpc.unary_unary_rpc_method_handler(call)

    def _frame_reply_stream(
        self,
        method: str,
        decode: Callable[[bytes], Any],
        respond: RespondWithStream,
        encode: Callable[[Any], bytes],
    ) -> Handler:
        async def call(body: bytes, context: Context) -> None:
            facts: dict[str, Any] = {}

            async def replies() -> AsyncGenerator[Any, None]:
                request = _parse(decode, body)
                facts.update(request_facts(request, self._hash_of))
                async with aclosing(respond(request, context)) as made:
                    async for reply in made:
                        yield reply

            await self._send_all(method, replies(), encode, context, facts)

        return grpc.unary_stream_rpc_method_handler(call)

    def _frame_both_streams(
        self,
        method: str,
        decode: Callable[[bytes], Any],
        respond: RespondWithStream,
        encode: Callable[[Any], bytes],
    ) -> Handler:
        async def call(bodies: AsyncIterator[bytes], context: Context) -> None:
            facts: dict[str, Any] = {}

            async def requests() -> AsyncIterator[Any]:
                async for body in bodies:
                    request = _parse(decode, body)
                    add_up(facts, {"messages": 1, **request_facts(request, self._hash_of)})
                    yield request

            await self._send_all(method, respond(requests(), context), encode, context, facts)

        return grpc.stream_stream_rpc_method_handler(call)

    async def _send_all(
        self,
        method: str,
        replies: AsyncGenerator[Any, None],
        encode: Callable[[Any], bytes],
        context: Context,
        facts: dict[str, Any],
    ) -> None:
        """Send replies as they are made; one that is not taken yet holds up the next."""
        started_s = time.perf_counter()
        refused: CallRefused | None = None
        try:
            async with aclosing(replies):
                async for reply in replies:
                    await context.write(encode(reply))
                    add_up(facts, reply_facts(reply))
        except asyncio.CancelledError:
            self._tell(method, "CANCELLED", started_s, facts)
            raise
        except Exception as error:  # noqa: BLE001 - the outermost frame
            refused = self._refusal(error)
        self._tell(method, refused.code.name if refused else "OK", started_s, facts)
        if refused is not None:
            await _abort(context, refused)

    def _refusal(self, error: Exception) -> CallRefused:
        if isinstance(error, CallRefused):
            return error.with_traceback(None)  # whose frames hold the request until a collection
        if isinstance(error, StoreUnavailable):
            self._tell_store(error)
            return unavailable("The store does not answer now. Try again.", STORE_RETRY_S)
        incident = secrets.token_hex(8)
        self._log.error("unexpected_error", incident=incident, **where_it_failed(error))
        return internal(incident)

    def _tell_store(self, error: StoreUnavailable) -> None:
        """What is wrong with the store, in the error's words, which hold nobody's data; once a second."""
        now_s = time.monotonic()
        if now_s - self._store_told_s >= STORE_TOLD_EVERY_S:
            self._store_told_s = now_s
            self._log.warning("store_unavailable", error=str(error))

    def _tell(self, method: str, code: str, started_s: float, facts: dict[str, Any]) -> None:
        duration_ms = round((time.perf_counter() - started_s) * 1000, 3)
        self._log.info("call", method=method, code=code, duration_ms=duration_ms, **facts)


async def _abort(context: Context, refused: CallRefused) -> None:
    await cast(Any, context).abort_with_status(rpc_status.to_status(as_google_status(refused)))


def _parse(decode: Callable[[bytes], Any], body: bytes) -> Any:
    try:
        return decode(body)
    except DecodeError:
        raise CallRefused(
            grpc.StatusCode.INVALID_ARGUMENT,
            "The request is not a message of this method: its bytes cannot be read as protobuf, a text in it "
            "is not UTF-8, or it is nested too deeply.",
        ) from None


def _decode_nothing(body: bytes) -> None:
    del body


def _encode_nothing(reply: object) -> bytes:
    del reply
    return b""


async def _no_such_method(request: object, context: Context) -> None:
    del request, context
    raise CallRefused(
        grpc.StatusCode.UNIMPLEMENTED, "This server has no such method; docs/api.md lists those it has."
    )
