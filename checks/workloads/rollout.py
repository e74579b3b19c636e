"""Judges whether a Deployment is rolled out and all its replicas are available, by its status alone."""

from checks.kube import models as k8s
from checks.results.builder import ResultBuilder
from checks.results.result import Ref


def available(deployment: k8s.Deployment, least: int) -> bool:
    """Tell whether at least so many replicas are available."""
    return deployment.status.available_replicas >= least


def settled(deployment: k8s.Deployment) -> bool:
    """Tell whether its pods are as many as it asks for, all available and of its latest revision."""
    return available(deployment, deployment.spec.replicas) and rolled_out(deployment) and _complete(deployment)


def check(builder: ResultBuilder, family: str, ref: Ref, deployment: k8s.Deployment, least: int, why: str) -> None:
    """Judge a Deployment; the findings are `<family>.unavailable` and `<family>.rollout`, never both.

    `least` is how many replicas have to be available, `why` ends the message of a finding. What the cluster was asked
    for counts, not what was declared: a changed number is one finding, not two.
    """
    status, wanted = deployment.status, deployment.spec.replicas
    if not available(deployment, least):
        count = status.available_replicas
        message = f"{count} of {wanted} replicas are available{why}"
        builder.fault(f"{family}.unavailable", ref, message, expected=least, actual=count)
        return
    builder.passed(namespace=ref.namespace)
    updated = f"{status.updated_replicas} of {status.replicas} updated"
    builder.holds(
        rolled_out(deployment) and (least < wanted or _complete(deployment)),
        f"{family}.rollout",
        ref,
        f"a change is being rolled out{why}",
        expected=f"{wanted} updated replicas",
        actual=updated if _observed(deployment) else "not yet acted on",
    )


def rolled_out(deployment: k8s.Deployment) -> bool:
    """Tell whether no pod of an older revision is left."""
    return _observed(deployment) and deployment.status.updated_replicas == deployment.status.replicas


def _complete(deployment: k8s.Deployment) -> bool:
    return deployment.status.replicas == deployment.spec.replicas


def _observed(deployment: k8s.Deployment) -> bool:
    return deployment.status.observed_generation >= deployment.metadata.generation
