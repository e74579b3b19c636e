"""Puts together what `cortex usage` shows; its findings are those of the check `usage`."""

from checks.kube.models import Quota
from checks.kube.reading import Read
from checks.results.cluster_document import cluster_head
from checks.results.suppressions import accepted
from checks.snapshot.snapshot import Snapshot
from checks.target import Target
from checks.usage.check import CHECK
from checks.usage.collect import USAGE
from checks.usage.quota import QuotaUse, threshold_percent, uses
from checks.usage.report import SCHEMA, NamespaceUse, PodsUse, ResourceUse, UsageReport


def usage_report(target: Target, snapshot: Snapshot) -> UsageReport:
    """Return the use of the quotas, and what the pods use."""
    results = (accepted(target.declaration, CHECK.run(target.declaration, snapshot)),)
    return UsageReport(
        **cluster_head(SCHEMA, target, *results),
        at=snapshot.at,
        threshold_percent=threshold_percent(target.declaration),
        live_available=bool(snapshot.unreachable) or snapshot.get(USAGE).live is not None,
        namespaces=tuple(_namespace(name, snapshot) for name in target.declaration.namespaces),
        results=results,
    )


def _namespace(name: str, snapshot: Snapshot) -> NamespaceUse:
    listing = snapshot.typed("ResourceQuota", name, Quota)
    quotas = listing.value if isinstance(listing, Read) else ()
    live = None if snapshot.unreachable else (snapshot.get(USAGE).live or {}).get(name)
    used = PodsUse(live.value.pods, live.value.cpu_cores, live.value.memory_bytes) if isinstance(live, Read) else None
    return NamespaceUse(name, tuple(_use(quota.metadata.name, use) for quota in quotas for use in uses(quota)), used)


def _use(quota: str, use: QuotaUse) -> ResourceUse:
    percent = None if use.percent is None else round(use.percent, 1)
    return ResourceUse(quota, use.resource, use.used, use.hard, percent)
