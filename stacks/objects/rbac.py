"""ServiceAccounts, and what an MCP server may do with the API: nothing, or what is declared, by namespace."""

from collections.abc import Iterator, Mapping

from stacks import discovery, names
from stacks.objects.base import Object
from stacks.objects.grants import Grants
from stacks.server import Server


def service_account(name: str, namespace: str, labels: Mapping[str, str], *, token: bool) -> Object:
    """Give a ServiceAccount; `token` mounts its token into every pod that does not say otherwise."""
    content = {"automountServiceAccountToken": token}
    return Object("v1", "ServiceAccount", name, namespace, labels, content=content)


def server_account(kind: str, server: Server) -> Object:
    """Give a server's own ServiceAccount; its token reaches the pod only where access is declared."""
    labels = discovery.owner_labels(kind)
    return service_account(names.server(kind), server.namespace, labels, token=server.kubernetes is not None)


def role_bindings(kind: str, server: Server) -> Iterator[Object]:
    """Bind the declared ClusterRole to a server's account in each declared namespace, and nowhere else."""
    if server.kubernetes is None:
        return
    name = names.server(kind)
    grants = Grants(name, server.namespace, discovery.owner_labels(kind))
    for namespace in server.kubernetes.namespaces:
        yield grants.within(namespace, name, server.kubernetes.cluster_role)
