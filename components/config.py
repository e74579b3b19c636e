"""The ConfigMap of an MCP server (seed, section 7)."""

from collections.abc import Mapping

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from stacks import names
from stacks.server import Server


def server_config(kind: str, server: Server, labels: Mapping[str, str], opts: pulumi.ResourceOptions) -> ConfigMap:
    """Make the ConfigMap that holds a server's files."""
    name = names.server_config(kind)
    return ConfigMap(
        name,
        metadata=ObjectMetaArgs(name=name, namespace=server.namespace, labels=labels),
        data=server.config,
        opts=opts,
    )
