"""Check that all other declared objects are as declared, and that there are no undeclared objects of the stack."""

from collections.abc import Iterator

import msgspec

from checks.drift.compare import compare
from checks.drift.routing import OBJECTS
from checks.kube import models as k8s
from checks.kube.reading import Read
from checks.kube.resources import CLUSTER_WIDE, NAMESPACED, RARE
from checks.objects.collect import UNMANAGED
from checks.objects.files import FILES, check_files
from checks.objects.workloads import check_workloads
from checks.results.builder import ResultBuilder
from checks.results.result import Ref, Remedy
from checks.servers.check import is_server
from checks.snapshot.check import Check
from checks.snapshot.reader import searched, searched_kinds
from checks.snapshot.snapshot import Snapshot
from stacks.manifests.build import build
from stacks.model import names
from stacks.model.declaration import Declaration

_CODES = {
    "CiliumNetworkPolicy": "network.undeclared",
    "LimitRange": "limits.undeclared",
    "NetworkPolicy": "network.undeclared",
    "ResourceQuota": "quota.undeclared",
}
"""Kinds of which every undeclared object of a managed namespace is a finding: it can allow or limit more."""

_HOLDS_DATA = frozenset({"PersistentVolumeClaim", "Secret", "StatefulSet"})
"""Kinds that hold data: a repair does not delete such an object."""


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Check the objects that no other check compares, and look for undeclared ones."""
    compare(builder, declaration, snapshot, OBJECTS)
    check_files(builder, declaration, snapshot)
    check_workloads(builder, declaration, snapshot)
    _undeclared(builder, declaration, snapshot)
    _unmanaged(builder, declaration, snapshot)


def _undeclared(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    known = {(obj.kind, obj.namespace, obj.name) for obj in build(declaration)}
    for kind, namespace in _places(declaration):
        if (reading := builder.use(snapshot.live(kind, namespace))) is None:
            continue
        metas = {name: msgspec.convert(document, k8s.Owned).metadata for name, document in reading.value.items()}
        servers = _servers(snapshot, namespace) if kind == "Deployment" else frozenset()
        managed = not namespace or namespace in declaration.namespaces
        unmanaged = [
            meta
            for name, meta in metas.items()
            if (kind, namespace, name) not in known
            and name not in servers
            and _belongs_to_stack(kind, meta, managed=managed)
        ]
        builder.passed(not unmanaged, namespace)
        for meta in unmanaged:
            _fault(builder, _CODES.get(kind, "object.undeclared"), Ref(kind, meta.name, namespace), meta)


def _unmanaged(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Look for undeclared objects of kinds that few stacks declare; those with a controller are its own."""
    known = {(obj.kind, obj.namespace, obj.name) for obj in build(declaration)}
    if not snapshot.get(UNMANAGED).lists:
        builder.fact("kinds that few stacks declare", "searched", value=False)
    for kind, listings in snapshot.get(UNMANAGED).lists.items():
        for namespace, listing in listings.items():
            if (reading := builder.use(listing)) is None:
                continue
            unmanaged = [
                obj.metadata
                for obj in reading.value
                if not obj.metadata.controlled and (kind, namespace, obj.metadata.name) not in known
            ]
            builder.passed(not unmanaged, namespace)
            for meta in unmanaged:
                _fault(builder, "object.undeclared", Ref(kind, meta.name, namespace), meta)


def _fault(builder: ResultBuilder, code: str, ref: Ref, meta: k8s.OwnedMeta) -> None:
    message = f"the stack does not declare this {ref.kind}"
    actual = meta.labels.get(names.COMPONENT, "present")
    remedy = Remedy.PERSON if ref.kind in _HOLDS_DATA else Remedy.REPAIR
    builder.fault(code, ref, message, expected="absent", actual=actual, remedy=remedy)


def _places(declaration: Declaration) -> Iterator[tuple[str, str]]:
    for kind in CLUSTER_WIDE:
        if kind != "Namespace":  # has the code namespace.undeclared
            yield kind, ""
    for kind in searched_kinds(declaration):
        yield from ((kind, space) for space in searched(declaration, kind))


def _servers(snapshot: Snapshot, namespace: str) -> frozenset[str]:
    """Return the names of the Deployments of MCP servers: undeclared ones have the code server.undeclared."""
    reading = snapshot.typed("Deployment", namespace, k8s.Deployment)
    deployments = reading.value if isinstance(reading, Read) else ()
    return frozenset(each.metadata.name for each in deployments if is_server(each))


def _belongs_to_stack(kind: str, meta: k8s.OwnedMeta, *, managed: bool) -> bool:
    """Return whether an undeclared object is a finding: it has the stack's label, or is of a kind in _CODES.

    In an existing namespace it must have the label: the others are not the stack's.
    """
    if kind in _CODES and managed:
        return True
    return names.COMPONENT in meta.labels and not meta.controlled and meta.name != names.VERIFICATION_CONFIG_MAP


CHECK = Check(
    OBJECTS,
    "Other objects",
    frozenset({*CLUSTER_WIDE, *NAMESPACED, *RARE, "Pod"}),
    (UNMANAGED, FILES),
    check,
)
