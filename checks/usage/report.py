"""What `cortex usage` shows: how much of its quota each namespace uses, and what its pods use now."""

from collections.abc import Iterator
from datetime import datetime
from typing import TextIO

import msgspec
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from checks.formats import text
from checks.plain_text import clean
from checks.results.cluster_document import ClusterDocument
from checks.results.result import Result

SCHEMA = "cortex.dev/usage/v2"

_BAR = 20
_MEBI = 1024 * 1024


class ResourceUse(msgspec.Struct, frozen=True):
    """One resource of a ResourceQuota, as Kubernetes quantities; `percent` is null if the quota allows nothing."""

    quota: str
    resource: str
    used: str
    hard: str
    percent: float | None


class PodsUse(msgspec.Struct, frozen=True, rename="camel"):
    """What the running pods of a namespace use now."""

    pods: int
    cpu_cores: float
    memory_bytes: int


class NamespaceUse(msgspec.Struct, frozen=True):
    """The use of a namespace; `live` is null if the cluster has no metrics.k8s.io, or if it could not be read."""

    name: str
    quotas: tuple[ResourceUse, ...]
    live: PodsUse | None


class UsageReport(ClusterDocument, frozen=True, rename="camel", kw_only=True):
    """The use of every declared namespace; from `threshold_percent` on, a quota is reported as nearly exhausted."""

    at: datetime
    threshold_percent: int
    live_available: bool
    namespaces: tuple[NamespaceUse, ...]
    results: tuple[Result, ...]


def write(report: UsageReport, out: TextIO) -> None:
    """Write the report; coloured if `out` is a terminal."""
    text.write_parts(_parts(report), out)


def _parts(report: UsageReport) -> Iterator[RenderableType]:
    yield text.head("usage", report.stack, report.context, report.server)
    for namespace in report.namespaces:
        yield Text(f"\n{clean(namespace.name)}", style="bold").append(_live(namespace.live), style="not bold dim")
        if namespace.quotas:
            yield _table(namespace.quotas, report.threshold_percent)
        else:
            yield Text("  no quota could be read", style="dim")
    if not report.live_available:
        yield Text("\nThe CPU and memory in use are unknown: the cluster has no metrics.k8s.io", style="dim")
    for result in report.results:
        yield from text.details_of(result)


def _live(live: PodsUse | None) -> str:
    if live is None:
        return ""
    return f"  {live.pods} pods use {live.cpu_cores * 1000:,.0f}m CPU, {live.memory_bytes / _MEBI:,.0f}Mi memory"


def _table(quotas: tuple[ResourceUse, ...], threshold: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("RESOURCE", no_wrap=True, min_width=24)
    for heading in ("USED", "HARD", "%"):
        table.add_column(heading, justify="right", no_wrap=True, min_width=7)
    table.add_column("", no_wrap=True)
    for one in quotas:
        shown = "-" if one.percent is None else f"{one.percent:.0f}"
        table.add_row(clean(one.resource), clean(one.used), clean(one.hard), shown, _bar(one, threshold))
    return table


def _bar(one: ResourceUse, threshold: int) -> Text:
    percent = min(one.percent or 0, 100)
    filled = round(percent / 100 * _BAR)
    style = "bold yellow" if percent >= threshold else "green"
    return Text("█" * filled, style=style).append("░" * (_BAR - filled), style="dim")
