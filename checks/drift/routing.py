"""The rows of a report, and which of them judges a declared object."""

from collections.abc import Iterator

from stacks.manifests.build import build
from stacks.manifests.manifest import Manifest
from stacks.model.declaration import Declaration

NAMESPACES, SERVERS, RBAC, NETWORK, CONFIG, OBJECTS = "namespaces", "servers", "rbac", "network", "config", "objects"

_KINDS = {
    "Namespace": NAMESPACES,
    "ResourceQuota": NAMESPACES,
    "LimitRange": NAMESPACES,
    "ServiceAccount": RBAC,
    "Role": RBAC,
    "RoleBinding": RBAC,
    "ClusterRole": RBAC,
    "ClusterRoleBinding": RBAC,
    "NetworkPolicy": NETWORK,
    "ConfigMap": CONFIG,
}


def objects(declaration: Declaration, result: str) -> Iterator[Manifest]:
    """Give the declared objects that a row compares; Secrets are never read as a whole, so never compared."""
    return (obj for obj in build(declaration) if obj.kind != "Secret" and check_of(obj) == result)


def check_of(obj: Manifest) -> str:
    """Name the row that judges a declared object."""
    other = SERVERS if obj.declared_at[:1] == ("servers",) else OBJECTS
    return _KINDS.get(obj.kind, other)
