"""Ask MCP servers of the latest protocol version without the official client, whose import takes half a second.

Only a server whose answers are all valid is handled here, and one that cannot be reached or refuses every request. In
any other case, from an older protocol version to an invalid answer, the official client asks again in the remaining
time, and its outcome counts (checks/mcp/probe.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Literal, TypeVar

import anyio
import httpx2
import msgspec

from checks.kube.connection import Connection
from checks.mcp.answer import DEADLINE_SECONDS, NOT_OFFERED, SESSION_HEADER, Answer, Outcome, smoke_error
from checks.mcp.definition import TOOL_PAGES
from checks.mcp.failure import Refusal, no_answer, refusal
from checks.mcp.first_message import first_message
from checks.mcp.messages import VERSION, Called, Discovered, Tool, Tools, conforms
from stacks.model.server import SmokeCall

T = TypeVar("T")

_META = {
    "io.modelcontextprotocol/protocolVersion": VERSION,
    "io.modelcontextprotocol/clientInfo": {"name": "cortex", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


async def probe(
    connection: Connection, path: str, smokes: Sequence[SmokeCall], deadline: float = DEADLINE_SECONDS
) -> Answer:
    """List a server's tools and make its smoke calls. Nothing that the server does raises an error."""
    start = perf_counter()
    try:
        with anyio.fail_after(deadline):
            async with connection.client() as http:
                tools, latency = await _tools(talk := _Talk(http, connection.host + path))
                errors = [await _smoke(talk, smoke, tools.get(smoke.tool)) for smoke in smokes]
    except TimeoutError:
        seconds = perf_counter() - start
        return Answer(Outcome.TIMEOUT, f"no complete answer within {deadline:g} s", seconds=seconds)
    except _RefusedError as refused:
        return replace(refused.refusal.answer(), seconds=perf_counter() - start)
    except (httpx2.ConnectError, httpx2.TimeoutException) as failure:
        return replace(no_answer(failure), seconds=perf_counter() - start)
    except (_UnclearError, httpx2.HTTPError, OSError, msgspec.MsgspecError, ValueError, RecursionError):
        # Imported here because it takes half a second.
        from checks.mcp.probe import probe as ask

        answer = await ask(connection, path, smokes, deadline, perf_counter() - start)
        return replace(answer, seconds=perf_counter() - start)
    return Answer(
        Outcome.ANSWERED,
        definitions={name: tool.definition() for name, tool in tools.items()},
        protocol=VERSION,
        latency_ms=latency * 1000,
        smoke_errors=tuple(errors),
        seconds=perf_counter() - start,
    )


class _UnclearError(Exception):
    """The answer is not certainly valid."""


class _RefusedError(Exception):
    """The request was refused in a way that does not depend on the version of the protocol."""

    def __init__(self, refused: Refusal) -> None:
        super().__init__(f"HTTP {refused.status}")
        self.refusal = refused


class _Response(msgspec.Struct, frozen=True):
    """A JSON-RPC message that answers a request."""

    jsonrpc: Literal["2.0"]
    id: int
    result: msgspec.Raw
    method: None = None
    error: None = None


@dataclass
class _Talk:
    """A conversation with one server."""

    http: httpx2.AsyncClient
    url: str
    last: int = 0

    async def ask(self, method: str, params: Mapping[str, object], answer: type[T], name: str = "") -> T:
        """Send a request, and return its result."""
        self.last += 1
        message = {"jsonrpc": "2.0", "id": self.last, "method": method, "params": {**params, "_meta": _META}}
        headers = {
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            "MCP-Protocol-Version": VERSION,
            "Mcp-Method": method,
            **({"Mcp-Name": name} if name else {}),
        }
        content = msgspec.json.encode(message)
        async with self.http.stream("POST", self.url, content=content, headers=headers) as response:
            if (refused := await refusal(response)) and refused.final:
                raise _RefusedError(refused)
            if response.status_code != httpx2.codes.OK or SESSION_HEADER in response.headers:
                raise _UnclearError
            body = await first_message(response)
            if body is None:
                raise _UnclearError
        reply = msgspec.json.decode(body, type=_Response)
        if reply.id != self.last or b"x-mcp-header" in body:
            # Only the official client supports x-mcp-header, an instruction about tools.
            raise _UnclearError
        return msgspec.json.decode(reply.result, type=answer)


async def _tools(talk: _Talk) -> tuple[dict[str, Tool], float]:
    """Return the server's tools by name, and how many seconds that took."""
    start = perf_counter()
    if VERSION not in (await talk.ask("server/discover", {}, Discovered)).supported_versions:
        raise _UnclearError
    tools: dict[str, Tool] = {}
    cursor: str | None = None
    for _ in range(TOOL_PAGES):
        page = await talk.ask("tools/list", {} if cursor is None else {"cursor": cursor}, Tools)
        tools |= {tool.name: tool for tool in page.tools}
        cursor = page.next_cursor
        if cursor is None:
            break
    return tools, perf_counter() - start


async def _smoke(talk: _Talk, smoke: SmokeCall, tool: Tool | None) -> str | None:
    if tool is None:
        return NOT_OFFERED
    if not (tool.name.isascii() and tool.name.isprintable() and tool.name == tool.name.strip()):
        raise _UnclearError
    params = {"name": tool.name, "arguments": dict(smoke.arguments)}
    try:
        called = await talk.ask("tools/call", params, Called, tool.name)
    except _RefusedError as error:
        if error.refusal.kubernetes is not None:
            raise
        return error.refusal.answer().detail
    if (
        tool.output_schema is not None
        and not called.is_error
        and not conforms(tool.output_schema, called.structured_content)
    ):
        raise _UnclearError
    return smoke_error([block.text for block in called.content], failed=called.is_error)
