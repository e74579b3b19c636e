"""What each ready pod of an MCP server answered, as the reports of `cortex mcp ping` and `cortex mcp tools` begin."""

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import TYPE_CHECKING

import msgspec

from checks.formats.table import table
from checks.mcp.answer import Answer, Outcome
from checks.mcp.client import Reply
from checks.results.conclusion import FINDINGS, OK, UNKNOWN

if TYPE_CHECKING:
    from mcp import Client

HEADINGS = ("POD", "OUTCOME", "PROTOCOL", "SERVER", "LATENCY MS", "DETAIL")


class PodAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The answer of a pod: `protocol`, `server` and `latencyMs` if it answered, else the reason as `detail`."""

    pod: str
    outcome: Outcome
    detail: str = ""
    protocol: str = ""
    server: str = ""
    latency_ms: float | None = None


async def greeting(client: "Client") -> dict[str, object]:
    """Return what a server tells a client: protocol version, its name and version, and how soon it lists its tools."""
    info, start = client.server_info, perf_counter()
    await client.list_tools()
    return {
        "protocol": client.protocol_version,
        "server": f"{info.name} {info.version}" if info else "",
        "latencyMs": round((perf_counter() - start) * 1000, 1),
    }


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
    fields: tuple[Callable[[PodAnswer], object], ...] = (
        lambda pod: pod.pod,
        lambda pod: pod.outcome,
        lambda pod: pod.protocol,
        lambda pod: pod.server,
        lambda pod: pod.latency_ms,
        lambda pod: pod.detail,
    )
    return table(HEADINGS, [[field(pod) for field in fields] for pod in pods])
