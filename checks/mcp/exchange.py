"""The transports of the official client, with notes of what their HTTP responses show and its errors do not."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
import httpx2
import msgspec
from mcp import MCPError
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CONNECTION_CLOSED

from checks.kube.connection import Connection
from checks.kube.endpoint import proxied
from checks.mcp.answer import SESSION_HEADER, Answer
from checks.mcp.failure import Refusal, refusal
from checks.mcp.socket_channel import BrokenError
from checks.mcp.socket_transport import web_socket
from checks.plain_text import brief

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from mcp.client._transport import TransportStreams


class _Request(msgspec.Struct, frozen=True):
    """A JSON-RPC message that expects an answer; a notification has no id."""

    method: str
    id: int | str


@dataclass
class Exchange:
    """Notes of one conversation."""

    stream: bool
    """Whether the transport is HTTP+SSE, where all answers come in the stream of one GET."""
    refusal: Refusal | None = None
    """The refusal of the latest request, which is the one that failed if the conversation failed.

    A server may refuse what is not a request: many answer 405 to GET and DELETE, as the protocol allows.
    """
    sessions: set[str] = field(default_factory=set)
    streamed: bool = True
    """Whether the latest request is answered by a stream, which can end before the answer."""
    broken: Answer | None = None
    """How a WebSocket ended before the answer, or was refused."""
    ended: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    """Is cancelled by a refusal that the client does not report, because it expects the answer in the stream."""

    async def begin(self, request: httpx2.Request) -> None:
        """Forget how an earlier request was answered."""
        if self._decides(request):
            self.refusal, self.streamed = None, True

    async def note(self, response: httpx2.Response) -> None:
        """Note the status and the session of a response."""
        if SESSION_HEADER in response.headers:
            self.sessions.add(response.headers[SESSION_HEADER])
        if self._decides(response.request):
            self.refusal = await refusal(response)
            self.streamed = "event-stream" in response.headers.get("Content-Type", "")
            if self.stream and self.refusal:
                self.ended.cancel()

    def lost(self, error: BaseException) -> bool:
        """Return whether an error of the client means that the answer was lost. Servers use its code for others."""
        return isinstance(error, MCPError) and error.error.code == CONNECTION_CLOSED and self.streamed

    def end(self, answer: Answer) -> None:
        """Note how a WebSocket ended."""
        self.broken = answer

    def refused(self, error: MCPError) -> str:
        """Return how the server refused a request.

        Raises:
            MCPError: the answer was lost.
        """
        if self.broken or self.lost(error):
            raise error
        if self.refusal is None or self.refusal.error:
            return brief(error.error.message)
        return self.refusal.answer().detail

    def _decides(self, request: httpx2.Request) -> bool:
        return (self.stream and request.method == "GET") or _is_request(request)


def _is_request(request: httpx2.Request) -> bool:
    if request.method != "POST":
        return False
    try:
        msgspec.json.decode(request.content, type=_Request)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return True


@asynccontextmanager
async def streamable(connection: Connection, path: str, exchange: Exchange) -> "AsyncGenerator[TransportStreams]":
    """Return the transport streamable HTTP."""
    http = _client(connection, exchange)
    async with http, streamable_http_client(connection.host + path, http_client=http) as streams:
        yield streams


@asynccontextmanager
async def http_sse(connection: Connection, path: str, exchange: Exchange) -> "AsyncGenerator[TransportStreams]":
    """Return the transport HTTP+SSE, with the path of its stream.

    The server names the path to which messages are posted without the part that belongs to the API server's proxy.
    """
    base = proxied(path)

    async def rebase(request: httpx2.Request) -> None:
        if not request.url.path.startswith(f"{base}/"):
            request.url = request.url.copy_with(raw_path=base.encode() + request.url.raw_path)

    def client(*_: object, **__: object) -> httpx2.AsyncClient:
        http = _client(connection, exchange)
        http.event_hooks["request"].append(rebase)
        return http

    async with sse_client(connection.host + path, httpx_client_factory=client) as streams:
        yield streams


@asynccontextmanager
async def over_web_socket(connection: Connection, path: str, exchange: Exchange) -> "AsyncGenerator[TransportStreams]":
    """Return the transport WebSocket."""
    exchange.streamed = False
    try:
        async with web_socket(connection, path, exchange.end) as streams:
            yield streams
    except BrokenError as error:
        exchange.end(error.answer)
        raise


def _client(connection: Connection, exchange: Exchange) -> httpx2.AsyncClient:
    http = connection.client()
    http.event_hooks["request"].append(exchange.begin)
    http.event_hooks["response"].append(exchange.note)
    return http
