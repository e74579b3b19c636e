"""Follow the events of the declared namespaces and of nodes, and tell what occurs."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from checks.events.occurrence import Occurrence, occurrence
from checks.kube import models as k8s
from checks.kube.resources import EVENTS
from checks.kube.watch.availability import Availability
from checks.kube.watch.connector import Connector
from checks.kube.watch.reflector import Change, Gap, Reflector
from checks.kube.watch.stream import Scope

NODES_NAMESPACE = "default"
"""Where Kubernetes puts the events of nodes, which have no namespace."""


@dataclass(frozen=True)
class Missed:
    """A time in which events can have been missed in a namespace, and why."""

    since: datetime
    until: datetime
    reason: str


def scopes(namespaces: Iterable[str]) -> list[Scope]:
    """Return what is followed: all events of these namespaces, and those of nodes."""
    declared = [Scope(name) for name in namespaces]
    nodes = [] if NODES_NAMESPACE in namespaces else [Scope(NODES_NAMESPACE, fields="involvedObject.kind=Node")]
    return declared + nodes


class EventWatcher:
    """Follows events (R8.2). `told` gets each occurrence once, `missed` the gaps.

    `known` returns how many occurrences of an event were told before the agent began.
    """

    def __init__(
        self,
        connector: Connector,
        availability: Availability,
        told: Callable[[Occurrence], Awaitable[None]],
        missed: Callable[[Missed], Awaitable[None]],
        known: Callable[[k8s.Event], int],
    ) -> None:
        self._connector, self._availability = connector, availability
        self._told, self._missed, self._known = told, missed, known

    def reflectors(self, namespaces: Iterable[str]) -> list[Reflector[k8s.Event]]:
        """Return what follows the events of these namespaces and of nodes."""
        return [self._reflector(scope) for scope in scopes(namespaces)]

    def _reflector(self, scope: Scope) -> Reflector[k8s.Event]:
        async def gap(missing: Gap) -> None:
            reason = f"the API server no longer had the changes of namespace {scope.namespace}"
            await self._missed(Missed(missing.since, missing.until, reason))

        return Reflector(EVENTS, scope, self._connector, self._consume, availability=self._availability, missed=gap)

    async def _consume(self, change: Change[k8s.Event]) -> None:
        known = 0 if change.before else self._known(change.object)
        occurred = occurrence(change, known)
        if occurred:
            await self._told(occurred)
