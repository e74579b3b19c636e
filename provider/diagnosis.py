"""Why an object is not ready: a pod without a node, the first container with a problem, and the last warning event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provider.errors import ProviderError
from provider.kinds import DEPLOYMENT, Kind, Reference
from provider.properties import mapping_at
from provider.readiness import condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provider.cluster import Cluster
    from provider.properties import Object

_POD = Kind("", "v1", "Pod")
_EVENT = Kind("", "v1", "Event")
_PODS_WITH_EVENTS = 3
"""Events are read for this many of the newest pods."""
_CRASHING = "CrashLoopBackOff"
_NO_NODE = "FailedScheduling"
_MESSAGE_CHARACTERS = 1500
"""How much of a termination message is shown, from its end, where logs usually have the cause."""


def diagnose(cluster: Cluster, ref: Reference, live: Object) -> str:
    """Return text to append to a failure message, or '' if nothing more is known."""
    try:
        pods = pods_of(cluster, ref, live)
        found = [_without_node(pods), next(_stuck_containers(pods), ""), _last_warning(cluster, ref, pods)]
    except ProviderError as error:
        return f" (pods and events cannot be read: {error})"
    return "".join(f"; {text}" for text in found if text)


def termination_message(cluster: Cluster, ref: Reference, live: Object) -> str:
    """Return the termination message of the last container that failed, or '' if there is none."""
    try:
        pods = pods_of(cluster, ref, live)
    except ProviderError:  # `diagnose` reports it
        return ""
    return next(filter(None, (_termination_message(container) for pod in pods for container in containers(pod))), "")


def pods_of(cluster: Cluster, ref: Reference, live: Object) -> list[Object]:
    """Return the pods that the object selects, newest first."""
    if ref.resource.kind == _POD:
        return [live]
    selector = mapping_at(live, "spec", "selector")
    labels = mapping_at(selector, "matchLabels") or selector
    if not labels or not ref.namespace or not all(isinstance(value, str) for value in labels.values()):
        return []
    pods = cluster.select(_POD, ref.namespace, labels=labels)
    return sorted(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]), reverse=True)


def unschedulable(pod: Object) -> str:
    """Return why the scheduler finds no node for a pod, or '' if it has one, or has not been tried yet."""
    scheduled = condition(pod, "PodScheduled")
    return str(scheduled.get("message", "")) if scheduled.get("reason") == "Unschedulable" else ""


def _without_node(pods: list[Object]) -> str:
    # The scheduler repeats its event only after minutes, so warnings about other pods would hide it.
    found = ((pod["metadata"]["name"], unschedulable(pod)) for pod in pods)
    return next((f"pod {name} has no node: {_nodes(message)}" for name, message in found if message), "")


def _nodes(message: str) -> str:
    """Return what the scheduler says of the nodes, without what it says of preemption."""
    return message.partition(" preemption: ")[0].rstrip(". ")


def _stuck_containers(pods: list[Object]) -> Iterator[str]:
    for pod in pods:
        for container in containers(pod):
            reason = _why_stuck(container)
            if reason:
                yield f"container {container['name']} of pod {pod['metadata']['name']} {reason}"


def containers(pod: Object) -> list[Object]:
    """Return the statuses of a pod's containers, init containers first."""
    status = mapping_at(pod, "status")
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]


def _termination_message(container: Object) -> str:
    ended = mapping_at(container, "state", "terminated")
    message = str(ended.get("message") or "").strip() if ended.get("exitCode") else ""
    return message if len(message) <= _MESSAGE_CHARACTERS else f"…{message[-_MESSAGE_CHARACTERS:]}"


def _why_stuck(container: Object) -> str:
    """Return what is wrong with a container, or '' if it is ready or has finished."""
    state = container.get("state", {})
    waiting, ended = state.get("waiting"), state.get("terminated")
    last = mapping_at(container, "lastState", "terminated")
    if waiting and last and waiting.get("reason") == _CRASHING:
        restarts = container.get("restartCount")
        return f"waits: {_CRASHING} after {restarts} restarts, the last one {_how_ended(last)}"
    if waiting:
        return f"waits: {waiting.get('reason', '')} {waiting.get('message', '')}".rstrip()
    if ended and ended.get("exitCode"):
        return _how_ended(ended)
    return "" if ended or container.get("ready") else "runs, but is not ready"


def _how_ended(ended: Object) -> str:
    said = (ended.get("message") or "").strip().rpartition("\n")[2]
    return f"ended with code {ended['exitCode']} ({ended.get('reason', 'Error')})" + (f": {said}" if said else "")


def events(cluster: Cluster, namespace: str, **about: str) -> list[Object]:
    """Return the events about objects with these field values."""
    return cluster.select(
        _EVENT, namespace, fields={f"involvedObject.{field}": value for field, value in about.items()}
    )


def _last_warning(cluster: Cluster, ref: Reference, pods: list[Object]) -> str:
    if not ref.namespace:
        return ""
    newest = [pod["metadata"]["name"] for pod in pods[:_PODS_WITH_EVENTS]]
    asked = [{"name": name} for name in dict.fromkeys((ref.name, *newest))]
    if ref.resource.kind.key == DEPLOYMENT:
        asked.append({"kind": "ReplicaSet"})
    found = [event for one in asked for event in events(cluster, ref.namespace, **one)]
    warnings = [event for event in found if event.get("type") == "Warning"]
    without_node = {pod["metadata"]["name"] for pod in pods if unschedulable(pod)}
    ours = [
        event
        for event in warnings
        if _concerns(event["involvedObject"], ref, {ref.name, *newest})
        and not (event.get("reason") == _NO_NODE and event["involvedObject"].get("name") in without_node)
    ]
    if not ours:
        return ""
    last = max(ours, key=_time)
    about = f"{last['involvedObject'].get('kind')} {last['involvedObject'].get('name')}"
    return f"last warning ({about}): {last.get('reason')}: {last.get('message')}"


def _concerns(involved: Object, ref: Reference, names: set[str]) -> bool:
    # Refusals by quota and admission are events of the Deployment's ReplicaSets, named after it with a hash.
    name = involved.get("name", "")
    return name in names or (involved.get("kind") == "ReplicaSet" and name.rpartition("-")[0] == ref.name)


def _time(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"])
