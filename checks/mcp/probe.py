"""Ask an MCP server for its tools with the official client, and return the outcome as data."""

import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING

import anyio
import httpx2
import msgspec
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CONNECTION_CLOSED, TextContent

from checks.errors import innermost
from checks.kube.connection import Connection
from checks.mcp.answer import DEADLINE_SECONDS, SESSION_HEADER, TOOL_PAGES, Answer, Outcome, smoke_error
from checks.mcp.failure import Refusal, no_answer, refusal
from checks.plain_text import brief
from stacks.model.server import SmokeCall

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from contextlib import AbstractAsyncContextManager

    from mcp.client._transport import TransportStreams

logging.getLogger("mcp").addHandler(logging.NullHandler())


async def probe(
    connection: Connection,
    path: str,
    smoke: SmokeCall | None,
    deadline: float = DEADLINE_SECONDS,
    spent: float = 0.0,
) -> Answer:
    """List a server's tools and make its smoke call. Nothing that the server does raises an error.

    If the server closes the connection before its answer, because it was reloaded or its pod ended, it is asked again.
    All of it ends at the deadline, of which `spent` seconds have passed.
    """
    answer = await _probe(connection, path, smoke, deadline, spent)
    if not answer.lost:
        return answer
    return await _probe(connection, path, smoke, deadline, spent + answer.seconds)


class _Request(msgspec.Struct, frozen=True):
    """A JSON-RPC message that expects an answer; a notification has no id."""

    method: str
    id: int | str


@dataclass
class _Exchange:
    """What the HTTP responses of a conversation show and the client's errors do not."""

    refusal: Refusal | None = None
    """The refusal of the latest request, which is the one that failed if the conversation failed.

    A server may refuse what is not a request: many answer 405 to GET and DELETE, as the protocol allows.
    """
    sessions: set[str] = field(default_factory=set)
    streamed: bool = True
    """Whether the latest request is answered by a stream, which can end before the answer."""

    async def begin(self, request: httpx2.Request) -> None:
        """Forget how an earlier request was answered."""
        if _is_request(request):
            self.refusal, self.streamed = None, True

    async def note(self, response: httpx2.Response) -> None:
        """Note the status and the session of a response."""
        if SESSION_HEADER in response.headers:
            self.sessions.add(response.headers[SESSION_HEADER])
        if _is_request(response.request):
            self.refusal = await refusal(response)
            self.streamed = "event-stream" in response.headers.get("Content-Type", "")

    def lost(self, error: BaseException) -> bool:
        """Return whether an error of the client means that the answer was lost. Servers use its code for others."""
        return isinstance(error, MCPError) and error.error.code == CONNECTION_CLOSED and self.streamed


def _is_request(request: httpx2.Request) -> bool:
    if request.method != "POST":
        return False
    try:
        msgspec.json.decode(request.content, type=_Request)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return True


async def _probe(connection: Connection, path: str, smoke: SmokeCall | None, deadline: float, spent: float) -> Answer:
    start = perf_counter()
    exchange = _Exchange()
    try:
        with anyio.fail_after(max(deadline - spent, 0)):
            streams = _streamable(connection, path, exchange)
            answer = await _talk(streams, smoke, deadline, exchange)
    except TimeoutError:
        answer = Answer(Outcome.TIMEOUT, f"no complete answer within {deadline:g} s")
    except (MCPError, httpx2.HTTPError, OSError, ValueError) as error:
        answer = _failure(error, exchange)
    except BaseExceptionGroup as group:
        errors, rest = group.split((MCPError, httpx2.HTTPError, OSError, ValueError, RuntimeError))
        if rest is not None or errors is None:
            raise
        answer = _failure(innermost(errors), exchange)
    return replace(answer, sessions=bool(exchange.sessions), seconds=perf_counter() - start)


@asynccontextmanager
async def _streamable(connection: Connection, path: str, exchange: _Exchange) -> "AsyncGenerator[TransportStreams]":
    async with connection.client() as http:
        http.event_hooks["request"].append(exchange.begin)
        http.event_hooks["response"].append(exchange.note)
        async with streamable_http_client(connection.host + path, http_client=http) as streams:
            yield streams


async def _talk(
    streams: "AbstractAsyncContextManager[TransportStreams]", smoke: SmokeCall | None, limit: float, exchange: _Exchange
) -> Answer:
    start = perf_counter()
    async with Client(streams, read_timeout_seconds=limit, cache=None) as client:
        tools, cursor = set[str](), None
        for _ in range(TOOL_PAGES):
            page = await client.list_tools(cursor=cursor)
            tools |= {tool.name for tool in page.tools}
            cursor = page.next_cursor
            if cursor is None:
                break
        latency_ms = (perf_counter() - start) * 1000
        error = await _smoke(client, smoke, exchange) if smoke and smoke.tool in tools else None
        return Answer(
            Outcome.ANSWERED,
            tools=frozenset(tools),
            protocol=client.protocol_version,
            latency_ms=latency_ms,
            smoke_error=error,
        )


async def _smoke(client: Client, smoke: SmokeCall, exchange: _Exchange) -> str | None:
    try:
        result = await client.call_tool(smoke.tool, dict(smoke.arguments))
    except MCPError as error:
        if exchange.lost(error):
            raise
        refused = exchange.refusal
        return brief(error.error.message) if refused is None or refused.error else refused.answer().detail
    texts = [block.text for block in result.content if isinstance(block, TextContent)]
    return smoke_error(texts, failed=result.is_error, complete=len(texts) == len(result.content))


def _failure(error: BaseException, exchange: _Exchange) -> Answer:
    if isinstance(error, (httpx2.TransportError, OSError)):
        return no_answer(error)
    if exchange.refusal is not None:
        return exchange.refusal.answer()
    return Answer(Outcome.NO_MCP, brief(str(error)), lost=exchange.lost(error))
