"""Return whether another check already reports why nothing answers behind a Service."""

from collections.abc import Mapping

from checks.drift.compare import is_as_declared
from checks.kube.reading import ReadFailure
from checks.snapshot.snapshot import Snapshot
from stacks.manifests.build import build
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.owner import Owner

_NEEDED = frozenset({"Deployment", "Service", "StatefulSet"})


def explained(declaration: Declaration, owner: Owner, snapshot: Snapshot) -> bool:
    """Return whether another check already reports why a server or workload cannot answer.

    That is so if it has no ready pod, or if its Service, Deployment or StatefulSet is missing or not as declared.
    """
    namespace = declaration.running()[owner].namespace
    return _is_reported(declaration, snapshot, namespace, owner.name, owner.selector)


def metrics_explained(declaration: Declaration, namespace: str, snapshot: Snapshot) -> bool:
    """Return whether the check `objects` or `health` already reports why kube-state-metrics cannot answer."""
    name = names.KUBE_STATE_METRICS
    return _is_reported(declaration, snapshot, namespace, name, {names.APP: name})


def _is_reported(
    declaration: Declaration, snapshot: Snapshot, namespace: str, name: str, selector: Mapping[str, str]
) -> bool:
    if not snapshot.has_namespace(namespace):
        return True
    needed = [
        each for each in build(declaration) if (each.namespace, each.name) == (namespace, name) and each.kind in _NEEDED
    ]
    pods = snapshot.pods(namespace)
    if isinstance(pods, ReadFailure) or any(isinstance(snapshot.find(each), ReadFailure) for each in needed):
        return False
    ready = any(pod.ready and selector.items() <= pod.metadata.labels.items() for pod in pods.value)
    return not ready or not all(is_as_declared(snapshot, each) for each in needed)
