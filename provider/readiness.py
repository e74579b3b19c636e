"""When an object of each kind counts as ready; the rules are those of the official plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provider.kinds import CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT, Kind, Reference
from provider.properties import mapping_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from provider.cluster import Cluster
    from provider.properties import Object

_ENDPOINT_SLICES = Kind("discovery.k8s.io", "v1", "EndpointSlice")
_SERVICES = Kind("", "v1", "Service")
_STORAGE_CLASSES = Kind("storage.k8s.io", "v1", "StorageClass")


class FailedForGood(Exception):  # noqa: N818 (a state of the object, not an error of the plugin)
    """The object has failed and will never become ready."""


class SoftReason(str):
    """A reason to wait that may be intended, so the wait ends successfully if it does not change for a while."""

    __slots__ = ()


def pending(cluster: Cluster, ref: Reference, live: Object) -> str:
    """Return why `live` is not ready yet, or '' if it is ready.

    Raises:
        FailedForGood: It will never be ready.
    """
    pending_reason = _PENDING.get(ref.resource.kind.key)
    return pending_reason(cluster, ref, live) if pending_reason else ""


def conditions(live: Object) -> list[Object]:
    """Return the conditions in the status of `live`."""
    found = mapping_at(live, "status").get("conditions")
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def condition(live: Object, name: str) -> Object:
    """Return the condition of this type, or {}."""
    return next((c for c in conditions(live) if c.get("type") == name), {})


def is_observed(live: Object) -> bool:
    """Return whether the controller has observed the current generation; true if it does not report that."""
    observed = mapping_at(live, "status").get("observedGeneration", 0)
    return not isinstance(observed, int) or bool(observed >= live["metadata"].get("generation", 0))


NOT_OBSERVED = "its controller has not observed this version yet"


def _deployment(_cluster: Cluster, _ref: Reference, live: Object) -> str:
    if not is_observed(live):
        return NOT_OBSERVED
    status, wanted = live.get("status", {}), live["spec"].get("replicas", 1)
    progressing = condition(live, "Progressing")
    if progressing and progressing.get("reason") != "NewReplicaSetAvailable":
        return progressing.get("message") or f"{status.get('updatedReplicas', 0)} of {wanted} replicas are updated"
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    # Scaling alone does not change the conditions.
    if min(updated, available) < wanted or condition(live, "Available").get("status") != "True":
        return f"{min(updated, available)} of {wanted} replicas are available"
    old = status.get("replicas", updated) - updated
    return f"old replicas that still exist: {old}" if old > 0 else ""


def _stateful_set(_cluster: Cluster, _ref: Reference, live: Object) -> str:
    if not is_observed(live):
        return NOT_OBSERVED
    spec, status = live["spec"], live["status"]
    wanted, ready = spec.get("replicas", 1), status.get("readyReplicas", 0)
    if status.get("replicas", 0) != wanted or ready != wanted:
        return f"{ready} of {wanted} replicas are ready"
    strategy = spec.get("updateStrategy", {})
    kept = (strategy.get("rollingUpdate") or {}).get("partition", 0)
    updated = status.get("updatedReplicas", 0)
    done = status.get("currentRevision") == status.get("updateRevision") or updated >= wanted - kept > 0 < kept
    if strategy.get("type") != "OnDelete" and not done:
        return f"{updated} of {wanted} replicas are updated"
    return ""


def _daemon_set(_cluster: Cluster, _ref: Reference, live: Object) -> str:
    if not is_observed(live):
        return NOT_OBSERVED
    status = live["status"]
    wanted = status["desiredNumberScheduled"]
    for field in ("currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady"):
        if status.get(field, 0) < wanted:
            return f"{field} is {status.get(field, 0)} of {wanted}"
    return ""


def _replication_controller(_cluster: Cluster, _ref: Reference, live: Object) -> str:
    wanted, available = live["spec"].get("replicas", 1), live.get("status", {}).get("availableReplicas", 0)
    return "" if available == wanted else f"{available} of {wanted} replicas are available"


def _job(_cluster: Cluster, _ref: Reference, live: Object) -> str:
    failure = condition(live, "Failed")
    if failure.get("status") == "True":
        raise FailedForGood(failure.get("message") or failure.get("reason") or "its pods failed")
    return "" if condition(live, "Complete").get("status") == "True" else "it has not completed"


def _pod(_cluster: Cluster, _ref: Reference, live: Object) -> str:
    phase = live.get("status", {}).get("phase")
    if phase == "Failed":
        raise FailedForGood(live["status"].get("message") or live["status"].get("reason") or "its containers failed")
    ready = condition(live, "Ready")
    if phase == "Succeeded" or ready.get("status") == "True":
        return ""
    return ready.get("message") or condition(live, "PodScheduled").get("message") or f"it is {phase or 'Pending'}"


def _service(cluster: Cluster, ref: Reference, live: Object) -> str:
    spec = live["spec"]
    if spec.get("type") == "LoadBalancer" and not _addresses(live):
        return "it has no load-balancer address"
    if spec.get("type") == "ExternalName" or spec.get("clusterIP") == "None" or not spec.get("selector"):
        return ""
    listed = [endpoint for one in _slices(cluster, ref) for endpoint in one.get("endpoints") or []]
    endpoints = [e for e in listed if not mapping_at(e, "conditions").get("terminating")]
    # By the API's definition, an absent `ready` means ready.
    waiting = [e for e in endpoints if not mapping_at(e, "conditions").get("ready", True)]
    if waiting:
        return f"{len(waiting)} of its {len(endpoints)} endpoints are not ready"
    selector = ",".join(f"{key}={value}" for key, value in spec["selector"].items())
    return "" if endpoints else SoftReason(f"no pod matches its selector {selector}")


def _ingress(cluster: Cluster, ref: Reference, live: Object) -> str:
    if not _addresses(live):
        return "it has no address in .status.loadBalancer"
    rules = live["spec"].get("rules") or []
    paths = [path for rule in rules for path in (rule.get("http") or {}).get("paths", [])]
    for name in dict.fromkeys(path["backend"].get("service", {}).get("name") for path in paths):
        service = Reference(cluster.resource(_SERVICES), ref.namespace, name or "")
        if name and cluster.get(service) is None:
            return SoftReason(f"there is no {service}")
    return ""


def _addresses(live: Object) -> object:
    return live.get("status", {}).get("loadBalancer", {}).get("ingress")


def _slices(cluster: Cluster, ref: Reference) -> list[Object]:
    return cluster.select(_ENDPOINT_SLICES, ref.namespace, labels={"kubernetes.io/service-name": ref.name})


def _persistent_volume_claim(cluster: Cluster, _ref: Reference, live: Object) -> str:
    phase, name = live.get("status", {}).get("phase"), live["spec"].get("storageClassName")
    if phase == "Pending" and name:
        storage = cluster.get(Reference(cluster.resource(_STORAGE_CLASSES), "", name)) or {}
        if storage.get("volumeBindingMode") == "WaitForFirstConsumer":
            return ""
    return "" if phase == "Bound" else f"it is {phase or 'Pending'}, not bound to a volume"


def _persistent_volume(_cluster: Cluster, _ref: Reference, live: Object) -> str:
    phase = live.get("status", {}).get("phase")
    return "" if phase in ("Available", "Bound") else f"it is {phase or 'Pending'}"


def _resource_quota(_cluster: Cluster, _ref: Reference, live: Object) -> str:
    declared, in_force = mapping_at(live, "spec", "hard"), mapping_at(live, "status", "hard")
    return "" if declared == in_force or _amounts(declared) == _amounts(in_force) else "its limits are not in force yet"


def _amounts(quantities: Mapping[str, str]) -> dict[str, Decimal]:
    """Return each quantity as a number: the controller keeps the status of 1Gi if the limit becomes 1073741824."""
    from kubernetes.utils.quantity import parse_quantity  # Takes a third of a second.

    return {name: parse_quantity(quantity) for name, quantity in quantities.items()}  # type: ignore[no-untyped-call]


def _secret(_cluster: Cluster, _ref: Reference, live: Object) -> str:
    is_token = live.get("type") == "kubernetes.io/service-account-token"
    return "it has no token yet" if is_token and not live.get("data") else ""


def _custom_resource_definition(_cluster: Cluster, _ref: Reference, live: Object) -> str:
    return "" if condition(live, "Established").get("status") == "True" else "it is not established"


_PENDING: dict[tuple[str, str], Callable[[Cluster, Reference, Object], str]] = {
    ("", "PersistentVolume"): _persistent_volume,
    ("", "PersistentVolumeClaim"): _persistent_volume_claim,
    ("", "Pod"): _pod,
    ("", "ReplicationController"): _replication_controller,
    ("", "ResourceQuota"): _resource_quota,
    ("", "Secret"): _secret,
    ("", "Service"): _service,
    CUSTOM_RESOURCE_DEFINITION: _custom_resource_definition,
    ("apps", "DaemonSet"): _daemon_set,
    DEPLOYMENT: _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
    ("networking.k8s.io", "Ingress"): _ingress,
}
