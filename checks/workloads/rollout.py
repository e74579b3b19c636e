"""Check whether a Deployment is rolled out and all its replicas are available, from its status."""

from checks.kube import models as k8s
from checks.results.builder import ResultBuilder
from checks.results.result import Ref


def is_available(deployment: k8s.Deployment, least: int) -> bool:
    """Return whether at least `least` replicas are available."""
    return deployment.status.available_replicas >= least


def settled(deployment: k8s.Deployment) -> bool:
    """Return whether all its replicas exist, are available and have the latest revision."""
    return is_available(deployment, deployment.spec.replicas) and rolled_out(deployment) and _complete(deployment)


def check_rollout(
    builder: ResultBuilder, family: str, ref: Ref, deployment: k8s.Deployment, least: int, why: str
) -> None:
    """Check a Deployment; the findings are `<family>.unavailable` and `<family>.rollout`, never both.

    `least` is how many replicas must be available; `why` is appended to the message of a finding. The Deployment's own
    number of replicas counts, not the declared one: a changed number is a finding of its own.
    """
    status, wanted = deployment.status, deployment.spec.replicas
    if not is_available(deployment, least):
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
        actual=updated if _observed(deployment) else "not yet observed by the controller",
    )


def rolled_out(deployment: k8s.Deployment) -> bool:
    """Return whether no pod of an older revision exists."""
    return _observed(deployment) and deployment.status.updated_replicas == deployment.status.replicas


def _complete(deployment: k8s.Deployment) -> bool:
    return deployment.status.replicas == deployment.spec.replicas


def _observed(deployment: k8s.Deployment) -> bool:
    return deployment.status.observed_generation >= deployment.metadata.generation
