"""ServiceAccounts, and the declared permissions of MCP servers."""

from collections.abc import Iterator, Mapping

from stacks.manifests.grants import Grants
from stacks.manifests.labels import owner_labels
from stacks.manifests.manifest import Manifest
from stacks.model import names
from stacks.model.server import Server


def service_account(name: str, namespace: str, labels: Mapping[str, str]) -> Manifest:
    """Return a ServiceAccount whose token is mounted only in pods that ask for it."""
    content = {"automountServiceAccountToken": False}
    return Manifest("v1", "ServiceAccount", name, namespace, labels, content=content)


def server_account(kind: str, server: Server) -> Manifest:
    """Return a server's own ServiceAccount."""
    return service_account(names.server(kind), server.namespace, owner_labels(kind))


def role_bindings(kind: str, server: Server) -> Iterator[Manifest]:
    """Yield the bindings of the declared ClusterRole to a server's account, one in each declared namespace."""
    if server.kubernetes is None:
        return
    name = names.server(kind)
    grants = Grants(name, server.namespace, owner_labels(kind))
    for namespace in server.kubernetes.namespaces:
        yield grants.within(namespace, name, server.kubernetes.cluster_role)
