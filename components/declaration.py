"""The declaration as an object of the cluster, so that a verifier inside needs no checkout."""

import pulumi

from components.register import register
from stacks.manifests.declaration import published
from stacks.model.declaration import Declaration


class PublishedDeclaration(pulumi.ComponentResource):
    """A ConfigMap with the declaration as canonical JSON, and its hash as an annotation; no secret values.

    Let it depend on everything else: its hash says that all of it was deployed.
    """

    def __init__(self, name: str, settings: Declaration, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:Declaration", name, None, opts)
        declared = published(settings)
        register(declared, pulumi.ResourceOptions(parent=self))
        self.register_outputs({})
