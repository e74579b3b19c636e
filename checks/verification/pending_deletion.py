"""Leaves out of a snapshot what the deployment under way is still to delete.

Pulumi deletes what a program no longer declares last, after every create and update has succeeded, the Job that
verifies the deployment among them. So that Job meets objects that are about to go. They are known by three signs: the
declaration does not have them, they carry the stack's label, and Pulumi made them, as their managed fields say. What
anybody else made is still a finding. The report names each object, and every later verification looks for it again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import msgspec

from checks.drift.live_objects import Named
from checks.drift.managed_fields import is_pulumi
from checks.kube import models as k8s
from checks.kube.client import Read, ReadFailure, Reading
from checks.rbac.collect import Access
from checks.rbac.policy import Policy, reference
from checks.results.result import Ref
from checks.verification.snapshot import Snapshot
from stacks.manifests.build import build
from stacks.model import names
from stacks.model.declaration import Declaration

_UNLABELLED = frozenset({"LimitRange", "NetworkPolicy", "ResourceQuota"})
"""Kinds of which verify reports each undeclared object, whatever its labels."""

_Bound = TypeVar("_Bound", k8s.Role, k8s.Binding)


class _Made(k8s.Object, frozen=True):
    """An object of any kind, of which only whose it is counts."""

    metadata: k8s.ManagedMeta


class _Selector(k8s.Object, frozen=True):
    match_labels: k8s.Text = msgspec.field(default_factory=dict)


class _DeploymentSpec(k8s.Object, frozen=True):
    selector: _Selector


class _Deployment(k8s.Object, frozen=True):
    """A Deployment, of which only the labels that select its pods count."""

    spec: _DeploymentSpec


def without(declaration: Declaration, snapshot: Snapshot) -> Snapshot:
    """Return the snapshot as it will be once the deployment has deleted what the declaration no longer has."""
    known = _Known(frozenset((obj.kind, obj.namespace, obj.name) for obj in build(declaration)))
    lists: dict[tuple[str, str], Reading[Named]] = {}
    pending: set[Ref] = set()
    pods = dict(snapshot.pods)
    for (kind, namespace), reading in snapshot.objects.lists.items():
        going = known.going(kind, namespace, reading)
        lists[kind, namespace] = _without(reading, going)
        pending |= {Ref(kind, name, namespace) for name in going}
        if kind == "Deployment" and namespace in pods:
            pods[namespace] = _surviving(pods[namespace], going.values())
    access, bindings = _rights(snapshot.access, known)
    return replace(
        snapshot,
        objects=replace(snapshot.objects, lists=lists),
        pods=pods,
        access=access,
        # The present run is newer than any that has ended.
        health=replace(snapshot.health, jobs=Read((), 0.0)),
        pending_deletion=tuple(sorted(pending | bindings, key=str)),
    )


@dataclass(frozen=True)
class _Known:
    """The kind, namespace and name of every declared object."""

    objects: frozenset[tuple[str, str, str]]

    def going(self, kind: str, namespace: str, reading: Reading[Named]) -> Named:
        """Return the objects of a list that are to be deleted, by name."""
        if isinstance(reading, ReadFailure):
            return {}
        return {
            name: document
            for name, document in reading.value.items()
            if self.goes(kind, msgspec.convert(document, _Made).metadata, namespace)
        }

    def goes(self, kind: str, metadata: k8s.ManagedMeta, namespace: str) -> bool:
        """Check whether an object is to be deleted: undeclared, with the stack's label, and made by Pulumi."""
        if (kind, namespace, metadata.name) in self.objects:
            return False
        labelled = names.COMPONENT in metadata.labels or kind in _UNLABELLED
        return labelled and any(is_pulumi(entry.manager) for entry in metadata.managed_fields)


def _without(reading: Reading[Named], going: Named) -> Reading[Named]:
    if isinstance(reading, ReadFailure) or not going:
        return reading
    return replace(reading, value={name: doc for name, doc in reading.value.items() if name not in going})


def _surviving(
    pods: Reading[tuple[k8s.Pod, ...]], going: Iterable[Mapping[str, object]]
) -> Reading[tuple[k8s.Pod, ...]]:
    """Return the pods that no Deployment which is to be deleted selects."""
    if isinstance(pods, ReadFailure):
        return pods
    selectors = [msgspec.convert(document, _Deployment).spec.selector.match_labels.items() for document in going]
    # An empty selector would select every pod.
    selectors = [labels for labels in selectors if labels]
    stay = tuple(pod for pod in pods.value if not any(some <= pod.metadata.labels.items() for some in selectors))
    return replace(pods, value=stay)


def _rights(access: Access, known: _Known) -> tuple[Access, set[Ref]]:
    """Return the rights without what is to be deleted, and the bindings that are.

    The API server's own decisions still follow those bindings: what they alone allow is not asked for now.
    """
    roles = tuple(_staying(reading, "Role", "ClusterRole", known) for reading in access.roles)
    bindings = tuple(_staying(reading, "RoleBinding", "ClusterRoleBinding", known) for reading in access.bindings)
    before, after = access.policy(), replace(access, roles=roles, bindings=bindings)
    if before is None:
        return after, set()
    staying = {reference(binding) for some in bindings if isinstance(some, Read) for binding in some.value}
    going = tuple(binding for binding in before.bindings if reference(binding) not in staying)
    allowing = Policy(before.roles, going)
    answers = {
        question: answer
        for question, answer in access.answers.items()
        if question.expected or not any(grant.allows(question.request) for grant in allowing.grants(question.account))
    }
    return replace(after, answers=answers), {reference(binding) for binding in going}


def _staying(
    reading: Reading[tuple[_Bound, ...]], namespaced: str, cluster_wide: str, known: _Known
) -> Reading[tuple[_Bound, ...]]:
    if isinstance(reading, ReadFailure):
        return reading

    def goes(meta: k8s.ManagedMeta) -> bool:
        return known.goes(namespaced if meta.namespace else cluster_wide, meta, meta.namespace)

    return replace(reading, value=tuple(each for each in reading.value if not goes(each.metadata)))
