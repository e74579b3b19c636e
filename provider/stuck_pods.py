"""Detection of stuck pods: pods that will most likely not start, however long the wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provider.diagnosis import containers, events, pods_of, unschedulable
from provider.errors import ProviderError
from provider.kinds import DEPLOYMENT, JOB, Kind, Reference
from provider.properties import mapping_at
from provider.readiness import condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provider.cluster import Cluster
    from provider.properties import Object

Blockages = dict[str, float]
"""Blocked object or container → the seconds after which it counts as stuck."""

_REPLICA_SET = Kind("apps", "v1", "ReplicaSet")
_REVISION = "deployment.kubernetes.io/revision"
_AT_ONCE, _SOON, _LATE, _NEVER = 0.0, 25.0, 40.0, float("inf")
# The kubelet repeats a failed pull after 10 and after 20 seconds. A Secret, a ServiceAccount or quota may be created by
# the same update, and a server may crash until a dependency is available.
_TOLERATED_SECONDS = {
    "InvalidImageName": _AT_ONCE,
    "ErrImageNeverPull": _SOON,
    "ErrImagePull": _SOON,
    "ImageInspectError": _SOON,
    "ImagePullBackOff": _SOON,
    "CreateContainerConfigError": _LATE,
    "CreateContainerError": _LATE,
}
_CRASHES = 2
"""From this many restarts on, crashes count as a loop."""
_NO_NODE_EVER = "Preemption is not helpful for scheduling"
# These may change: other pods end and free resources, and a node becomes ready.
_NODES_CHANGE = ("No preemption victims found", "untolerated taint {node.kubernetes.io/")
_SCALES_UP = ("TriggeredScaleUp", "Nominated")
"""Event reasons by which node autoscalers announce a new node."""
_ABSENT = ("not found", "references non-existent")


class BlockageTimer:
    """Measures, during one wait, for how long each blockage has lasted."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def is_over(self, found: Blockages, now: float) -> bool:
        """Return whether a blockage has lasted at every check up to `now` for longer than is tolerated."""
        self._since = {key: self._since.get(key, now) for key in found}
        return any(now - self._since[key] >= tolerated for key, tolerated in found.items())


def find_blockages(cluster: Cluster, ref: Reference, live: Object) -> Blockages:
    """Return what blocks the pods of a Deployment's current version or of a Job; empty if that cannot be read."""
    try:
        if ref.resource.kind.key == DEPLOYMENT:
            newest = _newest_replica_set(cluster, ref, live)
            return dict(_of_replica_set(cluster, ref, newest)) if newest else {}
        if ref.resource.kind.key == JOB:
            return dict(_of_job(cluster, ref, live))
    except ProviderError:  # the wait continues and will ask again
        pass
    return {}


def old_pods_available(cluster: Cluster, ref: Reference, live: Object) -> int:
    """Return how many pods of a Deployment's previous versions are available; 0 if that cannot be read."""
    try:
        newest = _newest_replica_set(cluster, ref, live) or {}
    except ProviderError:
        return 0
    return int(mapping_at(live, "status").get("availableReplicas", 0)) - int(
        mapping_at(newest, "status").get("availableReplicas", 0)
    )


def _newest_replica_set(cluster: Cluster, ref: Reference, live: Object) -> Object | None:
    """Return the ReplicaSet of the current version, or None until the Deployment's controller has created it."""
    labels = mapping_at(live, "spec", "selector", "matchLabels")
    listed = cluster.select(_REPLICA_SET, ref.namespace, labels=labels)
    uid, revision = live["metadata"].get("uid"), _revision(live)
    owned = (one for one in listed if uid in [owner.get("uid") for owner in one["metadata"].get("ownerReferences", [])])
    return next((one for one in owned if _revision(one) == revision), None)


def _revision(live: Object) -> str:
    return str(mapping_at(live, "metadata", "annotations").get(_REVISION, ""))


def _of_replica_set(cluster: Cluster, ref: Reference, replica_set: Object) -> Iterator[tuple[str, float]]:
    # Quota, Pod Security or a missing ServiceAccount: no pod is created at all.
    if condition(replica_set, "ReplicaFailure").get("status") == "True":
        yield replica_set["metadata"]["uid"], _LATE
    for pod in pods_of(cluster, ref, replica_set):
        yield from _of_pod(cluster, ref, pod, restarts=True)


def _of_job(cluster: Cluster, ref: Reference, job: Object) -> Iterator[tuple[str, float]]:
    pods = pods_of(cluster, ref, job)
    if not pods and any(event.get("reason") == "FailedCreate" for event in _warnings(cluster, ref, job)):
        yield job["metadata"]["uid"], _LATE
    for pod in pods:
        yield from _of_pod(cluster, ref, pod, restarts=False)  # its `backoffLimit` says how often it may fail


def _of_pod(cluster: Cluster, ref: Reference, pod: Object, *, restarts: bool) -> Iterator[tuple[str, float]]:
    uid = pod["metadata"]["uid"]
    if _fits_no_node(pod) and not any(e.get("reason") in _SCALES_UP for e in events(cluster, ref.namespace, uid=uid)):
        yield uid, _LATE
    for container in containers(pod):
        tolerated = _tolerated_seconds(container, restarts=restarts)
        if tolerated is not None:
            yield f"{uid}/{container['name']}", tolerated
    waiting = {mapping_at(container, "state", "waiting").get("reason") for container in containers(pod)}
    if waiting & {"ContainerCreating", "PodInitializing"} and _lacks_a_volume(_warnings(cluster, ref, pod)):
        yield uid, _LATE


def _tolerated_seconds(container: Object, *, restarts: bool) -> float | None:
    """Return for how many seconds a container may stay in its state, or None if nothing blocks it."""
    state = mapping_at(container, "state")
    reason = mapping_at(state, "waiting").get("reason")
    if reason in _TOLERATED_SECONDS:
        return _TOLERATED_SECONDS[reason]
    crashes = container.get("restartCount", 0) if restarts and not container.get("ready") else 0
    if not crashes:
        return None
    # Between two crashes the container runs. The time continues, but a running container is never stuck.
    return _LATE if crashes >= _CRASHES and "running" not in state else _NEVER


def _fits_no_node(pod: Object) -> bool:
    """Return whether no node can ever run the pod, even after other pods end."""
    message = unschedulable(pod)
    return _NO_NODE_EVER in message and not any(words in message for words in _NODES_CHANGE)


def _warnings(cluster: Cluster, ref: Reference, about: Object) -> list[Object]:
    found = events(cluster, ref.namespace, uid=about["metadata"]["uid"])
    return [event for event in found if event.get("type") == "Warning"]


def _lacks_a_volume(warnings: list[Object]) -> bool:
    """Return whether the source of a volume does not exist; a volume that is only slow does not count."""
    messages = [str(event.get("message", "")) for event in warnings if event.get("reason") == "FailedMount"]
    return any(words in message for message in messages for words in _ABSENT)
