"""`cortex mcp tools`: the tools of an MCP server, as each of its ready pods describes them."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, TextIO, cast

import msgspec

from checks.formats.table import table
from checks.mcp.answer import DEADLINE_SECONDS, Outcome
from checks.mcp.client import Reply, ask_every_pod, declared_server
from checks.mcp.definition import Definition
from checks.mcp.pods_report import PodAnswer, definitions, exit_code, greeting, pod_answer, pods_table
from checks.plain_text import brief
from checks.results.cluster_document import head
from checks.results.conclusion import FINDINGS, UNKNOWN
from checks.results.document import Document
from checks.target import Target

SCHEMA = "cortex.dev/mcp-tools/v1"


class Tool(msgspec.Struct, frozen=True):
    """A tool as some pods describe it: `definition` has the parts that MCP names, `pods` are those that offer it so."""

    name: str
    definition: dict[str, Any]
    pods: tuple[str, ...]


class ToolsReport(Document, frozen=True, rename="camel", kw_only=True):
    """The report of `cortex mcp tools`. A tool that pods describe differently is there several times."""

    type: str
    namespace: str
    pods: tuple[PodAnswer, ...]
    tools: tuple[Tool, ...]

    @property
    def differing(self) -> list[str]:
        """Return the names of the tools that not all pods offer in the same way."""
        answered = sum(pod.outcome is Outcome.ANSWERED for pod in self.pods)
        return sorted({tool.name for tool in self.tools if len(tool.pods) < answered})


async def tools(target: Target, kind: str) -> ToolsReport:
    """Ask each ready pod of a server for its tools. The exit code is 1 if the pods differ.

    Raises:
        UsageError: the stack declares no such server.
        UncheckedError: no pod is ready, or the pods or the token cannot be read.
    """
    server = declared_server(target, kind)
    replies = await ask_every_pod(target, kind, greeting, DEADLINE_SECONDS)
    pods = tuple(map(pod_answer, replies))
    report = ToolsReport(
        **head(SCHEMA, target, exit_code(pods, gated=UNKNOWN)),
        type=kind,
        namespace=server.namespace,
        pods=pods,
        tools=tuple(_merged(replies)),
    )
    return msgspec.structs.replace(report, exit_code=FINDINGS) if report.differing else report


def _merged(replies: Sequence[Reply]) -> Iterator[Tool]:
    """Yield each description of each tool with its pods, by name."""
    offered = {reply.pod: definitions(reply) for reply in replies}
    for name in sorted(set(chain.from_iterable(offered.values()))):
        found: list[tuple[Definition, list[str]]] = []
        for pod, tools_of in offered.items():
            if (parts := tools_of.get(name)) is not None:
                same = next((pods for other, pods in found if other == parts), None)
                if same is None:
                    found.append((parts, same := []))
                same.append(pod)
        yield from (Tool(name, dict(parts), tuple(pods)) for parts, pods in found)


def write(report: ToolsReport, out: TextIO) -> None:
    """Write the tools as a table, and the pods if they differ or some did not answer."""
    rows = [(tool.name, _arguments(tool.definition), _summary(tool.definition)) for tool in report.tools]
    if rows:
        out.write(table(("TOOL", "ARGUMENTS", "DESCRIPTION"), rows))
    elif any(pod.outcome is Outcome.ANSWERED for pod in report.pods):
        out.write("The server offers no tools.\n")
    if report.exit_code:
        out.write("\n" + pods_table(report.pods))
    for name in report.differing:
        pods = "; ".join(", ".join(tool.pods) for tool in report.tools if tool.name == name)
        out.write(f"\nThe pods differ in {name}: {pods}\n")


def _arguments(parts: Definition) -> str:
    """Return the names of the arguments; optional ones in brackets."""
    schema = cast("dict[str, dict[str, object]]", parts.get("inputSchema") or {})
    required = schema.get("required") or ()
    return ", ".join(name if name in required else f"[{name}]" for name in schema.get("properties") or {})


def _summary(parts: Definition) -> str:
    lines = str(parts.get("description") or parts.get("title") or "").strip().splitlines()
    return brief(lines[0]) if lines else ""
