"""One MCP server of any type, with everything that it needs and nothing that others need."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import Service, ServicePortArgs, ServiceSpecArgs
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components import availability, config, network, rbac, secrets, workload
from components.workload import Content
from stacks import discovery, names
from stacks.replicas import replicas
from stacks.server import Server


@dataclass(frozen=True)
class McpServerSettings:
    """An MCP server as declared, with what the stack knows about its surroundings."""

    server: Server
    content: Content
    """What its pods read, values of secrets included."""
    managed_namespaces: frozenset[str]
    """Namespaces that deny by default, so that a client in one must be let out of it as well."""


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
        server = settings.server
        labels = discovery.owner_labels(name)
        child = pulumi.ResourceOptions(parent=self)
        # What pods need before they start, and the policy that guards them from their first moment.
        first: list[pulumi.Resource] = [
            rbac.service_account(name, server, labels, child),
            network.server_policy(name, server, labels, child),
            *rbac.role_bindings(name, server, labels, child),
        ]
        if server.config:
            first.append(config.server_config(name, server, labels, child))
        if settings.content.own:
            first.append(secrets.server_secret(name, server, settings.content.own, labels, child))
        if replicas(server).least > 1:
            availability.disruption_budget(name, server, labels, child)
        for client in server.clients:
            if client.namespace in settings.managed_namespaces:
                network.client_policy(name, server, client, labels, child)
        pods = workload.deployment(
            name, server, settings.content, pulumi.ResourceOptions(parent=self, depends_on=first)
        )
        if server.autoscaling:
            scaled = pulumi.ResourceOptions(parent=self, depends_on=[pods])
            availability.autoscaler(name, server, server.autoscaling, labels, scaled)
        # The provider waits for a Service's endpoints, which come with ready pods.
        _service(name, server, labels, pulumi.ResourceOptions(parent=self, depends_on=[pods]))
        self.endpoint = discovery.endpoint(name, server)
        self.register_outputs({"endpoint": self.endpoint})


def _service(kind: str, server: Server, labels: dict[str, str], opts: pulumi.ResourceOptions) -> Service:
    name = names.server(kind)
    return Service(
        name,
        metadata=ObjectMetaArgs(name=name, namespace=server.namespace, labels=labels),
        spec=ServiceSpecArgs(
            type="ClusterIP",
            selector=names.server_selector(kind),
            ports=[ServicePortArgs(name=workload.HTTP, port=server.port, target_port=workload.HTTP, protocol="TCP")],
        ),
        opts=opts,
    )
