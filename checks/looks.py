"""Looks at one side of a cluster: what `cortex metrics` and `cortex usage` read, judge and show."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import anyio

from checks import cluster_health, quota_use
from checks.access import Access
from checks.api import Api, Read, Unread
from checks.errors import UsageError
from checks.findings import Reason, Row, Severity
from checks.judges import metrics as metrics_judge
from checks.judges import usage as usage_judge
from checks.later import Later, gather
from checks.options import Target
from checks.parts import metrics, usage
from checks.reports import cluster as cluster_report
from checks.reports import usage as usage_report
from checks.reports.cluster import ClusterReport
from checks.reports.usage import NamespaceUse, PodsUse, ResourceUse, UsageReport
from checks.snapshot import DEPLOYMENTS, NAMESPACES, NODES, QUOTAS, Snapshot, nothing
from checks.verify import exit_code, status
from stacks.model import Declaration

_NOT_ASKED = Unread("read what this command leaves out", Reason.UNJUDGED, "not asked for")
"""Stands for every other reading of the snapshot; the judge that is called looks at none of them."""


async def metrics_of(target: Target) -> ClusterReport:
    """Scrape kube-state-metrics, and judge what it tells.

    Raises:
        UsageError: the stack declares no kube-state-metrics.
    """
    if target.declaration.kube_state_metrics is None:
        raise UsageError(f"stack {target.stack!r} declares no kube-state-metrics: add cortex:kubeStateMetrics")
    started = datetime.now(UTC)
    snapshot = await _metrics(target.declaration, target.access)
    rows = (metrics_judge.judge(target.declaration, snapshot),)
    scrape = snapshot.metrics.scrape if snapshot.metrics else None
    told = scrape.value if isinstance(scrape, Read) else None
    return ClusterReport(
        schema=cluster_report.SCHEMA,
        stack=target.stack,
        context=target.access.context,
        server=target.access.host,
        started=_timestamp(started),
        status=status(rows),
        exit_code=_code(rows),
        figures=cluster_health.figures(told) if told else None,
        health=cluster_health.health(told) if told else None,
        rows=rows,
    )


async def usage_of(target: Target) -> UsageReport:
    """Read the quotas and what the pods use, and judge the quotas."""
    started = datetime.now(UTC)
    snapshot = await _usage(target.declaration, target.access)
    rows = (usage_judge.judge(target.declaration, snapshot),)
    return UsageReport(
        schema=usage_report.SCHEMA,
        stack=target.stack,
        context=target.access.context,
        server=target.access.host,
        started=_timestamp(started),
        status=status(rows),
        exit_code=_code(rows),
        threshold_percent=quota_use.threshold_percent(target.declaration),
        live_available=snapshot.usage.live is not None,
        namespaces=tuple(_namespace(name, snapshot) for name in target.declaration.namespaces),
        rows=rows,
    )


async def _metrics(declaration: Declaration, access: Access) -> Snapshot:
    async with access.client() as client:
        api = Api(client)
        told = Later(partial(metrics.read, declaration, access, api))
        nodes, namespaces = Later(partial(api.list, NODES)), Later(partial(api.list, NAMESPACES))
        deployments = Later(partial(gather, {s: partial(api.list, DEPLOYMENTS, s) for s in declaration.namespaces}))
        async with anyio.create_task_group() as group:
            for run in (told.run, nodes.run, namespaces.run, deployments.run):
                group.start_soon(run)
    return replace(
        nothing(declaration, _NOT_ASKED),
        nodes=nodes.value,
        namespaces=namespaces.value,
        deployments=deployments.value,
        metrics=told.value,
    )


async def _usage(declaration: Declaration, access: Access) -> Snapshot:
    async with access.client() as client:
        api = Api(client)
        used, namespaces = Later(partial(usage.read, declaration, access, api)), Later(partial(api.list, NAMESPACES))
        quotas = Later(partial(gather, {space: partial(api.list, QUOTAS, space) for space in declaration.namespaces}))
        async with anyio.create_task_group() as group:
            for run in (used.run, namespaces.run, quotas.run):
                group.start_soon(run)
    return replace(nothing(declaration, _NOT_ASKED), namespaces=namespaces.value, quotas=quotas.value, usage=used.value)


def _namespace(name: str, snapshot: Snapshot) -> NamespaceUse:
    listing = snapshot.quotas[name]
    quotas = listing.value if isinstance(listing, Read) else ()
    live = snapshot.usage.live.get(name) if snapshot.usage.live else None
    return NamespaceUse(
        name=name,
        quotas=tuple(ResourceUse(quota.metadata.name, *use) for quota in quotas for use in quota_use.uses(quota)),
        live=PodsUse(live.value.pods, live.value.cpu_cores, live.value.memory_bytes)
        if isinstance(live, Read)
        else None,
    )


def _code(rows: tuple[Row, ...]) -> int:
    return exit_code(rows, Severity.ERROR)


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
