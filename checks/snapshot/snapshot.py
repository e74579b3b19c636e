"""The cluster as it was read: the listed resources, and what collectors found out beyond them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import msgspec

from checks.kube import models as k8s
from checks.kube.listing import Listing
from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.kube.resources import CLUSTER_WIDE, Document
from checks.results.result import Ref
from checks.snapshot.reader import Collector
from stacks.manifests.manifest import Manifest

T = TypeVar("T")

Named = Mapping[str, Document]
"""Live objects of one kind and namespace, by name."""

HOPELESS = frozenset({Reason.UNREACHABLE, Reason.TIMEOUT, Reason.UNAUTHORIZED, Reason.UNDECODABLE, Reason.FAILED})
"""If the version cannot be read for one of these reasons, nothing else can be read either."""


@dataclass(frozen=True)
class Snapshot:
    """The state of a cluster. A reading is what was read, or a ReadFailure that says why not.

    Asking for a resource or a collector that was not read raises KeyError: the check lacks it in its `needs` or
    `collectors`, which is a bug, and never a pass.
    """

    version: Reading[k8s.Version]
    listings: Mapping[str, Listing[Any]] = field(default_factory=dict)
    """By kind: JSON documents; of nodes, pods and events the models."""
    collected: Mapping[Collector[Any], object] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When it was taken."""
    pending_deletion: tuple[Ref, ...] = ()
    """Undeclared objects that the deployment under way is still to delete; they are nowhere else in the snapshot."""
    _named: dict[tuple[str, str], Reading[Named]] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def unreachable(self) -> ReadFailure | None:
        """Return why nothing could be read at all; None if something was."""
        hopeless = isinstance(self.version, ReadFailure) and self.version.reason in HOPELESS
        return self.version if isinstance(self.version, ReadFailure) and hopeless else None

    def get(self, collector: Collector[T]) -> T:
        """Return what a collector collected."""
        return cast("T", self.collected[collector])

    def nodes(self) -> Reading[tuple[k8s.Node, ...]]:
        """Return the nodes."""
        return self._whole("Node")

    def pods(self, namespace: str) -> Reading[tuple[k8s.Pod, ...]]:
        """Return the pods of a declared namespace, without the probe pods of a verification."""
        return self._part("Pod", namespace)

    def warnings(self, namespace: str) -> Reading[tuple[k8s.Event, ...]]:
        """Return the warning events of a declared namespace."""
        return self._part("Event", namespace)

    def live(self, kind: str, namespace: str = "") -> Reading[Named]:
        """Return the live objects of a kind in a namespace, by name."""
        if (kind, namespace) not in self._named:
            self._named[kind, namespace] = _by_name(self._part(kind, namespace))
        return self._named[kind, namespace]

    def typed(self, kind: str, namespace: str, model: type[T]) -> Reading[tuple[T, ...]]:
        """Return the live objects of a kind in a namespace, of which only the fields of `model` are decoded."""
        return converted(self._part(kind, namespace), model, f"read {kind} in namespace {namespace}")

    def whole(self, kind: str, model: type[T]) -> Reading[tuple[T, ...]]:
        """Return the live objects of a kind in the whole cluster, of which only the fields of `model` are decoded."""
        return converted(self._whole(kind), model, f"read {kind} in the whole cluster")

    def find(self, manifest: Manifest) -> Reading[Document | None]:
        """Return the live object of a manifest; None if it does not exist."""
        reading = self.live(manifest.kind, manifest.namespace)
        return reading if isinstance(reading, ReadFailure) else Read(reading.value.get(manifest.name), reading.seconds)

    def _whole(self, kind: str) -> Reading[tuple[Any, ...]]:
        return self.unreachable or self.listings[kind].whole

    def _part(self, kind: str, namespace: str) -> Reading[tuple[Any, ...]]:
        if self.unreachable or kind in CLUSTER_WIDE:
            return self._whole(kind)
        return self.listings[kind].parts[namespace]

    def has_namespace(self, name: str) -> bool:
        """Return whether the namespace exists, as far as is known: what lacks in a missing one is reported once."""
        namespaces = self.live("Namespace")
        return isinstance(namespaces, ReadFailure) or name in namespaces.value


def _by_name(reading: Reading[tuple[Document, ...]]) -> Reading[Named]:
    if isinstance(reading, ReadFailure):
        return reading
    names = (cast("Mapping[str, str]", document["metadata"])["name"] for document in reading.value)
    return Read(dict(zip(names, reading.value, strict=True)), reading.seconds)


def converted(reading: Reading[tuple[Document, ...]], model: type[T], what: str) -> Reading[tuple[T, ...]]:
    """Return a list of JSON documents as models."""
    if isinstance(reading, ReadFailure):
        return reading
    try:
        return Read(tuple(msgspec.convert(document, model) for document in reading.value), reading.seconds)
    except msgspec.ValidationError as error:
        message = f"the API server's answer cannot be decoded: {error}"
        return ReadFailure(what, Reason.UNDECODABLE, message)
