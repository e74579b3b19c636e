"""ServiceAccounts, and what an MCP server may do with the API: nothing, or what is declared, by namespace."""

from collections.abc import Iterator, Mapping

from stacks.manifests import labels as discovery
from stacks.manifests.grants import Grants
from stacks.manifests.manifest import Manifest
from stacks.model import names
from stacks.model.server import Server


def service_account(name: str, namespace: str, labels: Mapping[str, str]) -> Manifest:
    """Give a ServiceAccount. A pod that works with its token asks for it itself; no other gets one by accident."""
    content = {"automountServiceAccountToken": False}
    return Manifest("v1", "ServiceAccount", name, namespace, labels, content=content)


def server_account(kind: str, server: Server) -> Manifest:
    """Give a server's own ServiceAccount."""
    return service_account(names.server(kind), server.namespace, discovery.owner_labels(kind))


def role_bindings(kind: str, server: Server) -> Iterator[Manifest]:
    """Bind the declared ClusterRole to a server's account in each declared namespace, and nowhere else."""
    if server.kubernetes is None:
        return
    name = names.server(kind)
    grants = Grants(name, server.namespace, discovery.owner_labels(kind))
    for namespace in server.kubernetes.namespaces:
        yield grants.within(namespace, name, server.kubernetes.cluster_role)
