"""The account with which the resource manager works, and what it may do (seed, section 5; docs/rbac.md)."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import Secret, ServiceAccount
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.grants import Grants
from stacks import names, permissions
from stacks import resource_manager as model


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
        labels = {names.COMPONENT: names.RESOURCE_MANAGER_COMPONENT}
        child = pulumi.ResourceOptions(parent=self)
        account = ServiceAccount(
            names.RESOURCE_MANAGER,
            metadata=ObjectMetaArgs(name=names.RESOURCE_MANAGER, namespace=names.SYSTEM_NAMESPACE, labels=labels),
            # A pod that works as the resource manager asks for the token itself; no other gets one by accident.
            automount_service_account_token=False,
            opts=child,
        )
        grants = Grants(names.RESOURCE_MANAGER, names.SYSTEM_NAMESPACE, labels)
        if manager.scope == "cluster":
            _manage_cluster(grants, child)
            pulumi.log.warn(_CLUSTER_WARNING, self)
        else:
            _manage_namespaces(grants, settings.namespaces, child)
        if names.MCP_NAMESPACE in settings.namespaces:
            rules = permissions.MCP_MANAGER_EXEC if manager.scope == "cluster" else permissions.MCP_MANAGER
            grants.role(names.MCP_NAMESPACE, names.MCP_MANAGER_ROLE, rules, child, names.MCP_MANAGER_BINDING)
        for namespace, readable in manager.readable_secrets.items():
            grants.role(namespace, names.RESOURCE_MANAGER_SECRETS, permissions.secret_reader(readable), child)
        for namespace in manager.exec_in:
            grants.role(namespace, names.RESOURCE_MANAGER_EXEC, permissions.EXEC, child)
        if manager.token == "legacy":  # noqa: S105 - a kind of token
            _legacy_token(labels, pulumi.ResourceOptions(parent=self, depends_on=[account]))
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


def _manage_cluster(grants: Grants, opts: pulumi.ResourceOptions) -> None:
    grants.cluster_role(names.RESOURCE_MANAGER_ROLE, permissions.CLUSTER_MANAGER, opts)
    grants.everywhere(names.RESOURCE_MANAGER_BINDING, names.RESOURCE_MANAGER_ROLE, opts)


def _manage_namespaces(grants: Grants, namespaces: tuple[str, ...], opts: pulumi.ResourceOptions) -> None:
    grants.cluster_role(names.RESOURCE_MANAGER_ROLE, permissions.namespace_manager(), opts)
    for namespace in namespaces:
        grants.within(namespace, names.RESOURCE_MANAGER_BINDING, names.RESOURCE_MANAGER_ROLE, opts)
    grants.cluster_role(names.RESOURCE_MANAGER_READ, permissions.cluster_reader(), opts)
    grants.everywhere(names.RESOURCE_MANAGER_READ, names.RESOURCE_MANAGER_READ, opts)


def _legacy_token(labels: dict[str, str], opts: pulumi.ResourceOptions) -> Secret:
    return Secret(
        names.RESOURCE_MANAGER_TOKEN,
        metadata=ObjectMetaArgs(
            name=names.RESOURCE_MANAGER_TOKEN,
            namespace=names.SYSTEM_NAMESPACE,
            labels=labels,
            annotations={"kubernetes.io/service-account.name": names.RESOURCE_MANAGER},
        ),
        type="kubernetes.io/service-account-token",
        opts=opts,
    )
