"""ConfigMaps: an MCP server's own, and those that the stack declares."""

from stacks.manifests.labels import owner_labels
from stacks.manifests.manifest import Manifest
from stacks.model import config_map as model
from stacks.model import names
from stacks.model.server import Server


def config_map(name: str, declared: model.ConfigMap, component: str) -> Manifest:
    """Return a declared ConfigMap, with the label `cortex.dev/component` of its namespace."""
    labels = {names.COMPONENT: component}
    return Manifest("v1", "ConfigMap", name, declared.namespace, labels, content={"data": declared.data})


def server_config(kind: str, server: Server) -> Manifest:
    """Return the ConfigMap that holds a server's files."""
    labels = owner_labels(kind)
    content = {"data": server.config}
    return Manifest("v1", "ConfigMap", names.server_config(kind), server.namespace, labels, content=content)
