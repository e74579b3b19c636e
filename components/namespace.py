"""A namespace that the stack owns, with all that limits what may run in it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.children import Children, in_namespace
from stacks.manifests.manifest import Manifest


@dataclass(frozen=True)
class ManagedNamespaceArgs:
    """The manifests of a namespace."""

    manifests: Sequence[Manifest]
    protect: bool
    """Whether the engine refuses to delete the namespace, and with it all that it contains, volumes included."""


class ManagedNamespace(pulumi.ComponentResource):
    """Namespace, ResourceQuota, LimitRange, and NetworkPolicies that deny all traffic that is not declared."""

    def __init__(self, name: str, args: ManagedNamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:ManagedNamespace", name, None, opts)
        children = Children(self)
        for manifest in args.manifests:
            children.register(
                manifest,
                name=in_namespace(manifest) if manifest.kind.endswith("NetworkPolicy") else None,
                opts=pulumi.ResourceOptions(protect=args.protect) if manifest.kind == "Namespace" else None,
            )
        self.register_outputs({})
