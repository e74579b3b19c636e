"""Puts together what `cortex metrics` shows; its findings are those of the check `metrics`."""

from checks.errors import UsageError
from checks.kube.reading import Read
from checks.metrics import cluster_health
from checks.metrics.check import CHECK
from checks.metrics.cluster_metrics import ClusterMetrics
from checks.metrics.collect import METRICS
from checks.metrics.report import SCHEMA, ClusterReport
from checks.results.cluster_document import cluster_head
from checks.results.suppressions import accepted
from checks.snapshot.snapshot import Snapshot
from checks.target import Target


def metrics_report(target: Target, snapshot: Snapshot) -> ClusterReport:
    """Return the figures of kube-state-metrics, and the result of the check `metrics`.

    Raises:
        UsageError: the stack declares no kube-state-metrics.
    """
    if target.declaration.kube_state_metrics is None:
        raise UsageError(f"stack {target.stack!r} declares no kube-state-metrics: add cortex:kubeStateMetrics")
    results = (accepted(target.declaration, CHECK.run(target.declaration, snapshot)),)
    scraped = _scraped(snapshot)
    return ClusterReport(
        **cluster_head(SCHEMA, target, *results),
        at=snapshot.at,
        figures=cluster_health.figures(scraped) if scraped else None,
        health=cluster_health.health(scraped) if scraped else None,
        results=results,
    )


def _scraped(snapshot: Snapshot) -> ClusterMetrics | None:
    metrics = None if snapshot.unreachable else snapshot.get(METRICS)
    scrape = metrics.scrape if metrics else None
    return scrape.value if isinstance(scrape, Read) else None
