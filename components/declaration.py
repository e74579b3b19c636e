"""The declaration as an object of the cluster, so that a verifier inside needs no checkout."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.children import Children
from stacks.manifests.manifest import Manifest


@dataclass(frozen=True)
class PublishedDeclarationArgs:
    """The manifest of the ConfigMap that holds the declaration."""

    manifests: Sequence[Manifest]


class PublishedDeclaration(pulumi.ComponentResource):
    """A ConfigMap with the declaration as canonical JSON, and its hash as an annotation; it holds no secret values.

    Let it depend on all other components: the hash says that all of the declaration was deployed.
    """

    def __init__(self, name: str, args: PublishedDeclarationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:Declaration", name, None, opts)
        Children(self).register_all(args.manifests)
        self.register_outputs({})
