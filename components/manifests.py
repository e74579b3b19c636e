"""Manifests that a stack takes as they are, from a file."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.children import Children
from stacks.manifests.manifest import Manifest


@dataclass(frozen=True)
class ManifestsArgs:
    """The manifests of a file, in their order."""

    manifests: Sequence[Manifest]


class Manifests(pulumi.ComponentResource):
    """The objects of a file, one after the other. `name` is the path of the file."""

    def __init__(self, name: str, args: ManifestsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:Manifests", name, None, opts)
        children = Children(self)
        for manifest in args.manifests:
            # Their URNs do not have the file, so that an object can move to another one.
            place = f"{manifest.namespace}/" if manifest.namespace else ""
            children.register(manifest, name=f"{place}{manifest.name}")
        self.register_outputs({})
