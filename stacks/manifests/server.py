"""The manifests of one MCP server of any type."""

from typing import cast

from stacks.manifests import availability, config, network, rbac, secrets, volumes
from stacks.manifests.deployment import workload
from stacks.manifests.manifest import Manifest
from stacks.manifests.patch import Patches, patched
from stacks.manifests.pod_config import Content
from stacks.manifests.service import reached_by, service
from stacks.manifests.site import Site
from stacks.model.declaration import Declaration
from stacks.model.replicas import replicas
from stacks.model.server import Server
from stacks.model.verifier import verifier_client


def server_manifests(kind: str, server: Server, content: Content[object], site: Site) -> tuple[Manifest, ...]:
    """Return the objects of an MCP server of type `kind`, which are called `<kind>-mcp-server`."""
    # The autoscaler is among them so that it can choose the number of pods while the Deployment is awaited.
    before_pods = [
        *rbac.server_accounts(kind, server),
        network.server_policy(kind, server, site),
        *rbac.server_roles(kind, server),
        *volumes.claims(kind, server),
        *([config.server_config(kind, server)] if server.config else []),
        *([availability.autoscaler(kind, server, server.autoscaling)] if server.autoscaling else []),
        *([secrets.server_secret(kind, server, content.own)] if content.own else []),
    ]
    pods = workload(kind, server, content, site).after(before_pods)
    manifests = (
        *before_pods,
        *([availability.disruption_budget(kind, server)] if replicas(server).least > 1 else []),
        *(network.client_policy(kind, server, one) for one in server.clients if site.isolates(one)),
        pods,
        # Pulumi waits for a Service's endpoints, which exist once pods are ready.
        service(kind, server).after([pods]),
        *reached_by(kind, server),
    )
    return tuple(patched(manifests, cast("Patches", server.patch)))


def admitting_verifier(declaration: Declaration) -> dict[str, Server]:
    """Return the declared servers by type, each with the verifier among its clients if one is declared."""
    if declaration.verifier is None:
        return declaration.servers
    return {kind: _admitting(server) for kind, server in declaration.servers.items()}


def _admitting(server: Server) -> Server:
    if verifier_client() in server.clients:
        return server
    return server.model_copy(update={"clients": (*server.clients, verifier_client())})


def with_object_names(server: Server, declaration: Declaration) -> Server:
    """Return a server that refers to declared Secrets and ConfigMaps by their names instead of their keys."""
    secrets, config_maps = declaration.secrets, declaration.config_maps
    return server.model_copy(
        update={
            "secrets": tuple(
                use.model_copy(update={"name": secrets[use.name].called(use.name)}) for use in server.secrets
            ),
            "config_maps": tuple(
                use.model_copy(update={"name": config_maps[use.name].called(use.name)}) for use in server.config_maps
            ),
        }
    )
