"""Services that stand for hosts outside the cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.children import Children
from stacks.manifests.manifest import Manifest


@dataclass(frozen=True)
class AliasArgs:
    """The manifest of an alias."""

    manifests: Sequence[Manifest]


class Alias(pulumi.ComponentResource):
    """A Service that stands for a host outside the cluster. `name` is its name."""

    def __init__(self, name: str, args: AliasArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:Alias", name, None, opts)
        Children(self).register_all(args.manifests)
        self.register_outputs({})
