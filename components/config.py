"""ConfigMaps that the stack declares."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.children import Children
from stacks.manifests.manifest import Manifest


@dataclass(frozen=True)
class DeclaredConfigMapArgs:
    """The manifest of a declared ConfigMap."""

    manifests: Sequence[Manifest]


class DeclaredConfigMap(pulumi.ComponentResource):
    """A ConfigMap that MCP servers, or other workloads, use. `name` is its name."""

    def __init__(self, name: str, args: DeclaredConfigMapArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:ConfigMap", name, None, opts)
        Children(self).register_all(args.manifests)
        self.register_outputs({})
