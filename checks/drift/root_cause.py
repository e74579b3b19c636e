"""Whether it is known already that nobody can answer behind a Service, so that no other row need report it."""

from collections.abc import Mapping

from checks.drift import check as drift
from checks.drift.routing import OBJECTS, SERVERS, objects
from checks.kube.reading import ReadFailure
from checks.snapshot.snapshot import Snapshot
from stacks.model import names
from stacks.model.declaration import Declaration

_ON_THE_WAY = frozenset({"Deployment", "Service"})


def explained(declaration: Declaration, kind: str, snapshot: Snapshot) -> bool:
    """Tell whether the servers' row already says why a server cannot answer.

    No ready pod, or no Service or Deployment as declared: gone, or leading elsewhere.
    """
    namespace, name = declaration.servers[kind].namespace, names.server(kind)
    return _known(declaration, snapshot, SERVERS, namespace, name, names.server_selector(kind))


def metrics_explained(declaration: Declaration, namespace: str, snapshot: Snapshot) -> bool:
    """Tell the same of kube-state-metrics, whose objects and health have rows of their own."""
    name = names.KUBE_STATE_METRICS
    return _known(declaration, snapshot, OBJECTS, namespace, name, {names.APP: name})


def _known(
    declaration: Declaration, snapshot: Snapshot, result: str, namespace: str, name: str, selector: Mapping[str, str]
) -> bool:
    if not snapshot.has_namespace(namespace):
        return True
    mine = [obj for obj in objects(declaration, result) if (obj.namespace, obj.name) == (namespace, name)]
    needed = [obj for obj in mine if obj.kind in _ON_THE_WAY]
    pods = snapshot.pods(namespace)
    if isinstance(pods, ReadFailure) or any(isinstance(snapshot.find(obj), ReadFailure) for obj in needed):
        return False
    ready = any(pod.ready and selector.items() <= pod.metadata.labels.items() for pod in pods.value)
    return not ready or not all(drift.holds(snapshot, obj) for obj in needed)
