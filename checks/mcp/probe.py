"""Ask an MCP server for its tools with the official client, and return the outcome as data."""

import logging
from dataclasses import replace
from time import perf_counter

import anyio
import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CONNECTION_CLOSED, TextContent

from checks.errors import innermost
from checks.kube.client import status_message
from checks.kube.connection import Connection
from checks.mcp.answer import DEADLINE_SECONDS, SESSION_HEADER, TOOL_PAGES, Answer, Outcome, smoke_error
from checks.plain_text import brief
from stacks.model.server import SmokeCall

logging.getLogger("mcp").addHandler(logging.NullHandler())


async def probe(
    connection: Connection, path: str, smoke: SmokeCall | None, deadline: float = DEADLINE_SECONDS
) -> Answer:
    """List a server's tools and make its smoke call. Nothing that the server does raises an error.

    If the server closes the connection before its answer, because it was reloaded or its pod ended, it is asked again.
    """
    answer = await _probe(connection, path, smoke, deadline)
    return await _probe(connection, path, smoke, deadline) if answer.lost else answer


async def _probe(connection: Connection, path: str, smoke: SmokeCall | None, deadline: float) -> Answer:
    start = perf_counter()
    refusals: list[tuple[int, str | None]] = []
    sessions: set[str] = set()

    async def note(response: httpx2.Response) -> None:
        # The client raises the same error for every HTTP error: keep the status and the API server's message.
        if SESSION_HEADER in response.headers:
            sessions.add(response.headers[SESSION_HEADER])
        if response.status_code >= httpx2.codes.BAD_REQUEST:
            refusals.append((response.status_code, status_message(await response.aread())))

    try:
        with anyio.fail_after(deadline):
            async with connection.client() as http:
                http.event_hooks["response"].append(note)
                answer = await _talk(http, connection.host + path, smoke, deadline)
    except TimeoutError:
        answer = Answer(Outcome.TIMEOUT, f"no complete answer within {deadline:g} s")
    except (MCPError, httpx2.HTTPError, OSError, ValueError) as error:
        answer = _failure(error, refusals)
    except BaseExceptionGroup as group:
        errors, rest = group.split((MCPError, httpx2.HTTPError, OSError, ValueError, RuntimeError))
        if rest is not None or errors is None:
            raise
        answer = _failure(innermost(errors), refusals)
    return replace(answer, sessions=bool(sessions), seconds=perf_counter() - start)


async def _talk(http: httpx2.AsyncClient, url: str, smoke: SmokeCall | None, limit: float) -> Answer:
    start = perf_counter()
    transport = streamable_http_client(url, http_client=http)
    async with Client(transport, read_timeout_seconds=limit, cache=None) as client:
        tools, cursor = set[str](), None
        for _ in range(TOOL_PAGES):
            page = await client.list_tools(cursor=cursor)
            tools |= {tool.name for tool in page.tools}
            cursor = page.next_cursor
            if cursor is None:
                break
        latency_ms = (perf_counter() - start) * 1000
        error = await _smoke(client, smoke) if smoke and smoke.tool in tools else None
        return Answer(
            Outcome.ANSWERED,
            tools=frozenset(tools),
            protocol=client.protocol_version,
            latency_ms=latency_ms,
            smoke_error=error,
        )


async def _smoke(client: Client, smoke: SmokeCall) -> str | None:
    try:
        result = await client.call_tool(smoke.tool, dict(smoke.arguments))
    except MCPError as error:
        if _lost(error):
            raise
        return brief(error.error.message)
    texts = [block.text for block in result.content if isinstance(block, TextContent)]
    return smoke_error(texts, failed=result.is_error, complete=len(texts) == len(result.content))


def _lost(error: BaseException) -> bool:
    return isinstance(error, MCPError) and error.error.code == CONNECTION_CLOSED


def _failure(error: BaseException, refusals: list[tuple[int, str | None]]) -> Answer:
    if isinstance(error, httpx2.TimeoutException):
        return Answer(Outcome.TIMEOUT, "no answer in time")
    if isinstance(error, (httpx2.TransportError, OSError)):
        return Answer(Outcome.UNREACHABLE, str(error) or "the connection was closed")
    if not refusals:
        return Answer(Outcome.NO_MCP, brief(str(error)), lost=_lost(error))
    status, kubernetes = refusals[-1]
    if kubernetes is not None:
        # The API server itself answered: it denies the request, or the Service has no ready endpoint.
        outcome = Outcome.FORBIDDEN if status in (401, 403) else Outcome.UNREACHABLE
        return Answer(outcome, brief(kubernetes))
    if status in (401, 403):
        return Answer(Outcome.GATED, f"the server runs, but requires credentials (HTTP {status})")
    return Answer(Outcome.NO_MCP, f"the endpoint answered HTTP {status}")
