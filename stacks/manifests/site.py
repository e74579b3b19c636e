"""What the manifests of all parts need to know about the cluster."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stacks.manifests.manifest import Value
from stacks.model.declaration import Declaration


@dataclass(frozen=True)
class Site:
    """The surroundings of a stack's objects."""

    namespaces: tuple[str, ...] = ()
    """The managed ones. They deny traffic by default, so a client in one also needs a policy there."""
    api_servers: tuple[str, ...] = ()
    """Address ranges of the Kubernetes API; empty if they are not known."""
    pull_secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Managed namespace → the Secrets with which nodes pull images for its pods."""

    def image_pull_secrets(self, namespace: str) -> list[Value] | None:
        """Return the pod field `imagePullSecrets` for a namespace; None if there are no such Secrets."""
        return [{"name": name} for name in self.pull_secrets.get(namespace, ())] or None


def site(declaration: Declaration) -> Site:
    """Return the surroundings of a declaration's objects."""
    return Site(
        tuple(declaration.namespaces),
        declaration.cluster.api_servers,
        {space: _pull_secrets(declaration, space) for space in declaration.namespaces},
    )


def _pull_secrets(declaration: Declaration, namespace: str) -> tuple[str, ...]:
    """Return the pull secrets of a namespace: a declared one is in one namespace, any other is expected in all."""
    declared = declaration.secrets
    return tuple(
        name
        for name in declaration.cluster.image_pull_secrets
        if name not in declared or declared[name].namespace == namespace
    )
