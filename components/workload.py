"""What runs in pods besides the stack's own parts: MCP servers, and companions of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from components.autoscaling import has_fixed_replicas
from components.children import Children, HiddenValues, in_namespace
from stacks.manifests.manifest import Manifest


@dataclass(frozen=True)
class WorkloadArgs:
    """The manifests of a workload, with the values that they hide."""

    manifests: Sequence[Manifest]
    stop_autoscaler: pulumi.ResourceHook
    """The hook that deletes the autoscaler of a workload whose number of pods is declared again."""
    hidden: Mapping[str, HiddenValues] = field(default_factory=dict)
    """Kind of a manifest → what it hides."""


class Workload(pulumi.ComponentResource):
    """Deployment or StatefulSet, ServiceAccount and NetworkPolicies; a Service and other objects where declared.

    Declared Secrets and ConfigMaps that it uses have components of their own: let this one depend on them.

    `name` is the name of its objects.
    """

    def __init__(self, name: str, args: WorkloadArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:Workload", name, None, opts)
        register(self, name, args)
        self.register_outputs({})


def register(parent: pulumi.Resource, name: str, args: WorkloadArgs) -> None:
    """Register the objects of a workload or MCP server, most of which have this name."""
    children, hooks = Children(parent), pulumi.ResourceHookBinding(before_update=[args.stop_autoscaler])
    for manifest in args.manifests:
        # The policies of its clients lie in the clients' namespaces, under one name in each.
        is_clients = manifest.kind == "NetworkPolicy" and manifest.name != name
        children.register(
            manifest,
            name=in_namespace(manifest) if is_clients else None,
            hidden=args.hidden.get(manifest.kind),
            opts=pulumi.ResourceOptions(hooks=hooks) if has_fixed_replicas(manifest.annotations) else None,
        )
