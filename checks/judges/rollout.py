"""Judges whether a Deployment is rolled out and all its replicas are available, by its status alone."""

from collections.abc import Iterable

from checks import objects as k8s
from checks.findings import Ref
from checks.judges.trouble import explain
from checks.tally import Tally


def available(deployment: k8s.Deployment) -> bool:
    """Tell whether as many replicas are available as the Deployment asks for."""
    return deployment.status.available_replicas >= deployment.spec.replicas


def settled(deployment: k8s.Deployment) -> bool:
    """Tell whether its pods are as many as it asks for, all available and of its latest revision."""
    status, wanted = deployment.status, deployment.spec.replicas
    return available(deployment) and _observed(deployment) and status.updated_replicas == status.replicas == wanted


def judge(
    tally: Tally,
    family: str,
    ref: Ref,
    deployment: k8s.Deployment,
    pods: Iterable[k8s.Pod],
    warnings: Iterable[k8s.Event],
) -> None:
    """Judge a Deployment; the findings are `<family>.unavailable` and `<family>.rollout`, never both.

    What the cluster was asked for counts, not what was declared: a changed number is one finding, not two.
    """
    status, wanted = deployment.status, deployment.spec.replicas
    if not available(deployment):
        count = status.available_replicas
        message = f"{count} of {wanted} replicas are available" + explain(ref.name, pods, warnings)
        tally.fault(f"{family}.unavailable", ref, message, expected=wanted, actual=count)
        return
    tally.passed(namespace=ref.namespace)
    updated = f"{status.updated_replicas} of {status.replicas} updated"
    tally.holds(
        settled(deployment),
        f"{family}.rollout",
        ref,
        "a change is being rolled out" + explain(ref.name, pods, warnings),
        expected=f"{wanted} updated replicas",
        actual=updated if _observed(deployment) else "not yet acted on",
    )


def _observed(deployment: k8s.Deployment) -> bool:
    return deployment.status.observed_generation >= deployment.metadata.generation
