"""Explain why pods are not ready: the waiting container's reason, and the last warning event."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from checks.kube import models as k8s
from checks.plain_text import brief

_BEGINNING = datetime.min.replace(tzinfo=UTC)


def explain(deployment: str, pods: Iterable[k8s.Pod], warnings: Iterable[k8s.Event]) -> str:
    """Return why pods of a Deployment are not ready; empty if nothing is known."""
    troubled = [pod for pod in pods if pod.metadata.name.startswith(f"{deployment}-") and pod.live and not pod.ready]
    reasons = list(dict.fromkeys(reason for pod in troubled for reason in _reasons(pod)))
    concerned = {deployment, *(pod.metadata.name for pod in troubled)}
    events = [event for event in warnings if concerns(event, deployment, concerned)]
    parts = reasons[:3]
    if events:
        last = max(events, key=lambda event: event.seen or _BEGINNING)
        parts.append(f"last warning {last.reason}: {brief(last.message)}")
    return "; " + "; ".join(parts) if parts else ""


def concerns(event: k8s.Event, deployment: str, concerned: set[str]) -> bool:
    """Return whether an event is about one of these objects or about a ReplicaSet of the Deployment."""
    # If a quota or a policy forbids the pods, the event is about the ReplicaSet, because no pod exists.
    about = event.involved_object
    return about.name in concerned or (about.kind == "ReplicaSet" and about.name.rpartition("-")[0] == deployment)


def _reasons(pod: k8s.Pod) -> Iterator[str]:
    for status in [*pod.status.init_container_statuses, *pod.status.container_statuses]:
        waiting, ended = status.state.waiting, status.state.terminated or status.last_state.terminated
        if waiting is not None and waiting.reason not in ("", "PodInitializing", "ContainerCreating"):
            exited = f", last exit {ended.exit_code} ({ended.reason})" if ended else ""
            yield f"container {status.name} {waiting.reason}{exited}"
    for condition in pod.status.conditions:
        if condition.type == "PodScheduled" and condition.status == "False":
            yield f"pod not scheduled: {brief(condition.message)}"
    if pod.status.reason:
        yield f"pod {pod.status.reason}: {brief(pod.status.message)}"
