"""When an object counts as ready, and waiting until it does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from provider.diagnosis import diagnose
from provider.errors import CancelledError, UnreadyError
from provider.kinds import Kind, Reference

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from provider.cluster import Cluster
    from provider.properties import Object

DEFAULT_TIMEOUT = 600.0
_SKIP = "pulumi.com/skipAwait"
_TIMEOUT = "pulumi.com/timeoutSeconds"

ENDPOINT_SLICES = Kind("discovery.k8s.io", "v1", "EndpointSlice")


class Failed(Exception):  # noqa: N818 (a verdict, not an error)
    """The object has failed for good: waiting longer is of no use."""


def annotation(manifest: Object, name: str) -> str:
    """The value of an annotation, or ''."""
    return str((manifest.get("metadata", {}).get("annotations") or {}).get(name, ""))


def is_awaited(manifest: Object) -> bool:
    """Whether the manifest lets us wait for it."""
    return annotation(manifest, _SKIP).lower() != "true"


def timeout(manifest: Object, custom: float) -> float:
    """Seconds to wait: the resource's custom timeout, else its annotation, else ten minutes."""
    given = annotation(manifest, _TIMEOUT)
    return custom or (float(given) if given.isdecimal() else DEFAULT_TIMEOUT)


def pending(cluster: Cluster, ref: Reference, live: Object) -> str:
    """What `live` still waits for, or '' when it is ready; raises Failed."""
    kind = ref.resource.kind
    judge = _JUDGES.get((kind.group, kind.name))
    return judge(cluster, ref, live) if judge else ""


def wait_until_ready(
    cluster: Cluster, ref: Reference, live: Object, seconds: float, cancelled: threading.Event
) -> Object:
    """The live object once it is ready; raises UnreadyError when it fails, times out or is cancelled."""
    started = time.monotonic()
    while True:
        try:
            reason = pending(cluster, ref, live)
        except Failed as failure:
            raise UnreadyError(f"{ref} failed: {failure}{diagnose(cluster, ref, live)}", live) from failure
        if not reason:
            return live
        waited = time.monotonic() - started
        if waited >= seconds:
            found = diagnose(cluster, ref, live)
            raise UnreadyError(f"{ref} is not ready after {seconds:g} s: {reason}{found}", live)
        if cancelled.wait(_pause(waited)):
            raise UnreadyError(f"{ref} is not ready, and waiting was cancelled: {reason}", live)
        current = cluster.get(ref)
        if current is None:
            raise UnreadyError(f"{ref} was deleted while it was awaited", live)
        live = current


def wait_until_gone(cluster: Cluster, ref: Reference, uid: str, seconds: float, cancelled: threading.Event) -> None:
    """Returns once the object with `uid` is gone; raises UnreadyError on timeout and CancelledError on cancellation."""
    started = time.monotonic()
    while (live := cluster.get(ref)) is not None and live["metadata"]["uid"] == uid:
        waited = time.monotonic() - started
        if waited >= seconds:
            raise UnreadyError(f"{ref} still exists after {seconds:g} s: {_what_holds(live)}", live)
        if cancelled.wait(_pause(waited)):
            raise CancelledError(f"waiting for the deletion of {ref} was cancelled: run the command again to finish it")


def _pause(waited: float) -> float:
    """Seconds between two looks: most objects are ready or gone within one, a few take minutes."""
    return min(1.0, 0.1 + waited / 5)


def _what_holds(live: Object) -> str:
    messages = [c["message"] for c in _conditions(live) if c.get("status") == "True" and c.get("message")]
    finalizers = live["metadata"].get("finalizers") or live.get("spec", {}).get("finalizers") or []
    return "; ".join(messages) or f"finalizers {', '.join(finalizers) or 'none'}"


def _condition(live: Object, name: str) -> Object:
    return next((c for c in _conditions(live) if c["type"] == name), {})


def _conditions(live: Object) -> list[Object]:
    # A new CRD has null here.
    return live.get("status", {}).get("conditions") or []


def _deployment(_cluster: Cluster, _ref: Reference, live: Object) -> str:
    spec, status = live["spec"], live.get("status", {})
    if status.get("observedGeneration", 0) < live["metadata"]["generation"]:
        return "its controller has not seen this version yet"
    wanted = spec.get("replicas", 1)
    progressing = _condition(live, "Progressing")
    if progressing and progressing.get("reason") != "NewReplicaSetAvailable":
        updated = status.get("updatedReplicas", 0)
        return progressing.get("message") or f"{updated} of {wanted} replicas are of this version"
    if status.get("updatedReplicas", 0) < wanted or _condition(live, "Available").get("status") != "True":
        return f"{status.get('availableReplicas', 0)} of {wanted} replicas are available"
    return ""


def _job(_cluster: Cluster, _ref: Reference, live: Object) -> str:
    failure = _condition(live, "Failed")
    if failure.get("status") == "True":
        raise Failed(failure.get("message") or failure.get("reason") or "its pods failed")
    return "" if _condition(live, "Complete").get("status") == "True" else "it has not completed"


def _pod(_cluster: Cluster, _ref: Reference, live: Object) -> str:
    phase = live.get("status", {}).get("phase")
    if phase == "Failed":
        raise Failed(live["status"].get("message") or live["status"].get("reason") or "its containers failed")
    if phase == "Succeeded":
        return ""
    ready = _condition(live, "Ready")
    if ready.get("status") == "True":
        return ""
    return ready.get("message") or _condition(live, "PodScheduled").get("message") or f"it is {phase or 'Pending'}"


def _service(cluster: Cluster, ref: Reference, live: Object) -> str:
    spec = live["spec"]
    if spec.get("type") == "ExternalName":
        return ""
    if spec.get("type") == "LoadBalancer" and not live.get("status", {}).get("loadBalancer", {}).get("ingress"):
        return "it has no load-balancer address"
    if spec.get("clusterIP") == "None" or not spec.get("selector"):
        return ""
    query = {"labelSelector": f"kubernetes.io/service-name={ref.name}"}
    slices = cluster.list(cluster.resource(ENDPOINT_SLICES), ref.namespace, query)
    endpoints = [endpoint for listed in slices for endpoint in listed.get("endpoints") or []]
    # Per the API, an absent 'ready' means ready.
    if any((endpoint.get("conditions") or {}).get("ready", True) for endpoint in endpoints):
        return ""
    selector = ",".join(f"{key}={value}" for key, value in spec["selector"].items())
    return f"it has no ready endpoint: no ready pod matches its selector {selector}"


def _custom_resource_definition(_cluster: Cluster, _ref: Reference, live: Object) -> str:
    return "" if _condition(live, "Established").get("status") == "True" else "it is not established"


_JUDGES: dict[tuple[str, str], Callable[[Cluster, Reference, Object], str]] = {
    ("", "Pod"): _pod,
    ("", "Service"): _service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _custom_resource_definition,
    ("apps", "Deployment"): _deployment,
    ("batch", "Job"): _job,
}
