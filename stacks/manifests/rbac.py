"""ServiceAccounts, and the declared permissions of MCP servers."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from stacks.manifests.grants import Grants
from stacks.manifests.labels import owner_labels
from stacks.manifests.manifest import Manifest
from stacks.model import names
from stacks.model.server import Server
from stacks.model.service_account import ServiceAccount


def service_account(name: str, namespace: str, labels: Mapping[str, str]) -> Manifest:
    """Return a ServiceAccount whose token is mounted only in pods that ask for it."""
    content = {"automountServiceAccountToken": False}
    return Manifest("v1", "ServiceAccount", name, namespace, labels, content=content)


def account_name(kind: str, server: Server) -> str:
    """Return the name of the ServiceAccount of a server's pods."""
    return (server.service_account and server.service_account.name) or names.server(kind)


def server_accounts(kind: str, server: Server) -> Iterator[Manifest]:
    """Yield a server's own ServiceAccount, unless others make it."""
    declared = server.service_account or ServiceAccount()
    if not declared.existing:
        made = service_account(account_name(kind, server), server.namespace, owner_labels(kind))
        yield replace(made, annotations=declared.annotations)


def role_bindings(kind: str, server: Server) -> Iterator[Manifest]:
    """Yield the bindings of the declared ClusterRole to a server's account, one in each declared namespace."""
    if server.kubernetes is None:
        return
    name = names.server(kind)
    grants = Grants(account_name(kind, server), server.namespace, owner_labels(kind))
    for namespace in server.kubernetes.namespaces:
        yield grants.within(namespace, name, server.kubernetes.cluster_role)
