"""One MCP server of any type."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from components.autoscaling import has_fixed_replicas
from components.children import Children, HiddenValues, in_namespace
from stacks.manifests.manifest import Manifest
from stacks.model import names


@dataclass(frozen=True)
class McpServerArgs:
    """The manifests of an MCP server, with the values that they hide."""

    manifests: Sequence[Manifest]
    endpoint: str
    """The URL of the MCP endpoint inside the cluster."""
    stop_autoscaler: pulumi.ResourceHook
    """The hook that deletes the autoscaler of a server whose number of pods is declared again."""
    hidden: Mapping[str, HiddenValues] = field(default_factory=dict)
    """Kind of a manifest → what it hides."""


class McpServer(pulumi.ComponentResource):
    """Deployment, Service, ServiceAccount and NetworkPolicies; other objects where declared.

    Those are a ConfigMap, a Secret, RoleBindings, a PodDisruptionBudget and a HorizontalPodAutoscaler. Declared Secrets
    and ConfigMaps that the server uses have components of their own: let this one depend on them.

    `name` is the server's type: its objects are called `<type>-mcp-server`.
    """

    endpoint: str
    """The URL of the MCP endpoint inside the cluster."""

    def __init__(self, name: str, args: McpServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:McpServer", name, None, opts)
        children, hooks = Children(self), pulumi.ResourceHookBinding(before_update=[args.stop_autoscaler])
        for manifest in args.manifests:
            # The policies of its clients lie in the clients' namespaces, under one name in each.
            is_clients = manifest.kind == "NetworkPolicy" and manifest.name != names.server(name)
            children.register(
                manifest,
                name=in_namespace(manifest) if is_clients else None,
                hidden=args.hidden.get(manifest.kind),
                opts=pulumi.ResourceOptions(hooks=hooks) if has_fixed_replicas(manifest.annotations) else None,
            )
        self.endpoint = args.endpoint
        self.register_outputs({"endpoint": self.endpoint})
