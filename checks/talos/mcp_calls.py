"""Call the tools of a talos MCP server; whatever a tool does is data."""

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

import anyio
import msgspec

from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.plain_text import brief
from checks.talos.mcp_tools import DESCRIBE, NODE, Call

if TYPE_CHECKING:
    from mcp import Client
    from mcp.types import CallToolResult

    from checks.mcp.exchange import Exchange

SECONDS = 15.0
"""The most that one call may take."""
AT_ONCE = 4
"""Calls at the same time: for each, most servers run talosctl, some twice, in a pod with little memory."""
_FENCE = "```"
_SKEW = "Version skew: "
"""How PyPI `talos-mcp-server` begins a line of its own before the output."""
_CODES = {
    "CONNECTION_ERROR": Reason.UNREACHABLE,
    "TLS_ERROR": Reason.UNAUTHORIZED,
    "PERMISSION_DENIED": Reason.FORBIDDEN,
}
"""Errors of PyPI `talos-mcp-server` that say something about the node."""


class _Error(msgspec.Struct, frozen=True):
    code: str


class Calls:
    """The calls within one conversation with a server."""

    def __init__(self, source: str, client: "Client", exchange: "Exchange", hide: Callable[[str], str]) -> None:
        self.source = source
        """The server, as messages name it."""
        self._client, self._exchange, self._hide = client, exchange, hide
        self._limit = anyio.CapacityLimiter(AT_ONCE)

    async def text(self, what: str, call: Call) -> Reading[str]:
        """Return what talosctl printed, according to the server."""
        result = await self._result(what, call)
        if isinstance(result, ReadFailure):
            return result
        if not _complete(result.value):
            message = f"{self.source}: the answer was cut off"
            return ReadFailure(what, Reason.UNDECODABLE, message, seconds=result.seconds)
        return Read(self._hide(_output(_text(result.value))), result.seconds)

    async def description(self, node: str) -> Reading[bytes]:
        """Return the description of a node as JSON."""
        what = f"describe {node}"
        result = await self._result(what, Call(DESCRIBE, {NODE: node}))
        if isinstance(result, ReadFailure):
            return result
        return Read(self._hide(msgspec.json.encode(result.value.structured_content).decode()).encode(), result.seconds)

    async def _result(self, what: str, call: Call) -> "Reading[CallToolResult]":
        """Return the result of a call, unless the tool reports an error."""
        from mcp import MCPError

        async with self._limit:
            start, result = perf_counter(), None
            try:
                with anyio.move_on_after(SECONDS):
                    result = await self._client.call_tool(call.tool, dict(call.arguments))
            except MCPError as error:
                refused = self._hide(self._exchange.refused(error))
                return ReadFailure(what, Reason.FAILED, f"{self.source}: {refused}", seconds=perf_counter() - start)
            except RuntimeError as error:
                # The client raises it for a result that contradicts the schema of the tool.
                message = f"{self.source}: {self._hide(brief(str(error)))}"
                return ReadFailure(what, Reason.UNDECODABLE, message, seconds=perf_counter() - start)
        seconds = perf_counter() - start
        if result is None:
            message = f"{self.source} did not answer within {SECONDS:g} s"
            # The server may be slow, so this does not mean that the node is lost.
            return ReadFailure(what, Reason.FAILED, message, seconds=seconds)
        return self._failed(what, result, seconds) if result.is_error else Read(result, seconds)

    def _failed(self, what: str, result: "CallToolResult", seconds: float) -> ReadFailure:
        text = _text(result)
        try:
            code = msgspec.json.decode(text, type=_Error).code
        except (msgspec.MsgspecError, UnicodeDecodeError):
            code = ""
        message = f"{self.source} reports an error: {self._hide(brief(code or text)) or 'it does not say which'}"
        return ReadFailure(what, _CODES.get(code, Reason.FAILED), message, seconds=seconds)


def _text(result: "CallToolResult") -> str:
    from mcp.types import TextContent

    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


def _complete(result: "CallToolResult") -> bool:
    """Return whether a result does not say of itself that something is missing."""
    told = result.structured_content or {}
    return not told.get("truncated") and told.get("complete") is not False


def _output(text: str) -> str:
    """Return what talosctl printed, without what a server put around it."""
    lines = text.strip("\n").split("\n")
    if len(lines) > 1 and lines[0] == lines[-1] == _FENCE:
        lines = lines[1:-1]
    if lines and lines[0].startswith(_SKEW):
        lines = lines[1:]
    return "\n".join(lines)
