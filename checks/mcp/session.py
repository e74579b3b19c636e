"""Connect to an MCP server as a client of an older version of the protocol, which many clients still speak.

The version 2026-07-28 has no sessions. A server of both can keep sessions for the older one in the memory of a pod.
"""

from dataclasses import replace
from typing import Literal

import anyio
import httpx2
import msgspec

from checks.kube.connection import Connection
from checks.mcp.answer import DEADLINE_SECONDS, SESSION_HEADER, Answer, Outcome
from checks.mcp.failure import no_answer, refusal
from checks.mcp.first_message import first_message

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
    try:
        with anyio.fail_after(deadline):
            try:
                return await _initialize(connection, path, version)
            except (httpx2.RemoteProtocolError, httpx2.ReadError):
                return await _initialize(connection, path, version)
    except TimeoutError:
        return Answer(Outcome.TIMEOUT, f"no answer to initialize ({version}) within {deadline:g} s")
    except (httpx2.TransportError, OSError) as error:
        return no_answer(error)


async def _initialize(connection: Connection, path: str, version: str) -> Answer:
    async with connection.client() as http:
        return await _greeted(http, connection.host + path, version)


async def _greeted(http: httpx2.AsyncClient, url: str, version: str) -> Answer:
    client = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "cortex", "version": "1"}}
    message = msgspec.json.encode({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client})
    async with http.stream("POST", url, content=message, headers=_HEADERS) as response:
        refused = await refusal(response)
        if refused is not None:
            return refused.answer()
        session, body = response.headers.get(SESSION_HEADER), await first_message(response)
    try:
        chosen = msgspec.json.decode(body or b"", type=_Response).result.protocol_version
        answer = Answer(Outcome.ANSWERED, protocol=chosen)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        answer = Answer(Outcome.NO_MCP, f"no valid answer to initialize ({version})")
    if session is not None:
        # The server may refuse to end it, and the account may lack the verb `delete`: then it expires.
        await http.delete(url, headers={SESSION_HEADER: session, "MCP-Protocol-Version": version})
    return replace(answer, sessions=session is not None)
