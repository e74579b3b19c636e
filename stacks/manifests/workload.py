"""The manifests of one MCP server or workload."""

from typing import cast

from stacks.manifests import availability, config, network, rbac, secrets, volumes
from stacks.manifests.deployment import workload
from stacks.manifests.manifest import Manifest
from stacks.manifests.patch import Patches, patched
from stacks.manifests.pod_config import Content
from stacks.manifests.service import ports, reached_by, service
from stacks.manifests.site import Site
from stacks.model.client import Client
from stacks.model.declaration import Declaration
from stacks.model.owner import Owner
from stacks.model.replicas import replicas
from stacks.model.rotation import rotator_client
from stacks.model.server import Server
from stacks.model.verifier import verifier_client
from stacks.model.workload import Workload


def workload_manifests(owner: Owner, declared: Workload, content: Content[object], site: Site) -> tuple[Manifest, ...]:
    """Return the objects of a server or workload, which have the owner's name."""
    # The autoscaler is among them so that it can choose the number of pods while the Deployment is awaited.
    before_pods = [
        *rbac.own_account(owner, declared),
        *network.own_policies(owner, declared, site),
        *rbac.own_roles(owner, declared),
        *volumes.claims(owner, declared),
        *([config.own_config(owner, declared)] if declared.config else []),
        *([availability.autoscaler(owner, declared, declared.autoscaling)] if declared.autoscaling else []),
        *([secrets.own_secret(owner, declared, content.own)] if content.own else []),
    ]
    pods = workload(owner, declared, content, site).after(before_pods)
    manifests = (
        *before_pods,
        *([availability.disruption_budget(owner, declared)] if replicas(declared).least > 1 else []),
        *(network.client_policy(owner, declared, one) for one in declared.clients if site.isolates(one)),
        pods,
        # Pulumi waits for a Service's endpoints, which exist once pods are ready.
        *([service(owner, declared).after([pods])] if declared.port or ports(declared) else []),
        *reached_by(owner, declared, site.domain),
    )
    return tuple(patched(manifests, cast("Patches", declared.patch)))


def resolved(declaration: Declaration) -> dict[Owner, Workload]:
    """Return servers and workloads as their manifests need them: with names and labels in place of keys.

    If a verifier is declared, it is among the clients of each server, and a rotator among those that it asks.
    """
    asked = {owner for readers in declaration.rotations().values() for owner in readers} if declaration.rotator else ()
    return {
        owner: _resolved(declared, declaration, asked=owner in asked)
        for owner, declared in declaration.running().items()
    }


def _resolved(declared: Workload, declaration: Declaration, *, asked: bool) -> Workload:
    secrets, config_maps = declaration.secrets, declaration.config_maps
    return declared.model_copy(
        update={
            "clients": _clients(declared, declaration, asked=asked),
            "secrets": tuple(
                use.model_copy(update={"name": secrets[use.name].called(use.name)}) for use in declared.secrets
            ),
            "config_maps": tuple(
                use.model_copy(update={"name": config_maps[use.name].called(use.name)}) for use in declared.config_maps
            ),
        }
    )


def _clients(declared: Workload, declaration: Declaration, *, asked: bool) -> tuple[Client, ...]:
    """Return the clients, each by namespace and labels, with verifier and rotator among those of a server."""
    clients = tuple(_by_labels(client, declaration) for client in declared.clients)
    if not isinstance(declared, Server):
        return clients
    own = (*([verifier_client()] if declaration.verifier else []), *([rotator_client()] if asked else []))
    return (*clients, *(client for client in own if client not in clients))


def _by_labels(client: Client, declaration: Declaration) -> Client:
    if (owner := client.owner) is None:
        return client
    return Client(namespace=declaration.running()[owner].namespace, labels=owner.selector)
