"""Connect to an MCP server as a client of an older version of the protocol, which many clients still speak.

The version 2026-07-28 has no sessions. A server of both can keep sessions for the older one in the memory of a pod.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Literal

import anyio
import httpx2
import msgspec

from checks.kube.connection import Connection
from checks.mcp.answer import DEADLINE_SECONDS, SESSION_HEADER, Answer, Outcome
from checks.mcp.failure import no_answer, refusal
from checks.mcp.first_message import first_message
from checks.mcp.socket_channel import BrokenError, opened

VERSION = "2025-06-18"

_HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
_UNKNOWN = (Outcome.TIMEOUT, Outcome.UNREACHABLE, Outcome.FORBIDDEN)
"""Outcomes that say nothing about the server."""


class _Initialized(msgspec.Struct, frozen=True, rename="camel"):
    protocol_version: str


class _Response(msgspec.Struct, frozen=True):
    """The answer to initialize."""

    jsonrpc: Literal["2.0"]
    result: _Initialized


async def with_sessions(
    connection: Connection, path: str, answer: Answer, deadline: float = DEADLINE_SECONDS
) -> Answer:
    """Return the answer of a server of the newest protocol with its sessions; a failure replaces the outcome.

    A server that refuses the older protocol has no sessions.
    """
    older = await initialize(connection, path, VERSION, deadline)
    if older.outcome in _UNKNOWN:
        return replace(older, seconds=answer.seconds)
    return replace(answer, sessions=older.sessions)


async def initialize(connection: Connection, path: str, version: str, deadline: float = DEADLINE_SECONDS) -> Answer:
    """Return how a server answers a client of an older version: ANSWERED with the version that it chooses.

    If the server closes the connection before its answer is complete, it is asked again.
    """
    return await _once_more(partial(_initialize, connection, path, version), version, deadline)


async def initialize_over_web_socket(
    connection: Connection, path: str, version: str, deadline: float = DEADLINE_SECONDS
) -> Answer:
    """Return the same of a server of the transport WebSocket."""
    return await _once_more(partial(_initialize_over_web_socket, connection, path, version), version, deadline)


async def _once_more(ask: Callable[[], Awaitable[Answer]], version: str, deadline: float) -> Answer:
    try:
        with anyio.fail_after(deadline):
            try:
                return await ask()
            except (httpx2.RemoteProtocolError, httpx2.ReadError):
                return await ask()
    except TimeoutError:
        return Answer(Outcome.TIMEOUT, f"no answer to initialize ({version}) within {deadline:g} s")
    except (httpx2.TransportError, OSError) as error:
        return no_answer(error)


async def _initialize_over_web_socket(connection: Connection, path: str, version: str) -> Answer:
    try:
        async with opened(connection, path) as channel:
            await channel.send(_message(version).decode())
            return _chosen((await channel.receive()).encode(), version)
    except BrokenError as error:
        if error.answer.lost:
            raise httpx2.ReadError(error.answer.detail) from None
        return error.answer


async def _initialize(connection: Connection, path: str, version: str) -> Answer:
    async with connection.client() as http:
        return await _greeted(http, connection.host + path, version)


async def _greeted(http: httpx2.AsyncClient, url: str, version: str) -> Answer:
    async with http.stream("POST", url, content=_message(version), headers=_HEADERS) as response:
        refused = await refusal(response)
        if refused is not None:
            return refused.answer()
        session, body = response.headers.get(SESSION_HEADER), await first_message(response)
    if session is not None:
        # The server may refuse to end it, and the account may lack the verb `delete`: then it expires.
        await http.delete(url, headers={SESSION_HEADER: session, "MCP-Protocol-Version": version})
    return replace(_chosen(body or b"", version), sessions=session is not None)


def _message(version: str) -> bytes:
    client = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "cortex", "version": "1"}}
    return msgspec.json.encode({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client})


def _chosen(body: bytes, version: str) -> Answer:
    try:
        return Answer(Outcome.ANSWERED, protocol=msgspec.json.decode(body, type=_Response).result.protocol_version)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Answer(Outcome.NO_MCP, f"no valid answer to initialize ({version})")
