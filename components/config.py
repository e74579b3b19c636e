"""ConfigMaps that the stack declares (seed, section 7)."""

from dataclasses import dataclass

import pulumi

from components.register import register
from stacks.manifests.config import config_map
from stacks.model import config_map as model


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
        declared = config_map(name, settings.config_map, settings.component)
        register(declared, pulumi.ResourceOptions(parent=self))
        self.register_outputs({})
