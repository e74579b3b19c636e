"""What `cortex talos status` shows: one status of Kubernetes and Talos, and what it rests on."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import TextIO

import msgspec
from rich.console import RenderableType
from rich.text import Text

from checks.formats import text
from checks.formats.table import table
from checks.metrics.cluster_health import Figures
from checks.plain_text import clean
from checks.results.cluster_document import ClusterDocument
from checks.results.result import Result
from checks.talos.answers import Way
from checks.talos.node import NO_DIAGNOSTICS

SCHEMA = "cortex.dev/talos-status/v1"

_MEBI = 1024 * 1024
_HEADINGS = ("NODE", "ADDRESS", "ROLE", "TALOS-API", "WAY", "TALOS", "KUBELET", "READY", "ETCD", "DB", "CLOCK")


class Overall(StrEnum):
    """One status for the cluster. `unhealthy` means that etcd has lost its quorum.

    `degraded` means that something is broken, `unknown` that nothing is known to be, but not everything could be asked.
    """

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"


_STYLES = {
    Overall.HEALTHY: "green",
    Overall.DEGRADED: "bold yellow",
    Overall.UNHEALTHY: "bold red",
    Overall.UNKNOWN: "bold yellow",
}


class NodeDiagnostic(msgspec.Struct, frozen=True):
    """A problem that Talos has found on a node by itself."""

    id: str
    message: str
    details: list[str]


class NodeService(msgspec.Struct, frozen=True):
    """A service of Talos; `healthy` is null if it has no health check, or none has run yet."""

    name: str
    state: str
    healthy: bool | None
    message: str


class NodeStatus(msgspec.Struct, frozen=True, rename="camel"):
    """A node: what Talos says (null if it says nothing), and what Kubernetes says (null if it does not know it).

    `reachable` is null if it is not known whether the node answers, `detail` why it says nothing. `ways` are those by
    which it answered, in the order in which they were tried: `api`, `mcp` or `talosctl`.
    """

    name: str
    address: str
    control_plane: bool
    reachable: bool | None
    detail: str
    ways: list[Way]
    talos: str | None
    kubelet: str | None
    ready: bool | None
    schedulable: bool | None
    conditions: list[str]
    """The conditions of the node that are not as they should be."""
    diagnostics: list[NodeDiagnostic] | None
    diagnostics_detail: str
    """Why there are no diagnostics: they could not be read, or this version of Talos has none."""
    services: list[NodeService] | None
    etcd_member: bool | None
    etcd_leader: bool | None
    etcd_db_bytes: int | None
    etcd_alarms: list[str] | None
    clock_ahead_seconds: float | None
    certificate_expires: datetime | None


class EtcdSummary(msgspec.Struct, frozen=True, rename="camel"):
    """etcd as a whole: its voting members, how many work, of how many that is not known, and how many must work."""

    members: list[str]
    voters: int
    working: int
    unknown: int
    needed: int
    leader: str | None


class WayUsed(msgspec.Struct, frozen=True):
    """A way to the nodes that was tried: `name` is the context, server or program, `detail` why it could not be used.

    `lacks` is what it can never say or do, such as writes with an MCP server that only reads.
    """

    way: Way
    name: str
    detail: str
    lacks: list[str]


class PodsOf(msgspec.Struct, frozen=True):
    """The pods of a declared workload: how many are wanted and healthy; null if that could not be read."""

    name: str
    namespace: str
    replicas: int | None
    healthy: int | None


class TalosReport(ClusterDocument, frozen=True, rename="camel", kw_only=True):
    """Kubernetes and Talos as one status. `reasons` say why it is not healthy, the worst first.

    `figures` are those of kube-state-metrics; null if it is not declared, or could not be scraped. `results` are those
    of the checks that the status rests on.
    """

    at: datetime
    overall: Overall
    reasons: tuple[str, ...]
    nodes: tuple[NodeStatus, ...]
    ways: tuple[WayUsed, ...]
    etcd: EtcdSummary | None
    workloads: tuple[PodsOf, ...]
    figures: Figures | None
    results: tuple[Result, ...]


def write(report: TalosReport, out: TextIO) -> None:
    """Write the report; coloured if `out` is a terminal."""
    text.write_parts(_status(report), out)
    if report.nodes:
        out.write("\n" + table(_HEADINGS, map(_row, report.nodes)))
    text.write_parts(_figures(report), out)
    for result in report.results:
        text.write_parts(text.details_of(result), out)


def _status(report: TalosReport) -> Iterator[RenderableType]:
    yield text.head("talos status", report.stack, report.context, report.server)
    yield Text(f"\n{report.overall.value}", style=_STYLES[report.overall])
    for reason in report.reasons:
        yield Text(f"  {clean(reason)}")


def _figures(report: TalosReport) -> Iterator[RenderableType]:
    lines = list(map(_way, report.ways))
    if etcd := report.etcd:
        counts = f"{etcd.working} of {etcd.voters} members work, {etcd.needed} are needed"
        lines.append(f"etcd: {counts}, leader {clean(etcd.leader or 'unknown')}")
    if report.workloads:
        healthy = sum(one.healthy or 0 for one in report.workloads)
        wanted = sum(one.replicas or 0 for one in report.workloads)
        lines.append(f"workloads: {healthy} of {wanted} pods are healthy")
    lines += _undiagnosed(report.nodes)
    if figures := report.figures:
        lines.append(f"cluster: {figures.nodes_ready} of {figures.nodes} nodes are ready, {figures.pods} pods")
    if lines:
        yield Text("\n" + "\n".join(lines))


def _undiagnosed(nodes: Iterable[NodeStatus]) -> Iterator[str]:
    """Yield a line for the nodes whose version of Talos has no diagnostics."""
    if names := [clean(node.name) for node in nodes if node.diagnostics_detail == NO_DIAGNOSTICS]:
        yield f"diagnostics: not of {', '.join(names)}: {NO_DIAGNOSTICS}"


def _way(used: WayUsed) -> str:
    name = f" ({clean(used.name)})" if used.name else ""
    told = f"way {used.way}{name}: {clean(used.detail) or 'used'}"
    return f"{told}; it cannot {', '.join(used.lacks)}" if used.lacks else told


def _row(node: NodeStatus) -> tuple[object, ...]:
    return (
        node.name,
        node.address,
        "control-plane" if node.control_plane else "worker",
        _answers(node),
        ",".join(node.ways) or None,
        node.talos,
        node.kubelet,
        {True: "yes", False: "no", None: None}[node.ready],
        "leader" if node.etcd_leader else "member" if node.etcd_member else None,
        None if node.etcd_db_bytes is None else f"{node.etcd_db_bytes / _MEBI:.0f}Mi",
        None if node.clock_ahead_seconds is None else f"{node.clock_ahead_seconds:+.2f}s",
    )


def _answers(node: NodeStatus) -> str:
    if not node.reachable:
        return "unknown" if node.reachable is None else "lost"
    bad = [one.name for one in node.services or () if one.state != "Running" or one.healthy is False]
    return f"not healthy: {', '.join(bad)}" if bad else "answers"
