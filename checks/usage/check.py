"""Do the declared namespaces have room in their quotas, and what do their pods use? (Seed, sections 4.3 and 11.2.)"""

from checks.kube.client import Unread
from checks.kube.models import Quota
from checks.results.builder import Tally
from checks.results.result import Reason, Ref, Row
from checks.usage.quota import threshold_percent, uses
from checks.verification.snapshot import Snapshot
from stacks.model import names
from stacks.model.declaration import Declaration


def judge(declaration: Declaration, snapshot: Snapshot) -> Row:
    """Judge each quota's use; CPU and memory of the pods are facts."""
    tally = Tally("usage", "Quota usage")
    threshold = threshold_percent(declaration)
    for namespace in declaration.namespaces:
        if (listing := tally.use(snapshot.objects.typed("ResourceQuota", namespace, Quota))) is not None:
            for quota in listing.value:
                _quota(tally, quota, namespace, threshold)
            if not any(quota.metadata.name == names.quota(namespace) for quota in listing.value):
                # Reported once, as quota.missing or namespace.missing.
                tally.skipped()
    _live(tally, snapshot)
    return tally.row()


def _quota(tally: Tally, quota: Quota, namespace: str, threshold: int) -> None:
    ref = Ref("ResourceQuota", quota.metadata.name, namespace)
    if ref.name == names.quota(namespace) and not quota.status.used:
        message = "the quota controller has not counted yet: ask again in some seconds"
        tally.unknown(f"read the status of {ref}", Reason.FAILED, message)
    for resource, used, hard, percent in uses(quota):
        if percent is not None:
            message = f"{resource}: {used} of {hard} are used, {percent:.1f} %"
            tally.holds(
                percent < threshold,
                "usage.quota",
                ref,
                message,
                expected=f"less than {threshold} %",
                actual=f"{percent:.1f} %",
            )


def _live(tally: Tally, snapshot: Snapshot) -> None:
    if snapshot.usage.live is None:
        tally.fact("metrics.k8s.io", "available", value=False)
        return
    for namespace, reading in snapshot.usage.live.items():
        if isinstance(reading, Unread) and not snapshot.has_namespace(namespace):
            tally.skipped()
        elif (live := tally.use(reading)) is not None:
            tally.fact(namespace, "cpu_cores", round(live.value.cpu_cores, 3))
            tally.fact(namespace, "memory_bytes", live.value.memory_bytes)
