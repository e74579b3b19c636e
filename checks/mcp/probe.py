"""Ask an MCP server for its tools with the official client, and return the outcome as data."""

import logging
from dataclasses import dataclass, replace
from time import perf_counter

import anyio
import httpx2
from mcp import Client, MCPError
from mcp.types import TextContent

from checks.errors import innermost
from checks.kube.connection import Connection
from checks.mcp.answer import DEADLINE_SECONDS, TOOL_PAGES, Answer, Outcome, smoke_error
from checks.mcp.exchange import Exchange, http_sse, streamable
from checks.mcp.failure import no_answer
from checks.plain_text import brief
from stacks.model.server import SmokeCall

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
    asked = _Question(connection, path, smoke, deadline, spent)
    answer = await _probe(asked)
    return await _probe(replace(asked, spent=spent + answer.seconds)) if answer.lost else answer


async def probe_stream(
    connection: Connection, path: str, smoke: SmokeCall | None, deadline: float = DEADLINE_SECONDS
) -> Answer:
    """Do the same with a server of the transport HTTP+SSE, whose stream is at the path."""
    return await _probe(_Question(connection, path, smoke, deadline, sse=True))


@dataclass(frozen=True)
class _Question:
    """What a server is asked; all of it ends at the deadline, of which `spent` seconds have passed."""

    connection: Connection
    path: str
    smoke: SmokeCall | None
    deadline: float
    spent: float = 0.0
    sse: bool = False


async def _probe(asked: _Question) -> Answer:
    start, deadline = perf_counter(), asked.deadline
    exchange = Exchange(stream=asked.sse)
    try:
        with anyio.fail_after(max(deadline - asked.spent, 0)):
            answer = await _converse(asked, exchange)
    except TimeoutError:
        answer = Answer(Outcome.TIMEOUT, f"no complete answer within {deadline:g} s")
    except (MCPError, httpx2.HTTPError, OSError, ValueError) as error:
        answer = _failure(error, exchange)
    except BaseExceptionGroup as group:
        errors, rest = group.split((MCPError, httpx2.HTTPError, OSError, ValueError, RuntimeError))
        if rest is not None or errors is None:
            raise
        answer = _failure(innermost(errors), exchange)
    return replace(answer, sessions=bool(exchange.sessions) or asked.sse, seconds=perf_counter() - start)


async def _converse(asked: _Question, exchange: Exchange) -> Answer:
    start = perf_counter()
    with exchange.ended:
        streams = (http_sse if asked.sse else streamable)(asked.connection, asked.path, exchange)
        # The older transport belongs to the older protocol, of which some servers do not answer any other method first.
        mode = "legacy" if asked.sse else "auto"
        async with Client(streams, mode=mode, read_timeout_seconds=asked.deadline, cache=None) as client:
            tools = await _tools(client)
            latency_ms = (perf_counter() - start) * 1000
            smoke = asked.smoke
            error = await _smoke(client, smoke, exchange) if smoke and smoke.tool in tools else None
            protocol = client.protocol_version
        return Answer(Outcome.ANSWERED, "", tools, protocol, latency_ms, error)
    return exchange.refusal.answer() if exchange.refusal else Answer(Outcome.NO_MCP, "the stream ended")


async def _tools(client: Client) -> frozenset[str]:
    tools, cursor = set[str](), None
    for _ in range(TOOL_PAGES):
        page = await client.list_tools(cursor=cursor)
        tools |= {tool.name for tool in page.tools}
        cursor = page.next_cursor
        if cursor is None:
            break
    return frozenset(tools)


async def _smoke(client: Client, smoke: SmokeCall, exchange: Exchange) -> str | None:
    try:
        result = await client.call_tool(smoke.tool, dict(smoke.arguments))
    except MCPError as error:
        if exchange.lost(error):
            raise
        refused = exchange.refusal
        return brief(error.error.message) if refused is None or refused.error else refused.answer().detail
    texts = [block.text for block in result.content if isinstance(block, TextContent)]
    return smoke_error(texts, failed=result.is_error, complete=len(texts) == len(result.content))


def _failure(error: BaseException, exchange: Exchange) -> Answer:
    if isinstance(error, (httpx2.TransportError, OSError)):
        return no_answer(error)
    if exchange.refusal is not None:
        return exchange.refusal.answer()
    return Answer(Outcome.NO_MCP, brief(str(error)), lost=exchange.lost(error))
