"""The account with which the resource manager works, and its permissions (docs/rbac.md)."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.children import Children
from stacks.manifests.manifest import Manifest


@dataclass(frozen=True)
class ResourceManagerArgs:
    """The manifests of the resource manager."""

    manifests: Sequence[Manifest]


class ResourceManager(pulumi.ComponentResource):
    """ServiceAccount, its roles and bindings, a NetworkPolicy; with `token: legacy` also a Secret with a token."""

    def __init__(self, name: str, args: ResourceManagerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:ResourceManager", name, None, opts)
        Children(self).register_all(args.manifests)
        self.register_outputs({})
