"""Every object of a stack."""

from collections.abc import Iterator
from functools import lru_cache

from stacks.manifests import config, secrets
from stacks.manifests import pod_config as content
from stacks.manifests.declaration import published
from stacks.manifests.kube_state_metrics import kube_state_metrics_objects
from stacks.manifests.manifest import Manifest
from stacks.manifests.namespace import namespace_objects
from stacks.manifests.resource_manager import resource_manager_objects
from stacks.manifests.server import admitting_verifier, server_objects
from stacks.manifests.site import site
from stacks.manifests.verifier import verification, verifier_objects
from stacks.model.declaration import Declaration


@lru_cache(maxsize=4)
def build(declaration: Declaration) -> tuple[Manifest, ...]:
    """Give every object of the stack: exactly these a deployment registers, and a verification expects.

    A dozen judges ask for them, so they are kept.
    """
    return tuple(_objects(declaration))


def _objects(declaration: Declaration) -> Iterator[Manifest]:
    here = site(declaration)
    for name, namespace in declaration.namespaces.items():
        yield from namespace_objects(name, namespace, declaration.cluster.environment)
    yield from _shared(declaration)
    for kind, server in admitting_verifier(declaration).items():
        yield from server_objects(kind, server, content.hidden(server, declaration), here)
    if manager := declaration.resource_manager:
        yield from resource_manager_objects(manager, here)
    if metrics := declaration.kube_state_metrics:
        yield from kube_state_metrics_objects(metrics, here, verified=declaration.verifier is not None)
    if verifier := declaration.verifier:
        yield from verifier_objects(verifier, here, set(declaration.required_custom_resources().values()))
        yield verification(verifier, here, declaration.digest(), secrets=content.has_secrets(declaration))
    yield published(declaration)


def _shared(declaration: Declaration) -> Iterator[Manifest]:
    """Give the Secrets and ConfigMaps that servers share; their component is their namespace's."""
    spaces = declaration.namespaces
    for name, secret in declaration.secrets.items():
        if made := secrets.secret(name, secret, spaces[secret.namespace].component):
            yield made
    for name, config_map in declaration.config_maps.items():
        yield config.config_map(name, config_map, spaces[config_map.namespace].component)
