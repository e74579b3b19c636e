"""The state of the cluster as it was read: the listed resources, and the results of the collectors."""

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

UNREACHABLE = frozenset({Reason.UNREACHABLE, Reason.TIMEOUT, Reason.UNAUTHORIZED, Reason.UNDECODABLE, Reason.FAILED})
"""Reasons for a failure to read the version that apply to every other request too."""


@dataclass(frozen=True)
class Snapshot:
    """The state of a cluster. A Reading is a value, or a ReadFailure with the reason.

    A resource or collector that was not read raises KeyError: it is missing in the `needs` or `collectors` of the
    check, which is a bug.
    """

    version: Reading[k8s.Version]
    listings: Mapping[str, Listing[Any]] = field(default_factory=dict)
    """The lists by kind: of JSON documents, or of models for nodes, pods and events."""
    collected: Mapping[Collector[Any], object] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When it was taken."""
    pending_deletion: tuple[Ref, ...] = ()
    """Undeclared objects that the running deployment will delete; they are not in the lists."""
    _named: dict[tuple[str, str], Reading[Named]] = field(default_factory=dict, init=False, compare=False, repr=False)
    _models: dict[tuple[object, ...], Reading[tuple[Any, ...]]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    @property
    def unreachable(self) -> ReadFailure | None:
        """Return why the cluster is unreachable; None if it is reachable."""
        version = self.version
        return version if isinstance(version, ReadFailure) and version.reason in UNREACHABLE else None

    def get(self, collector: Collector[T]) -> T:
        """Return the result of a collector."""
        return cast("T", self.collected[collector])

    def nodes(self) -> Reading[tuple[k8s.Node, ...]]:
        """Return the nodes."""
        return self._cluster_wide("Node")

    def pods(self, namespace: str) -> Reading[tuple[k8s.Pod, ...]]:
        """Return the pods of a declared namespace, without the probe pods of a verification."""
        return self._in_namespace("Pod", namespace)

    def warnings(self, namespace: str) -> Reading[tuple[k8s.Event, ...]]:
        """Return the warning events of a declared namespace."""
        return self._in_namespace("Event", namespace)

    def live(self, kind: str, namespace: str = "") -> Reading[Named]:
        """Return the live objects of a kind in a namespace, by name."""
        if (kind, namespace) not in self._named:
            self._named[kind, namespace] = _by_name(self._in_namespace(kind, namespace))
        return self._named[kind, namespace]

    def typed(self, kind: str, namespace: str, model: type[T]) -> Reading[tuple[T, ...]]:
        """Return the live objects of a kind in a namespace, of which only the fields of `model` are decoded."""
        key = kind, namespace, model
        if key not in self._models:
            reading = self._in_namespace(kind, namespace)
            self._models[key] = converted(reading, model, f"read {kind} in namespace {namespace}")
        return self._models[key]

    def whole(self, kind: str, model: type[T]) -> Reading[tuple[T, ...]]:
        """Return the live objects of a kind in the whole cluster, of which only the fields of `model` are decoded."""
        key = kind, model
        if key not in self._models:
            self._models[key] = converted(self._cluster_wide(kind), model, f"read {kind} in the whole cluster")
        return self._models[key]

    def config_map(self, namespace: str, name: str) -> Reading[k8s.ConfigMap | None]:
        """Return a live ConfigMap; None if it does not exist."""
        listing = self.typed("ConfigMap", namespace, k8s.ConfigMap)
        if isinstance(listing, ReadFailure):
            return listing
        return Read(next((each for each in listing.value if each.metadata.name == name), None), listing.seconds)

    def find(self, manifest: Manifest) -> Reading[Document | None]:
        """Return the live object of a manifest; None if it does not exist."""
        reading = self.live(manifest.kind, manifest.namespace)
        return reading if isinstance(reading, ReadFailure) else Read(reading.value.get(manifest.name), reading.seconds)

    def _cluster_wide(self, kind: str) -> Reading[tuple[Any, ...]]:
        return self.unreachable or self.listings[kind].whole

    def _in_namespace(self, kind: str, namespace: str) -> Reading[tuple[Any, ...]]:
        if self.unreachable or kind in CLUSTER_WIDE:
            return self._cluster_wide(kind)
        return self.listings[kind].parts[namespace]

    def has_namespace(self, name: str) -> bool:
        """Return whether the namespace exists, or may exist; the objects of a missing one are not reported."""
        namespaces = self.live("Namespace")
        return isinstance(namespaces, ReadFailure) or name in namespaces.value


def _by_name(reading: Reading[tuple[Document, ...]]) -> Reading[Named]:
    if isinstance(reading, ReadFailure):
        return reading
    names = (cast("Mapping[str, str]", document["metadata"])["name"] for document in reading.value)
    return Read(dict(zip(names, reading.value, strict=True)), reading.seconds)


def converted(reading: Reading[tuple[Document, ...]], model: type[T], what: str) -> Reading[tuple[T, ...]]:
    """Return a list of JSON documents as models, or a failure to decode `what`."""
    if isinstance(reading, ReadFailure):
        return reading
    try:
        return Read(tuple(msgspec.convert(document, model) for document in reading.value), reading.seconds)
    except msgspec.ValidationError as error:
        message = f"the API server's answer cannot be decoded: {error}"
        return ReadFailure(what, Reason.UNDECODABLE, message)
