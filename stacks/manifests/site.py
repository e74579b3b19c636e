"""What the objects of a stack have to know of the cluster around them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stacks.manifests.manifest import Value
from stacks.model.declaration import Declaration


@dataclass(frozen=True)
class Site:
    """Where a stack's objects are."""

    namespaces: tuple[str, ...] = ()
    """The managed ones: they deny by default, so that a client in one must be let out of it as well."""
    api_servers: tuple[str, ...] = ()
    """Address ranges of the Kubernetes API; none if they are not known."""
    pull_secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Managed namespace → the Secrets with which nodes pull the images of its pods."""

    def image_pull_secrets(self, namespace: str) -> list[Value] | None:
        """Give the field of that name of a pod in a namespace; None if there is nothing to say."""
        return [{"name": name} for name in self.pull_secrets.get(namespace, ())] or None


def site(declaration: Declaration) -> Site:
    """Give where the objects of a declaration are."""
    return Site(
        tuple(declaration.namespaces),
        declaration.cluster.api_servers,
        {space: _pull_secrets(declaration, space) for space in declaration.namespaces},
    )


def _pull_secrets(declaration: Declaration, namespace: str) -> tuple[str, ...]:
    """A declared Secret is in one namespace; one that is not declared is expected in each."""
    declared = declaration.secrets
    return tuple(
        name
        for name in declaration.cluster.image_pull_secrets
        if name not in declared or declared[name].namespace == namespace
    )
