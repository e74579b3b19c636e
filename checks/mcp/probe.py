"""Ask an MCP server for its tools with the official client, and return the outcome as data."""

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

import anyio
from mcp import Client, MCPError
from mcp.types import TextContent

from checks.kube.connection import Connection
from checks.mcp.answer import DEADLINE_SECONDS, NOT_OFFERED, Answer, Outcome, smoke_error
from checks.mcp.conversation import Place, converse, kept_session
from checks.mcp.definition import list_tools
from checks.mcp.exchange import Exchange
from stacks.model.server import SmokeCall
from stacks.model.transport import Spoken

PAUSE_SECONDS = 1.0
"""Pause before a server that closed the connection is asked again."""


async def probe(
    connection: Connection,
    path: str,
    smokes: Sequence[SmokeCall],
    deadline: float = DEADLINE_SECONDS,
    spent: float = 0.0,
    over: Spoken = "http",
) -> Answer:
    """List a server's tools and make its smoke calls. Nothing that the server does raises an error.

    Over HTTP+SSE the path is that of the stream. If the server closes the connection before its answer, because it was
    reloaded or its pod ended, it is asked again after a pause. All of it ends at the deadline, of which `spent` seconds
    have passed.
    """
    place = Place(connection, path, over)
    answer = await _probe(place, smokes, deadline, spent)
    if not answer.lost:
        return answer
    await anyio.sleep(PAUSE_SECONDS)
    return await _probe(place, smokes, deadline, spent + answer.seconds + PAUSE_SECONDS)


async def _probe(place: Place, smokes: Sequence[SmokeCall], deadline: float, spent: float = 0.0) -> Answer:
    start = perf_counter()

    async def talk(client: Client, exchange: Exchange) -> Answer:
        tools = await list_tools(client)
        latency_ms = (perf_counter() - start) * 1000
        errors = [await smoke_call(client, smoke, exchange) if smoke.tool in tools else NOT_OFFERED for smoke in smokes]
        sessions = kept_session(place, exchange)
        return Answer(
            Outcome.ANSWERED, "", tools, client.protocol_version, latency_ms, tuple(errors), sessions=sessions
        )

    return replace(await converse(place, talk, deadline, spent), seconds=perf_counter() - start)


async def smoke_call(client: Client, smoke: SmokeCall, exchange: Exchange) -> str | None:
    """Make a smoke call; return its error, None without one."""
    try:
        result = await client.call_tool(smoke.tool, dict(smoke.arguments))
    except MCPError as error:
        return exchange.refused(error)
    texts = [block.text for block in result.content if isinstance(block, TextContent)]
    return smoke_error(texts, failed=result.is_error, complete=len(texts) == len(result.content))
