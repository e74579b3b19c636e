"""What each ready pod of an MCP server answered, as the reports of `cortex mcp ping` and `cortex mcp tools` begin."""

from collections.abc import Iterable
from time import perf_counter
from typing import TYPE_CHECKING, cast

import msgspec

from checks.formats.table import table
from checks.mcp.answer import Answer, Outcome
from checks.mcp.client import Json, Reply
from checks.mcp.definition import Definitions, list_tools
from checks.results.conclusion import FINDINGS, OK, UNKNOWN

if TYPE_CHECKING:
    from mcp import Client

    from checks.mcp.exchange import Exchange

HEADINGS = ("POD", "OUTCOME", "PROTOCOL", "SERVER", "LATENCY MS", "DETAIL")


class PodAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The answer of a pod: `protocol`, `server` and `latencyMs` if it answered, else the reason as `detail`."""

    pod: str
    outcome: Outcome
    detail: str = ""
    protocol: str = ""
    server: str = ""
    latency_ms: float | None = None


async def greeting(client: "Client", _: "Exchange") -> Json:
    """Return what a server tells a client: protocol version, its name and version, its tools, and how soon it did."""
    info, start = client.server_info, perf_counter()
    tools = await list_tools(client)
    return {
        "protocol": client.protocol_version,
        "server": f"{info.name} {info.version}" if info else "",
        "latencyMs": round((perf_counter() - start) * 1000, 1),
        "tools": tools,
    }


def definitions(reply: Reply) -> Definitions:
    """Return the tools of a reply that has a greeting; none if the pod did not answer."""
    return cast("Definitions", reply.value["tools"]) if isinstance(reply.value, dict) else {}


def pod_answer(reply: Reply) -> PodAnswer:
    """Return the answer of a pod whose reply has a greeting."""
    if isinstance(reply.value, Answer):
        return PodAnswer(reply.pod, reply.value.outcome, reply.value.detail)
    return msgspec.convert({**reply.value, "pod": reply.pod, "outcome": Outcome.ANSWERED}, PodAnswer)


def exit_code(pods: Iterable[PodAnswer], *, gated: int = OK) -> int:
    """Return 1 if a pod fails, else 3 if one could not be asked; `gated` is the code for one that wants credentials."""
    codes = {Outcome.ANSWERED: OK, Outcome.GATED: gated, Outcome.FORBIDDEN: UNKNOWN}
    found = {codes.get(pod.outcome, FINDINGS) for pod in pods}
    return next(code for code in (FINDINGS, UNKNOWN, OK) if code in found)


def pods_table(pods: Iterable[PodAnswer]) -> str:
    """Return the answers as a table."""
    rows = [(pod.pod, pod.outcome, pod.protocol, pod.server, pod.latency_ms, pod.detail) for pod in pods]
    return table(HEADINGS, rows)
