"""Check how much of their quotas the declared namespaces use, and report what their pods use."""

from checks.kube.models import Quota
from checks.kube.reading import ReadFailure, Reason
from checks.results.builder import ResultBuilder
from checks.results.result import Ref
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from checks.usage.collect import USAGE
from checks.usage.quota import threshold_percent, uses
from stacks.model import names
from stacks.model.declaration import Declaration


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Check the use of each quota; the CPU and memory of the pods are facts."""
    threshold = threshold_percent(declaration)
    for namespace in declaration.namespaces:
        if (listing := builder.use(snapshot.typed("ResourceQuota", namespace, Quota))) is not None:
            for quota in listing.value:
                _quota(builder, quota, namespace, threshold)
            declared = declaration.namespaces[namespace].quota is not None
            if declared and not any(quota.metadata.name == names.quota(namespace) for quota in listing.value):
                # Reported once, as quota.missing or namespace.missing.
                builder.skipped()
    _live(builder, snapshot)


def _quota(builder: ResultBuilder, quota: Quota, namespace: str, threshold: int) -> None:
    ref = Ref("ResourceQuota", quota.metadata.name, namespace)
    if ref.name == names.quota(namespace) and not quota.status.used:
        message = "the quota controller has not counted yet: verify again in some seconds"
        builder.unknown(f"read the status of {ref}", Reason.FAILED, message)
    for resource, used, hard, percent in uses(quota):
        if percent is not None:
            message = f"{resource}: {used} of {hard} are used ({percent:.1f} %)"
            builder.holds(
                percent < threshold,
                "usage.quota",
                ref,
                message,
                expected=f"less than {threshold} %",
                actual=f"{percent:.1f} %",
            )


def _live(builder: ResultBuilder, snapshot: Snapshot) -> None:
    usage = snapshot.get(USAGE).live
    if usage is None:
        builder.fact("metrics.k8s.io", "available", value=False)
        return
    for namespace, reading in usage.items():
        if isinstance(reading, ReadFailure) and not snapshot.has_namespace(namespace):
            builder.skipped()
        elif (live := builder.use(reading)) is not None:
            builder.fact(namespace, "cpu_cores", round(live.value.cpu_cores, 3))
            builder.fact(namespace, "memory_bytes", live.value.memory_bytes)


CHECK = Check("usage", "Quota usage", frozenset({"Namespace", "ResourceQuota"}), (USAGE,), check)
