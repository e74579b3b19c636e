"""Talk to an MCP server with the official client; whatever fails is data."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TypeVar

import anyio
import httpx2
from mcp import Client, MCPError

from checks.errors import innermost
from checks.kube.connection import Connection
from checks.mcp.answer import Answer, Outcome
from checks.mcp.exchange import Exchange, http_sse, over_web_socket, streamable
from checks.mcp.failure import no_answer
from checks.plain_text import brief
from stacks.model.transport import Spoken

logging.getLogger("mcp").addHandler(logging.NullHandler())

T = TypeVar("T")
_TRANSPORTS = {"http": streamable, "sse": http_sse, "websocket": over_web_socket}


@dataclass(frozen=True)
class Place:
    """Where an MCP server answers; over `sse` the path is that of the stream of HTTP+SSE."""

    connection: Connection
    path: str
    over: Spoken = "http"


async def converse(
    place: Place, talk: Callable[[Client, Exchange], Awaitable[T]], deadline: float, spent: float = 0.0
) -> T | Answer:
    """Connect to a server, and return what `talk` returns, or why that failed.

    All of it ends at the deadline, of which `spent` seconds have passed.
    """
    start, exchange = perf_counter(), Exchange(stream=place.over == "sse")
    try:
        with anyio.fail_after(max(deadline - spent, 0)):
            return await _converse(place, talk, exchange, deadline)
    except TimeoutError:
        failed = Answer(Outcome.TIMEOUT, f"no complete answer within {deadline:g} s")
    except (MCPError, httpx2.HTTPError, OSError, ValueError) as error:
        failed = _failure(error, exchange)
    except BaseExceptionGroup as group:
        errors, rest = group.split((MCPError, httpx2.HTTPError, OSError, ValueError, RuntimeError))
        if rest is not None or errors is None:
            raise
        failed = _failure(innermost(errors), exchange)
    return replace(failed, sessions=kept_session(place, exchange), seconds=perf_counter() - start)


def kept_session(place: Place, exchange: Exchange) -> bool:
    """Return whether the server gave a session."""
    return bool(exchange.sessions) or place.over == "sse"


async def _converse(
    place: Place, talk: Callable[[Client, Exchange], Awaitable[T]], exchange: Exchange, deadline: float
) -> T | Answer:
    with exchange.ended:
        streams = _TRANSPORTS[place.over](place.connection, place.path, exchange)
        # The other transports belong to the older protocol, of which some servers do not answer another method first.
        mode = "auto" if place.over == "http" else "legacy"
        async with Client(streams, mode=mode, read_timeout_seconds=deadline, cache=None) as client:
            return await talk(client, exchange)
    return exchange.refusal.answer() if exchange.refusal else Answer(Outcome.NO_MCP, "the stream ended")


def _failure(error: BaseException, exchange: Exchange) -> Answer:
    if exchange.broken is not None:
        return exchange.broken
    if isinstance(error, (httpx2.TransportError, OSError)):
        return no_answer(error)
    if exchange.refusal is not None:
        return exchange.refusal.answer()
    return Answer(Outcome.NO_MCP, brief(str(error)), lost=exchange.lost(error))
