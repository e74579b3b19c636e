"""Services that stand for hosts outside the cluster."""

from stacks.manifests.manifest import Manifest
from stacks.model import alias as model
from stacks.model import names


def alias(name: str, declared: model.Alias, component: str) -> Manifest:
    """Return the Service, with the label `cortex.dev/component` of its namespace."""
    spec = {"type": "ExternalName", "externalName": declared.host}
    return Manifest("v1", "Service", name, declared.namespace, {names.COMPONENT: component}, content={"spec": spec})
