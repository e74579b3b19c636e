"""`cortex mcp ping`: whether each ready pod of an MCP server answers over the protocol."""

from typing import TextIO

from checks.mcp.answer import DEADLINE_SECONDS
from checks.mcp.client import ask_every_pod, declared_server
from checks.mcp.pods_report import PodAnswer, exit_code, greeting, pod_answer, pods_table
from checks.results.cluster_document import head
from checks.results.document import Document
from checks.target import Target

SCHEMA = "cortex.dev/mcp-ping/v1"


class PingReport(Document, frozen=True, rename="camel", kw_only=True):
    """The report of `cortex mcp ping`."""

    type: str
    namespace: str
    pods: tuple[PodAnswer, ...]


async def ping(target: Target, kind: str) -> PingReport:
    """Connect to each ready pod of a server.

    Raises:
        UsageError: the stack declares no such server.
        UncheckedError: no pod is ready, or the pods or the token cannot be read.
    """
    server = declared_server(target, kind)
    pods = tuple(pod_answer(reply) for reply in await ask_every_pod(target, kind, greeting, DEADLINE_SECONDS))
    return PingReport(**head(SCHEMA, target, exit_code(pods)), type=kind, namespace=server.namespace, pods=pods)


def write(report: PingReport, out: TextIO) -> None:
    """Write the answers as a table."""
    out.write(pods_table(report.pods))
