"""One MCP server of any type."""

from dataclasses import dataclass

import pulumi

from components.workload import WorkloadArgs, register
from stacks.model import names


@dataclass(frozen=True, kw_only=True)
class McpServerArgs(WorkloadArgs):
    """The manifests of an MCP server, with the values that they hide."""

    endpoint: str
    """The URL of the MCP endpoint inside the cluster."""


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
        register(self, names.server(name), args)
        self.endpoint = args.endpoint
        self.register_outputs({"endpoint": self.endpoint})
