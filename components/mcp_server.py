"""One MCP server of any type, with everything that it needs and nothing that others need."""

from dataclasses import dataclass

import pulumi

from components.register import in_namespace, register
from components.secret_inputs import pod_checksum, secret_data
from stacks.manifests import labels as discovery
from stacks.manifests.pod_config import Content
from stacks.manifests.server import server_objects
from stacks.manifests.site import Site
from stacks.model.server import Server


@dataclass(frozen=True)
class McpServerSettings:
    """An MCP server as declared, with what the stack knows about its surroundings."""

    server: Server
    content: Content[pulumi.Output[str]]
    """What its pods read, values of secrets included."""
    site: Site
    autoscaling_stops: pulumi.ResourceHook
    """What deletes an autoscaler that is declared no more."""


class McpServer(pulumi.ComponentResource):
    """Deployment, Service, ServiceAccount, NetworkPolicies; the rest where declared.

    The rest: ConfigMap, Secret, RoleBindings, PodDisruptionBudget, HorizontalPodAutoscaler. Declared Secrets and
    ConfigMaps that it uses have components of their own: let it depend on those.

    `name` is the server's type: its objects are called `<type>-mcp-server` (seed, sections 2, 3, 6 and 7).
    """

    endpoint: str
    """The URL of the MCP endpoint inside the cluster."""

    def __init__(self, name: str, settings: McpServerSettings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:McpServer", name, None, opts)
        server, content = settings.server, settings.content
        declared = server_objects(name, server, content, settings.site)
        child = pulumi.ResourceOptions(parent=self)
        first = [register(one, child) for one in declared.first]
        if declared.secret:
            first.append(register(declared.secret, child, hidden=secret_data(declared.secret, content.own)))
        if declared.budget:
            register(declared.budget, child)
        for policy in declared.clients:
            register(policy, child, name=in_namespace(policy))
        after_first = pulumi.ResourceOptions(parent=self, depends_on=first)
        if not server.autoscaling:
            after_first.hooks = pulumi.ResourceHookBinding(before_update=[settings.autoscaling_stops])
        pods = register(declared.deployment, after_first, hidden=pod_checksum(name, server, content))
        # The provider waits for a Service's endpoints, which come with ready pods.
        after_pods = pulumi.ResourceOptions(parent=self, depends_on=[pods])
        register(declared.service, after_pods)
        self.endpoint = discovery.endpoint(name, server)
        self.register_outputs({"endpoint": self.endpoint})
