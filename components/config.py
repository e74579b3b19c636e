"""ConfigMaps: an MCP server's own, and those that the stack declares (seed, section 7)."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from stacks import config_map as model
from stacks import names
from stacks.server import Server


@dataclass(frozen=True)
class DeclaredConfigMapSettings:
    """A ConfigMap as declared, with the label `cortex.dev/component` of its namespace."""

    config_map: model.ConfigMap
    component: str


class DeclaredConfigMap(pulumi.ComponentResource):
    """A ConfigMap that MCP servers, or others, use. `name` is its name."""

    def __init__(
        self, name: str, settings: DeclaredConfigMapSettings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("cortex:kubernetes:ConfigMap", name, None, opts)
        declared = settings.config_map
        labels = {names.COMPONENT: settings.component}
        ConfigMap(
            name,
            metadata=ObjectMetaArgs(name=name, namespace=declared.namespace, labels=labels),
            data=declared.data,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def server_config(kind: str, server: Server, labels: Mapping[str, str], opts: pulumi.ResourceOptions) -> ConfigMap:
    """Make the ConfigMap that holds a server's files."""
    name = names.server_config(kind)
    return ConfigMap(
        name,
        metadata=ObjectMetaArgs(name=name, namespace=server.namespace, labels=labels),
        data=server.config,
        opts=opts,
    )
