"""How a request is answered: as JSON, or as a stream that also carries progress and log messages.

The SDK has both ways, of which a stream takes almost twice the processor time.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from mcp.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from bridge.admission import too_large


class Answering:
    """The SDK's server over HTTP, without sessions, because any pod of the Service may get the next request."""

    def __init__(self, server: Server[dict[str, Any]], largest: int, *, logs: bool) -> None:
        """`logs`: the process may say something during a call."""
        self._largest = largest
        self._logs = logs
        self._streams, self._json = (
            StreamableHTTPSessionManager(server, json_response=answer, stateless=True, max_request_body_size=largest)
            for answer in (False, True)
        )

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Within it, requests are served."""
        async with self._streams.run(), self._json.run():
            yield

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. A client that goes meanwhile cancels it."""
        body = await _read(receive, self._largest)
        if body is None:
            await too_large(self._largest)(scope, receive, send)
        elif self._needs_stream(Request(scope), body):
            await self._streams.handle_request(scope, _Replay(body, receive), send)
        else:
            async with anyio.create_task_group() as group:
                group.start_soon(_cancel_when_gone, receive, group.cancel_scope)
                await self._json.handle_request(scope, _Replay(body, receive), send)
                group.cancel_scope.cancel()

    def _needs_stream(self, request: Request, body: bytes) -> bool:
        if "text/event-stream" not in request.headers.get("accept", ""):
            return False
        version = request.headers.get("mcp-protocol-version")
        if version is not None and version not in HANDSHAKE_PROTOCOL_VERSIONS:
            return True  # there the SDK begins a stream only if it has something to say
        return b'"progressToken"' in body or (self._logs and b'"tools/call"' in body)


class _Replay:
    """Gives a body that was read to who reads it next."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


async def _read(receive: Receive, largest: int) -> bytes | None:
    """Return the body of a request; None if it is larger than allowed."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > largest:
            return None
        if not message.get("more_body", False):
            return bytes(body)


async def _cancel_when_gone(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
