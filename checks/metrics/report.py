"""What `cortex metrics` shows: the figures and the health of the cluster, and the findings of the check `metrics`."""

from collections.abc import Iterator
from datetime import datetime
from typing import TextIO

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from checks.formats import text
from checks.metrics.cluster_health import Figures, Health, HealthStatus
from checks.results.cluster_document import ClusterDocument
from checks.results.result import Result

SCHEMA = "cortex.dev/metrics/v2"

_STYLES = {HealthStatus.HEALTHY: "green", HealthStatus.WARNING: "bold yellow", HealthStatus.DEGRADED: "bold red"}


class ClusterReport(ClusterDocument, frozen=True, rename="camel", kw_only=True):
    """The metrics of the cluster; `figures` and `health` are null if kube-state-metrics could not be scraped."""

    at: datetime
    figures: Figures | None
    health: Health | None
    results: tuple[Result, ...]


def write(report: ClusterReport, out: TextIO) -> None:
    """Write the report; coloured if `out` is a terminal."""
    text.write_parts(_parts(report), out)


def _parts(report: ClusterReport) -> Iterator[RenderableType]:
    yield text.head("metrics", report.stack, report.context, report.server)
    yield Text()
    if report.figures is not None:
        yield _table(report.figures)
        yield Text()
    if report.health is not None:
        yield Text(f"Health: {report.health.status.value}", style=_STYLES[report.health.status])
        for heading, lines in (("issue", report.health.issues), ("advice", report.health.recommendations)):
            for line in lines:
                yield Text(f"  {heading:<7}", style="dim").append(line, style="not dim")
    for result in report.results:
        yield from text.details_of(result)


def _table(counted: Figures) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("CLUSTER", no_wrap=True)
    table.add_column("TOTAL", justify="right", no_wrap=True)
    table.add_column("OF THESE", no_wrap=True)
    phases = ("running", "pending", "succeeded", "failed", "unknown")
    pods = {phase: getattr(counted, f"pods_{phase}") for phase in phases}
    shown = [f"{number} {phase}" for phase, number in pods.items() if number or phase == "running"]
    table.add_row("Nodes", str(counted.nodes), f"{counted.nodes_ready} ready")
    table.add_row("Pods", str(counted.pods), ", ".join(shown))
    table.add_row("Deployments", str(counted.deployments), f"{counted.deployments_available} available")
    table.add_row("Replicas", str(counted.replicas), f"{counted.replicas_available} available")
    return table
