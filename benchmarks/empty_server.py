"""The peer of the render benchmark: a gRPC handler that answers a fixed number of bytes and does nothing."""

from __future__ import annotations

import asyncio
import json
import signal
import sys

import grpc


async def serve(reply: bytes) -> None:
    """Answer every call with ``reply`` until told to stop."""

    async def answer(_request: bytes, _context: object) -> bytes:
        return reply

    handlers = {"Call": grpc.unary_unary_rpc_method_handler(answer)}
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench.Empty", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(json.dumps({"event": "listening", "address": f"127.0.0.1:{port}"}) + "\n")
    sys.stdout.flush()
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()
    await server.stop(grace=1)


if __name__ == "__main__":
    asyncio.run(serve(b"x" * int(sys.argv[1])))
