"""All rules between the parts of a declaration."""

from collections.abc import Iterator

from stacks.model import names
from stacks.model.config_map import LARGEST_DATA
from stacks.model.declaration import Declaration
from stacks.model.environment import is_production
from stacks.model.image_lock import is_fixed
from stacks.validation import (
    capacity,
    clients,
    manifest_rules,
    pod_security,
    references,
    secret_references,
    workload_rules,
)


def validate(declaration: Declaration) -> list[str]:
    """Return a line for every broken rule: `path: what is wrong: the way out`."""
    return list(_faults(declaration))


def _faults(declaration: Declaration) -> Iterator[str]:
    for owner, declared in declaration.running().items():
        yield from (f"{owner.path}: {fault}" for fault in workload_rules.faults(owner, declared))
    yield from _reserved(declaration)
    yield from references.faults(declaration)
    yield from secret_references.faults(declaration)
    yield from clients.faults(declaration)
    yield from manifest_rules.faults(declaration)
    yield from capacity.faults(declaration)
    yield from pod_security.faults(declaration)
    yield from _moving_images(declaration)
    yield from _too_long(declaration)


def _reserved(declaration: Declaration) -> Iterator[str]:
    if names.SYSTEM_NAMESPACE not in declaration.namespaces:
        yield f"namespaces.{names.SYSTEM_NAMESPACE}: is missing: declare it, because the declaration is stored there"
    for name in declaration.namespaces:
        if references.is_of_kubernetes(name):
            yield (
                f"namespaces.{name}: belongs to Kubernetes: to use it without owning it, name it in "
                f"existingNamespaces; otherwise choose another name, for instance cortex-{name}"
            )
    existing = declaration.existing_namespaces
    for name in dict.fromkeys(existing):
        if name in declaration.namespaces:
            yield f"existingNamespaces: {name!r} is under cortex:namespaces, too: remove it here or there"
        if existing.count(name) > 1:
            yield f"existingNamespaces: names {name!r} twice: remove one"


def _moving_images(declaration: Declaration) -> Iterator[str]:
    if not is_production(declaration.cluster.environment):
        return
    for path, image in declaration.images().items():
        if not is_fixed(image):
            yield f"{path}: {image!r} can become another image: in production, write a fixed tag or a digest"


def _too_long(declaration: Declaration) -> Iterator[str]:
    """Check that the declaration fits the ConfigMap that stores it."""
    size = len(declaration.canonical().encode())
    if size > LARGEST_DATA:
        yield (
            f"configMaps: with them the declaration is {size} bytes long, and its ConfigMap "
            f"{names.DECLARATION_CONFIG_MAP} takes {LARGEST_DATA}: shorten texts here or in servers"
        )
