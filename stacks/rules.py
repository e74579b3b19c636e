"""The rules between parts of a declaration: names that are taken, references, room, and images that stay."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from stacks import names, references, room
from stacks.images import is_fixed

if TYPE_CHECKING:
    from stacks.model import Declaration

PRODUCTION = "production"
"""The environment in which what runs must not change by itself."""


def faults(declaration: "Declaration") -> Iterator[str]:
    """Yield every broken rule as `path: what is wrong: the way out`."""
    yield from _reserved(declaration)
    yield from references.faults(declaration)
    yield from room.faults(declaration)
    yield from _moving_images(declaration)


def _reserved(declaration: "Declaration") -> Iterator[str]:
    if names.SYSTEM_NAMESPACE not in declaration.namespaces:
        yield f"namespaces.{names.SYSTEM_NAMESPACE}: is missing: declare it, the declaration is kept there"
    for name in declaration.namespaces:
        if name == "default" or name.startswith("kube-"):
            yield f"namespaces.{name}: belongs to Kubernetes: choose another name, for instance cortex-{name}"


def _moving_images(declaration: "Declaration") -> Iterator[str]:
    if declaration.cluster.environment != PRODUCTION:
        return
    for path, image in declaration.images().items():
        if not is_fixed(image):
            yield f"{path}: {image!r} may be another image tomorrow: in production write a fixed tag or a digest"
