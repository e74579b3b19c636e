"""ConfigMaps: those of servers and workloads, and those that the stack declares."""

from stacks.manifests.manifest import Manifest
from stacks.model import config_map as model
from stacks.model import names
from stacks.model.owner import Owner
from stacks.model.workload import Workload


def config_map(name: str, declared: model.ConfigMap, component: str) -> Manifest:
    """Return a declared ConfigMap, with the label `cortex.dev/component` of its namespace."""
    labels = {names.COMPONENT: component}
    return Manifest("v1", "ConfigMap", name, declared.namespace, labels, content={"data": declared.data})


def own_config(owner: Owner, declared: Workload) -> Manifest:
    """Return the ConfigMap that holds the files of a server or workload."""
    content = {"data": declared.config}
    return Manifest("v1", "ConfigMap", owner.config, declared.namespace, owner.labels, content=content)
