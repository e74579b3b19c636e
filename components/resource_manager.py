"""The account with which the resource manager works, and what it may do (seed, section 5; docs/rbac.md)."""

from dataclasses import dataclass

import pulumi

from components.register import register
from stacks import names
from stacks import resource_manager as model
from stacks.objects.resource_manager import resource_manager_objects


@dataclass(frozen=True)
class ResourceManagerSettings:
    """The resource manager as declared, and the namespaces that it manages."""

    manager: model.ResourceManager
    namespaces: tuple[str, ...]


class ResourceManager(pulumi.ComponentResource):
    """ServiceAccount, its roles and bindings; with `token: legacy` also a Secret with a token.

    `scope: cluster` and `token: legacy` are the seed's way: each says in a warning what it gives away.
    """

    def __init__(
        self, name: str, settings: ResourceManagerSettings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("cortex:kubernetes:ResourceManager", name, None, opts)
        manager = settings.manager
        declared = resource_manager_objects(manager, settings.namespaces)
        child = pulumi.ResourceOptions(parent=self)
        account = register(declared.account, child)
        for one in declared.rights:
            register(one, child)
        if declared.token:
            after_account = pulumi.ResourceOptions(parent=self, depends_on=[account])
            register(declared.token, after_account)
        if manager.scope == "cluster":
            pulumi.log.warn(_CLUSTER_WARNING, self)
        if manager.token == "legacy":  # noqa: S105 - a kind of token
            pulumi.log.warn(_TOKEN_WARNING, self)
        self.register_outputs({})


_CLUSTER_WARNING = (
    "resourceManager.scope is cluster: the resource manager reads every Secret and may start pods in every namespace, "
    "kube-system included, which amounts to cluster-admin: leave scope out to bind it in the declared namespaces alone"
)
_TOKEN_WARNING = (
    "resourceManager.token is legacy: its token never expires and lies in etcd and in the stack's state: leave token "
    f"out, and ask for one that expires: kubectl create token {names.RESOURCE_MANAGER} -n {names.SYSTEM_NAMESPACE}"
)
