"""Remove from a snapshot the objects that the running deployment will delete.

Pulumi deletes undeclared objects last, after all creates and updates have succeeded, including the Job that verifies
the deployment. That Job therefore sees objects that are about to be deleted. They are recognized because they are not
declared, have the stack's label, and were created by Pulumi according to their managedFields. Undeclared objects of
others remain findings. The report lists each removed object, and every later verification checks for it again.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

import msgspec

from checks.drift.managed_fields import is_pulumi
from checks.health.collect import VERIFIER
from checks.kube import models as k8s
from checks.kube.listing import Listing
from checks.kube.reading import Read, ReadFailure, Reading
from checks.kube.resources import CLUSTER_WIDE, NAMESPACED, RARE, Document
from checks.rbac.collect import ANSWERS, policy_of
from checks.rbac.policy import Policy, reference
from checks.results.result import Ref
from checks.snapshot.snapshot import Snapshot
from checks.workloads.workload import workloads
from stacks.manifests.build import build
from stacks.model import names
from stacks.model.declaration import Declaration

_UNLABELLED = frozenset({"CiliumNetworkPolicy", "LimitRange", "NetworkPolicy", "ResourceQuota"})
"""Kinds of which every undeclared object is a finding, whatever its labels."""
_DOCUMENTS = frozenset({*CLUSTER_WIDE, *NAMESPACED, *RARE})
"""Kinds of objects that a deployment can delete."""

T = TypeVar("T")


class _Managed(k8s.Object, frozen=True):
    """An object of any kind, with its labels and field managers."""

    metadata: k8s.ManagedMeta


class _Selector(k8s.Object, frozen=True):
    match_labels: k8s.Text = msgspec.field(default_factory=dict)


class _DeploymentSpec(k8s.Object, frozen=True):
    selector: _Selector


class _Deployment(k8s.Object, frozen=True):
    """A Deployment, with the labels that select its pods."""

    spec: _DeploymentSpec


class _ServiceSpec(k8s.Object, frozen=True):
    selector: k8s.Text = msgspec.field(default_factory=dict)


class _Service(k8s.Object, frozen=True):
    """A Service, with the labels that select its pods."""

    spec: _ServiceSpec


_CONTROLLERS = {"Deployment": "ReplicaSet", "StatefulSet": "StatefulSet"}
"""Kind of a workload → the kind that controls its pods."""


def without_pending_deletion(declaration: Declaration, snapshot: Snapshot) -> Snapshot:
    """Return the snapshot without the objects that the deployment will delete."""
    known = _Known(frozenset((manifest.kind, manifest.namespace, manifest.name) for manifest in build(declaration)))
    pending = {kind: known.pending(kind, listing) for kind, listing in snapshot.listings.items() if kind in _DOCUMENTS}
    listings: dict[str, Listing[Any]] = {
        kind: _without(listing, pending[kind]) if pending.get(kind) else listing
        for kind, listing in snapshot.listings.items()
    }
    if "Pod" in listings:
        listings["Pod"] = _kept(listings["Pod"], _Survivors(declaration, pending).keeps)
    if "Job" in listings:
        # Not the ended runs of the verifier: the present run is newer.
        listings["Job"] = _kept(listings["Job"], _is_relevant_job)
    after = replace(snapshot, listings=listings, pending_deletion=tuple(sorted({*_named(pending)}, key=str)))
    return _without_answers(snapshot, after) if ANSWERS in snapshot.collected else after


_Pending = Mapping[tuple[str, str], Document]
"""Objects of one kind that will be deleted, by namespace and name."""


@dataclass(frozen=True)
class _Known:
    """The kind, namespace and name of every manifest."""

    manifests: frozenset[tuple[str, str, str]]

    def pending(self, kind: str, listing: Listing[Document]) -> _Pending:
        """Return the objects that will be deleted: undeclared, with the stack's label, and written by Pulumi."""
        return {_key(document): document for document in _every(listing) if self._is_pending(kind, document)}

    def _is_pending(self, kind: str, document: Document) -> bool:
        if (kind, *_key(document)) in self.manifests:
            return False
        metadata = msgspec.convert(document, _Managed).metadata
        labelled = names.COMPONENT in metadata.labels or kind in _UNLABELLED
        return labelled and any(is_pulumi(entry.manager) for entry in metadata.managed_fields)


def _every(listing: Listing[Document]) -> Iterator[Document]:
    # The list of the whole cluster holds those of the namespaces.
    for reading in [listing.whole] if isinstance(listing.whole, Read) else listing.parts.values():
        if isinstance(reading, Read):
            yield from reading.value


def _key(document: Document) -> tuple[str, str]:
    metadata = cast("Mapping[str, str]", document["metadata"])
    return metadata.get("namespace", ""), metadata["name"]


def _named(pending: Mapping[str, _Pending]) -> Iterator[Ref]:
    for kind, objects in pending.items():
        yield from (Ref(kind, name, namespace) for namespace, name in objects)


def _without(listing: Listing[Document], pending: _Pending) -> Listing[Document]:
    return _kept(listing, lambda document: _key(document) not in pending)


def _kept(listing: Listing[T], keeps: Callable[[T], bool]) -> Listing[T]:
    def kept(reading: Reading[tuple[T, ...]]) -> Reading[tuple[T, ...]]:
        if isinstance(reading, ReadFailure):
            return reading
        return replace(reading, value=tuple(each for each in reading.value if keeps(each)))

    return Listing(kept(listing.whole), {space: kept(part) for space, part in listing.parts.items()})


class _Survivors:
    """The pods that remain: those of declared workloads, and those that nothing selects that will be deleted."""

    def __init__(self, declaration: Declaration, pending: Mapping[str, _Pending]) -> None:
        self._declared = workloads(declaration)
        kept = {(workload.namespace, workload.name) for workload in self._declared}
        deployments = [each for key, each in pending.get("Deployment", {}).items() if key not in kept]
        selectors = [
            (_key(each)[0], msgspec.convert(each, _Deployment).spec.selector.match_labels) for each in deployments
        ]
        # A StatefulSet is only listed if one is declared, but the Service of the same pods always is.
        services = pending.get("Service", {}).values()
        selectors += [(_key(each)[0], msgspec.convert(each, _Service).spec.selector) for each in services]
        # An empty selector would select every pod.
        self._selectors = [(namespace, labels.items()) for namespace, labels in selectors if labels]

    def keeps(self, pod: k8s.Pod) -> bool:
        """Return whether the pod remains."""
        meta = pod.metadata
        for workload in self._declared:
            if meta.namespace == workload.namespace and workload.selector.items() <= meta.labels.items():
                # A server that became a StatefulSet has the pods of its Deployment until that is deleted.
                return meta.controller in ("", _CONTROLLERS[workload.kind])
        return not any(meta.namespace == space and labels <= meta.labels.items() for space, labels in self._selectors)


def _is_relevant_job(document: Document) -> bool:
    label, verifier = VERIFIER
    job = msgspec.convert(document, k8s.Job)
    return job.metadata.labels.get(label) != verifier or not job.finished


def _without_answers(before: Snapshot, after: Snapshot) -> Snapshot:
    """Return the snapshot without access that only bindings grant that will be deleted.

    The API server's decisions still include those bindings.
    """
    was, will_be = policy_of(before), policy_of(after)
    if was is None or will_be is None:
        return after
    remaining = {reference(binding) for binding in will_be.bindings}
    allowing = Policy(was.roles, tuple(binding for binding in was.bindings if reference(binding) not in remaining))
    answers = {
        question: answer
        for question, answer in before.get(ANSWERS).items()
        if question.expected or not any(grant.allows(question.request) for grant in allowing.grants(question.account))
    }
    return replace(after, collected={**after.collected, ANSWERS: answers})
