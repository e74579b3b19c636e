"""Ask whether an MCP server gives a session to clients of an older protocol version, which many clients still speak.

The version 2026-07-28 has no sessions. A server of both can keep sessions for the older one in the memory of a pod.
"""

from dataclasses import replace

import anyio
import httpx2
import msgspec

from checks.kube.connection import Connection
from checks.mcp.answer import DEADLINE_SECONDS, SESSION_HEADER, Answer, Outcome
from checks.mcp.failure import no_answer, refusal

VERSION = "2025-06-18"

_INITIALIZE = msgspec.json.encode(
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": VERSION,
            "capabilities": {},
            "clientInfo": {"name": "cortex", "version": "1"},
        },
    }
)
_HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


async def with_sessions(
    connection: Connection, path: str, answer: Answer, deadline: float = DEADLINE_SECONDS
) -> Answer:
    """Return the answer of a server of the newest protocol with its sessions; a failure replaces the outcome.

    A server that refuses the older protocol has no sessions.
    """
    try:
        with anyio.fail_after(deadline):
            async with connection.client() as http:
                return await _with_sessions(http, connection.host + path, answer)
    except TimeoutError:
        failed = Answer(Outcome.TIMEOUT, f"no answer to initialize ({VERSION}) within {deadline:g} s")
    except (httpx2.TransportError, OSError) as error:
        failed = no_answer(error)
    return replace(failed, seconds=answer.seconds)


async def _with_sessions(http: httpx2.AsyncClient, url: str, answer: Answer) -> Answer:
    async with http.stream("POST", url, content=_INITIALIZE, headers=_HEADERS) as response:
        refused = await refusal(response)
        if refused is not None and refused.kubernetes is not None:
            return replace(refused.answer(), seconds=answer.seconds)
        session = response.headers.get(SESSION_HEADER)
    if session is not None:
        # The server may refuse to end it, and the account may lack the verb `delete`: then it expires.
        headers = {SESSION_HEADER: session, "MCP-Protocol-Version": VERSION}
        await http.delete(url, headers=headers)
    return replace(answer, sessions=session is not None)
