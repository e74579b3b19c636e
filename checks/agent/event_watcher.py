"""Follow the events of the declared namespaces and of nodes, and tell what occurs."""

from collections.abc import Callable, Iterable
from sys import intern

from checks.events.occurrence import Occurrence, occurrence
from checks.kube import models as k8s
from checks.kube.resources import EVENTS
from checks.kube.watch.availability import Availability
from checks.kube.watch.connector import Connector
from checks.kube.watch.reflector import Change, Gap, Reflector
from checks.kube.watch.stream import Scope

NODES_NAMESPACE = "default"
"""Where Kubernetes puts the events of nodes, which have no namespace."""

_NOTHING: dict[str, str] = {}


def scopes(namespaces: Iterable[str]) -> list[Scope]:
    """Return what is followed: all events of these namespaces, and those of nodes."""
    declared = [Scope(name) for name in namespaces]
    nodes = [] if NODES_NAMESPACE in namespaces else [Scope(NODES_NAMESPACE, fields="involvedObject.kind=Node")]
    return declared + nodes


class EventWatcher:
    """Follows events (R8.2): `told` gets each occurrence once, `missed` the gaps, each with the namespace."""

    def __init__(
        self,
        namespaces: Iterable[str],
        connector: Connector,
        availability: Availability,
        told: Callable[[Occurrence], None],
        missed: Callable[[Gap, str], None],
    ) -> None:
        self._told, self._missed = told, missed
        self.reflectors = [
            Reflector(
                EVENTS,
                scope,
                connector,
                self._consume,
                availability=availability,
                missed=self._gap(scope.namespace),
                reduced=reduced,
            )
            for scope in scopes(list(namespaces))
        ]

    def known(self) -> Iterable[Occurrence]:
        """Return what occurred, as the API server remembers it now."""
        for reflector in self.reflectors:
            for event in reflector.objects:
                occurred = occurrence(Change(event))
                if occurred:
                    yield occurred

    def _consume(self, change: Change[k8s.Event]) -> None:
        occurred = occurrence(change)
        if occurred:
            self._told(occurred)

    def _gap(self, namespace: str) -> Callable[[Gap], None]:
        def told(gap: Gap) -> None:
            self._missed(gap, namespace)

        return told


def reduced(event: k8s.Event) -> k8s.Event:
    """Return what an occurrence is made of, in half the memory: most texts are those of many events."""
    meta, about = event.metadata, event.involved_object
    return k8s.Event(
        metadata=k8s.Meta(
            name="",
            namespace=intern(meta.namespace),
            uid=meta.uid,
            resource_version=meta.resource_version,
            labels=_NOTHING,
            annotations=_NOTHING,
        ),
        involved_object=k8s.Involved(
            kind=intern(about.kind),
            name=about.name,
            namespace=intern(about.namespace),
            field_path=intern(about.field_path),
        ),
        reason=intern(event.reason),
        message=intern(event.message),
        type=intern(event.type),
        count=event.times,
        first_timestamp=event.begun,
        last_timestamp=event.seen,
        reporting_component=intern(event.reporting_component or (event.source.component if event.source else "")),
    )
