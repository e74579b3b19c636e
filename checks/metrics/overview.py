"""Puts together what `cortex metrics` and `cortex usage` show; each judges by its row of `cortex verify`."""

from checks.cli.options import Target
from checks.errors import UsageError
from checks.kube.client import Read
from checks.kube.models import Quota
from checks.metrics import check as metrics
from checks.metrics import cluster_health
from checks.metrics.cluster_metrics import ClusterMetrics
from checks.metrics.report import SCHEMA as METRICS_SCHEMA
from checks.metrics.report import ClusterReport
from checks.results.result import Severity
from checks.usage import check as usage
from checks.usage import quota as quota_use
from checks.usage.report import SCHEMA as USAGE_SCHEMA
from checks.usage.report import NamespaceUse, PodsUse, ResourceUse, UsageReport
from checks.verification.snapshot import Snapshot
from checks.verification.verify import accepted, exit_code, status


def metrics_report(target: Target, snapshot: Snapshot) -> ClusterReport:
    """Show and judge what kube-state-metrics tells.

    Raises:
        UsageError: the stack declares no kube-state-metrics.
    """
    if target.declaration.kube_state_metrics is None:
        raise UsageError(f"stack {target.stack!r} declares no kube-state-metrics: add cortex:kubeStateMetrics")
    results = (accepted(target.declaration, metrics.check(target.declaration, snapshot)),)
    told = _told(snapshot)
    return ClusterReport(
        schema=METRICS_SCHEMA,
        stack=target.stack,
        context=target.connection.context,
        server=target.connection.host,
        at=snapshot.health.at,
        status=status(results),
        exit_code=exit_code(results, Severity.ERROR),
        figures=cluster_health.figures(told) if told else None,
        health=cluster_health.health(told) if told else None,
        results=results,
    )


def usage_report(target: Target, snapshot: Snapshot) -> UsageReport:
    """Show and judge the use of the quotas, and show what the pods use."""
    results = (accepted(target.declaration, usage.check(target.declaration, snapshot)),)
    return UsageReport(
        schema=USAGE_SCHEMA,
        stack=target.stack,
        context=target.connection.context,
        server=target.connection.host,
        at=snapshot.health.at,
        status=status(results),
        exit_code=exit_code(results, Severity.ERROR),
        threshold_percent=quota_use.threshold_percent(target.declaration),
        live_available=snapshot.usage.live is not None,
        namespaces=tuple(_namespace(name, snapshot) for name in target.declaration.namespaces),
        results=results,
    )


def _told(snapshot: Snapshot) -> ClusterMetrics | None:
    scrape = snapshot.metrics.scrape if snapshot.metrics else None
    return scrape.value if isinstance(scrape, Read) else None


def _namespace(name: str, snapshot: Snapshot) -> NamespaceUse:
    listing = snapshot.objects.typed("ResourceQuota", name, Quota)
    quotas = listing.value if isinstance(listing, Read) else ()
    live = snapshot.usage.live.get(name) if snapshot.usage.live else None
    used = PodsUse(live.value.pods, live.value.cpu_cores, live.value.memory_bytes) if isinstance(live, Read) else None
    uses = tuple(_use(quota.metadata.name, use) for quota in quotas for use in quota_use.uses(quota))
    return NamespaceUse(name, uses, used)


def _use(quota: str, use: quota_use.QuotaUse) -> ResourceUse:
    percent = None if use.percent is None else round(use.percent, 1)
    return ResourceUse(quota, use.resource, use.used, use.hard, percent)
