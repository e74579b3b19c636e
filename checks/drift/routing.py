"""Which check compares a manifest. Every manifest but a Secret is compared by exactly one check."""

from collections.abc import Iterator

from stacks.manifests.build import build
from stacks.manifests.files import is_from_file
from stacks.manifests.manifest import Manifest
from stacks.model.declaration import Declaration

NAMESPACES, SERVERS, RBAC, NETWORK, CONFIG, OBJECTS = "namespaces", "servers", "rbac", "network", "config", "objects"
"""The names of the checks that compare manifests with live objects."""

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
    "CiliumNetworkPolicy": NETWORK,
    "ConfigMap": CONFIG,
}


def manifests(declaration: Declaration, check: str) -> Iterator[Manifest]:
    """Yield the manifests that a check compares. Secrets are never read completely, so they are not compared.

    Those of `cortex:manifests` are not among them: the check `objects` reads each by its name.
    """
    return (
        each
        for each in build(declaration)
        if each.kind != "Secret" and not is_from_file(each) and check_of(each) == check
    )


def check_of(manifest: Manifest) -> str:
    """Return the name of the check that compares a manifest."""
    if is_from_file(manifest):
        return OBJECTS
    other = SERVERS if manifest.declared_at[:1] == ("servers",) else OBJECTS
    return _KINDS.get(manifest.kind, other)
