"""Follow pods: transitions of phase and readiness, and restarts, which are counted from what was seen."""

import sys
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from checks.event_log.entry import LoggedChange
from checks.kube import models as k8s
from checks.kube.resources import POD_SUMMARIES
from checks.kube.watch.availability import Availability
from checks.kube.watch.connector import Connector
from checks.kube.watch.reflector import Change, Reflector
from checks.kube.watch.stream import Scope
from checks.results.result import Ref
from stacks.model import names

WINDOW = timedelta(minutes=10)

# Thousands of pods share these, which nothing changes.
_NOTHING: dict[str, str] = {}
_NO_SPEC = k8s.PodPlace()
_READY, _NOT_READY = [k8s.Condition(type="Ready", status="True")], list[k8s.Condition]()
_NONE: list[k8s.Restarts] = []


class PodWatcher:
    """Follows the pods of namespaces; `changed` gets each transition, and one alert for too many restarts."""

    def __init__(
        self,
        namespaces: Iterable[str],
        connector: Connector,
        availability: Availability,
        changed: Callable[[LoggedChange], None],
        most_restarts: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._changed, self._most, self._clock = changed, most_restarts, clock
        self._restarts: dict[str, deque[tuple[datetime, int]]] = {}
        self._alerted: set[str] = set()
        self.alerts = 0
        self.reflectors = [
            Reflector(POD_SUMMARIES, Scope(name), connector, self.consume, availability=availability, reduced=reduced)
            for name in namespaces
        ]

    def consume(self, change: Change[k8s.PodSummary]) -> None:
        """Take a change of a pod."""
        pod, before = change.object, change.before
        ref = Ref("Pod", pod.metadata.name, pod.metadata.namespace)
        if change.deleted:
            self._forget(pod)
            self._changed(LoggedChange(ref, "pod", _state(pod), "deleted"))
            return
        if before is None:
            return
        if _state(before) != _state(pod):
            self._changed(LoggedChange(ref, "pod", _state(before), _state(pod)))
        if pod.restarts > before.restarts:
            self._count(ref, pod, pod.restarts - before.restarts)

    def _count(self, ref: Ref, pod: k8s.PodSummary, more: int) -> None:
        """Count restarts, and alert once when they are too many; again only after a time without so many."""
        now, uid = self._clock(), pod.metadata.uid
        seen = self._restarts.setdefault(uid, deque())
        seen.append((now, more))
        while seen and seen[0][0] < now - WINDOW:
            seen.popleft()
        within = sum(count for _, count in seen)
        if within <= self._most:
            self._alerted.discard(uid)
        elif uid not in self._alerted:
            self._alerted.add(uid)
            self.alerts += 1
            text = f"{within} in 10 minutes, more than {self._most}"
            self._changed(LoggedChange(ref, "restarts", "", text, alert=True))

    def _forget(self, pod: k8s.PodSummary) -> None:
        self._restarts.pop(pod.metadata.uid, None)
        self._alerted.discard(pod.metadata.uid)


def reduced(pod: k8s.PodSummary) -> k8s.PodSummary:
    """Return only what the agent reads of a pod, because it remembers all pods.

    Of MCP servers the registry also reads labels, annotations, node and IP address.
    """
    meta, status = pod.metadata, pod.status
    serves = meta.labels.get(names.APP) == names.MCP_SERVER_APP
    ready = any(each.type == "Ready" and each.status == "True" for each in status.conditions)
    return k8s.PodSummary(
        metadata=k8s.Meta(
            name=meta.name,
            namespace=sys.intern(meta.namespace),
            uid=meta.uid,
            resource_version=meta.resource_version,
            labels=meta.labels if serves else _NOTHING,
            annotations=meta.annotations if serves else _NOTHING,
            deletion_timestamp=meta.deletion_timestamp,
        ),
        spec=k8s.PodPlace(node_name=pod.spec.node_name) if serves else _NO_SPEC,
        status=k8s.PodState(
            phase=sys.intern(status.phase),
            pod_ip=status.pod_ip if serves else "",
            conditions=_READY if ready else _NOT_READY,
            container_statuses=[k8s.Restarts(restart_count=pod.restarts)] if pod.restarts else _NONE,
        ),
    )


def _state(pod: k8s.PodSummary) -> str:
    """Return the phase of a pod, and whether it is ready or ends."""
    if pod.metadata.deletion_timestamp is not None:
        return f"{pod.status.phase}, terminating"
    return f"{pod.status.phase}, {'ready' if pod.ready else 'not ready'}"
