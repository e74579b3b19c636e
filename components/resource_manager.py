"""The account with which the resource manager works, and what it may do (seed, section 5; docs/rbac.md)."""

from dataclasses import dataclass

import pulumi

from components.register import register
from stacks.manifests.resource_manager import resource_manager_objects
from stacks.manifests.site import Site
from stacks.model import resource_manager as model


@dataclass(frozen=True)
class ResourceManagerSettings:
    """The resource manager as declared, and where it works."""

    manager: model.ResourceManager
    site: Site


class ResourceManager(pulumi.ComponentResource):
    """ServiceAccount, its roles and bindings, a NetworkPolicy; with `token: legacy` also a Secret with a token."""

    def __init__(
        self, name: str, settings: ResourceManagerSettings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("cortex:kubernetes:ResourceManager", name, None, opts)
        declared = resource_manager_objects(settings.manager, settings.site)
        child = pulumi.ResourceOptions(parent=self)
        account = register(declared.account, child)
        for one in (*declared.rights, declared.policy):
            register(one, child)
        if declared.token:
            after_account = pulumi.ResourceOptions(parent=self, depends_on=[account])
            register(declared.token, after_account)
        self.register_outputs({})
