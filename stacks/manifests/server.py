"""One MCP server of any type, with everything that it needs and nothing that others need."""

from collections.abc import Iterator
from dataclasses import dataclass

from stacks.manifests import availability, config, network, rbac, secrets
from stacks.manifests import deployment as workload
from stacks.manifests import labels as discovery
from stacks.manifests.manifest import Manifest, Value
from stacks.manifests.pod_config import Content
from stacks.manifests.site import Site
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.replicas import replicas
from stacks.model.server import Server
from stacks.model.verifier import verifier_client


@dataclass(frozen=True)
class ServerObjects:
    """The objects of an MCP server, grouped by what waits for what (seed, sections 2, 3, 6 and 7)."""

    first: tuple[Manifest, ...]
    """What pods need before they start, but its Secret; the policy that guards them from their first moment; and the
    autoscaler, so that it can choose their number while the Deployment is awaited."""
    secret: Manifest | None
    """Pods need it as well."""
    budget: Manifest | None
    """The PodDisruptionBudget: waits for nothing."""
    clients: tuple[Manifest, ...]
    """NetworkPolicies that let clients out of their own managed namespaces: wait for nothing."""
    deployment: Manifest
    service: Manifest
    """Waits for the Deployment."""

    def __iter__(self) -> Iterator[Manifest]:
        alone = (one for one in (self.secret, self.budget) if one)
        return iter((*self.first, *alone, *self.clients, self.deployment, self.service))


def server_objects(kind: str, server: Server, content: Content[object], site: Site) -> ServerObjects:
    """Give the objects of an MCP server of type `kind`, which are called `<kind>-mcp-server`."""
    files = [config.server_config(kind, server)] if server.config else []
    scaler = [availability.autoscaler(kind, server, server.autoscaling)] if server.autoscaling else []
    return ServerObjects(
        first=(
            rbac.server_account(kind, server),
            network.server_policy(kind, server, site),
            *rbac.role_bindings(kind, server),
            *files,
            *scaler,
        ),
        secret=secrets.server_secret(kind, server, content.own) if content.own else None,
        budget=availability.disruption_budget(kind, server) if replicas(server).least > 1 else None,
        clients=tuple(
            network.client_policy(kind, server, client)
            for client in server.clients
            if client.namespace in site.namespaces
        ),
        deployment=workload.deployment(kind, server, content, site),
        service=_service(kind, server),
    )


def admitting_verifier(declaration: Declaration) -> dict[str, Server]:
    """Give the declared servers by type, each with the verifier among its clients where there is one."""
    if declaration.verifier is None:
        return declaration.servers
    return {kind: _admitting(server) for kind, server in declaration.servers.items()}


def _admitting(server: Server) -> Server:
    if verifier_client() in server.clients:
        return server
    return server.model_copy(update={"clients": (*server.clients, verifier_client())})


def _service(kind: str, server: Server) -> Manifest:
    port: Value = {"name": workload.HTTP, "port": server.port, "targetPort": workload.HTTP, "protocol": "TCP"}
    spec: Value = {"type": "ClusterIP", "selector": names.server_selector(kind), "ports": [port], "externalIPs": []}
    labels = discovery.owner_labels(kind)
    return Manifest("v1", "Service", names.server(kind), server.namespace, labels, content={"spec": spec})
