"""What the manifests of all parts need to know about the cluster."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stacks.manifests.manifest import Value
from stacks.model.client import Client
from stacks.model.cluster_dns import DOMAIN, ClusterDns
from stacks.model.declaration import Declaration
from stacks.model.owner import Owner


@dataclass(frozen=True)
class Site:
    """The surroundings of a stack's objects."""

    namespaces: tuple[str, ...] = ()
    """The managed ones. They deny traffic by default, so a client in one also needs a policy there."""
    api_servers: tuple[str, ...] = ()
    """Address ranges of the Kubernetes API; empty if they are not known."""
    pull_secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Namespace → the Secrets with which nodes pull images for its pods."""
    occupied: tuple[str, ...] = ()
    """Namespaces that others manage, with pods or other objects of the stack."""
    has_quotas: bool = True
    """Whether any managed namespace has a ResourceQuota."""
    running: Mapping[Owner, str] = field(default_factory=dict)
    """Each server and workload → its namespace. The policy of each denies its pods what is not declared."""
    dns: ClusterDns = field(default_factory=ClusterDns)
    """Where the cluster's DNS answers."""
    domain: str = DOMAIN
    """The domain of Services."""

    def isolates(self, client: Client) -> bool:
        """Return whether a client's pods are denied connections by default: in a managed namespace, or of the stack."""
        return client.namespace in self.namespaces or (
            client.namespace in self.occupied
            and any(client.labels.get(owner.label) == owner.key for owner in self.running)
        )

    def running_elsewhere(self) -> dict[str, list[str]]:
        """Return the namespaces that others manage → the names of the servers and workloads there."""
        return {
            space: [owner.name for owner, namespace in self.running.items() if namespace == space]
            for space in self.occupied
            if space in self.running.values()
        }

    def image_pull_secrets(self, namespace: str) -> list[Value] | None:
        """Return the pod field `imagePullSecrets` for a namespace; None if there are no such Secrets."""
        return [{"name": name} for name in self.pull_secrets.get(namespace, ())] or None


def site(declaration: Declaration) -> Site:
    """Return the surroundings of a declaration's objects."""
    spaces = declaration.occupied_namespaces()
    return Site(
        namespaces=tuple(declaration.namespaces),
        api_servers=declaration.cluster.api_servers,
        pull_secrets={space: _pull_secrets(declaration, space) for space in spaces},
        occupied=tuple(space for space in spaces if space not in declaration.namespaces),
        has_quotas=any(space.quota for space in declaration.namespaces.values()),
        running={owner: declared.namespace for owner, declared in declaration.running().items()},
        dns=declaration.cluster.name_servers(),
        domain=declaration.cluster.service_domain(),
    )


def _pull_secrets(declaration: Declaration, namespace: str) -> tuple[str, ...]:
    """Return the pull secrets of a namespace: a declared one is in one namespace, any other is expected in all."""
    places = {(secret.called(key), secret.namespace) for key, secret in declaration.secrets.items()}
    declared = {name for name, _ in places}
    return tuple(
        name for name in declaration.cluster.image_pull_secrets if name not in declared or (name, namespace) in places
    )
