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
    """A ConfigMap that MCP servers, or other workloads, use. `name` is the key under which it is declared."""

    def __init__(self, name: str, args: DeclaredConfigMapArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:ConfigMap", name, None, opts)
        children = Children(self)
        for manifest in args.manifests:
            # Under its key, because ConfigMaps of two namespaces can have one name.
            children.register(manifest, name=name)
        self.register_outputs({})
