"""`cortex mcp call`: call a tool of an MCP server."""

from functools import partial
from typing import TYPE_CHECKING, Any, TextIO, cast

from checks.errors import UsageError
from checks.formats.json import render
from checks.mcp.answer import Answer, Outcome
from checks.mcp.client import Json, ask_one_pod, declared_server
from checks.mcp.definition import list_tools
from checks.plain_text import clean
from checks.results.cluster_document import head
from checks.results.conclusion import FINDINGS, OK, UNKNOWN
from checks.results.document import Document
from checks.target import Target
from stacks.model.suggestion import did_you_mean

if TYPE_CHECKING:
    from mcp import Client

    from checks.mcp.exchange import Exchange

SCHEMA = "cortex.dev/mcp-call/v1"


class CallReport(Document, frozen=True, rename="camel", kw_only=True):
    """The report of `cortex mcp call`.

    `result` is the server's result as MCP defines it (CallToolResult); null if the pod did not answer, and then
    `detail` is the reason. `error` is the JSON-RPC error with which the server refused the call.
    """

    type: str
    namespace: str
    tool: str
    pod: str
    outcome: Outcome
    detail: str = ""
    result: dict[str, Any] | None = None
    error: str | None = None


async def call(target: Target, kind: str, tool: str, arguments: Json, seconds: float) -> CallReport:
    """Call a tool on the first ready pod. The exit code is 1 if the tool reports an error.

    Raises:
        UsageError: the stack declares no such server, or the server has no such tool.
        UncheckedError: no pod is ready, or the pods or the token cannot be read.
    """
    server = declared_server(target, kind)
    reply = await ask_one_pod(target, kind, partial(_talk, tool, arguments), seconds)
    report = partial(CallReport, type=kind, namespace=server.namespace, tool=tool, pod=reply.pod)
    value = reply.value
    if isinstance(value, Answer):
        code = FINDINGS if value.failed else UNKNOWN
        may_have_run = value.lost or value.outcome is Outcome.TIMEOUT
        detail = f"{value.detail}; the tool may have run" if may_have_run else value.detail
        return report(**head(SCHEMA, target, code), outcome=value.outcome, detail=detail)
    if "offered" in value:
        hint = did_you_mean(tool, cast("list[str]", value["offered"])) or "it offers none"
        raise UsageError(f"the MCP server {kind} has no tool {tool!r}: {hint}")
    result, error = cast("Json | None", value.get("result")), cast("str | None", value.get("error"))
    code = OK if result and not result.get("isError") else FINDINGS
    return report(**head(SCHEMA, target, code), outcome=Outcome.ANSWERED, result=result, error=error)


async def _talk(tool: str, arguments: Json, client: "Client", exchange: "Exchange") -> Json:
    from mcp import MCPError

    tools = await list_tools(client)
    if tool not in tools:
        return {"offered": sorted(tools)}
    try:
        result = await client.call_tool(tool, arguments)
    except MCPError as error:
        return {"error": exchange.refused(error)}
    return {"result": result.model_dump(mode="json", by_alias=True, exclude_none=True)}


def write(report: CallReport, out: TextIO) -> None:
    """Write the texts of the result, and one line for each part that is not a text."""
    if report.result is None:
        out.write(clean(f"{report.pod}: {report.outcome}: {report.detail or report.error}") + "\n")
        return
    content = cast("list[dict[str, object]]", report.result.get("content") or [])
    for block in content:
        out.write(_shown(block))
    if not content:
        out.write(render(report.result.get("structuredContent") or {}))


def _shown(block: dict[str, object]) -> str:
    if block.get("type") == "text":
        return "".join(f"{clean(line)}\n" for line in str(block.get("text", "")).split("\n"))
    described = ", ".join(clean(str(block[key])) for key in ("mimeType", "uri", "name") if key in block)
    return f"[{clean(str(block.get('type')))}: {described or 'not shown, see --format json'}]\n"
