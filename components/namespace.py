"""A namespace that the stack owns, with all that bounds what may run in it."""

from dataclasses import dataclass

import pulumi

from components.register import in_namespace, register
from stacks.manifests.namespace import namespace_objects
from stacks.model import namespace as model
from stacks.model.environment import is_production


@dataclass(frozen=True)
class NamespaceSettings:
    """A namespace as declared, and the environment of its cluster."""

    namespace: model.Namespace
    environment: str


class ManagedNamespace(pulumi.ComponentResource):
    """Namespace, ResourceQuota, LimitRange, and NetworkPolicies that deny all but what is declared (seed, section 4).

    In production the engine refuses to delete the namespace, for all that is in it would go as well, volumes included.
    """

    def __init__(self, name: str, settings: NamespaceSettings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:ManagedNamespace", name, None, opts)
        declared = namespace_objects(name, settings.namespace, settings.environment)
        kept = pulumi.ResourceOptions(parent=self, protect=is_production(settings.environment))
        namespace = register(declared.namespace, kept)
        inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        for one in declared.bounds:
            register(one, inside)
        for policy in declared.policies:
            register(policy, inside, name=in_namespace(policy))
        self.register_outputs({})
