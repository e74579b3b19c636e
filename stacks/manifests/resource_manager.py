"""The account of the resource manager, and its permissions (docs/rbac.md)."""

from collections.abc import Collection, Iterator

from stacks.manifests import network, permissions
from stacks.manifests.grants import Grants
from stacks.manifests.manifest import Manifest
from stacks.manifests.rbac import service_account
from stacks.manifests.site import Site
from stacks.model import names
from stacks.model import resource_manager as model

_LABELS = {names.COMPONENT: names.RESOURCE_MANAGER_COMPONENT}


def resource_manager_manifests(manager: model.ResourceManager, site: Site) -> tuple[Manifest, ...]:
    """Return the account, its roles and bindings, the NetworkPolicy of its pods, and with `token: legacy` a Secret."""
    account = service_account(names.RESOURCE_MANAGER, names.SYSTEM_NAMESPACE, _LABELS)
    legacy = manager.token == "legacy"  # noqa: S105 - a kind of token
    return (
        account,
        *_access(manager, site.namespaces),
        _policy(site),
        *([_legacy_token().after([account])] if legacy else []),
    )


def _policy(site: Site) -> Manifest:
    """Return the policy that allows its pods to connect to the API, and nobody to connect to them."""
    chosen = network.selector({names.APP: names.RESOURCE_MANAGER})
    egress = [network.api_egress(site)]
    return network.policy(names.RESOURCE_MANAGER, names.SYSTEM_NAMESPACE, _LABELS, chosen, egress=egress)


def _access(manager: model.ResourceManager, namespaces: Collection[str]) -> Iterator[Manifest]:
    grants = Grants(names.RESOURCE_MANAGER, names.SYSTEM_NAMESPACE, _LABELS)
    whole_cluster = manager.scope == "cluster"
    yield from _manage_cluster(grants) if whole_cluster else _manage_namespaces(grants, namespaces)
    if names.MCP_NAMESPACE in namespaces:
        rules = permissions.MCP_MANAGER_EXEC if whole_cluster else permissions.MCP_MANAGER
        yield from grants.role(names.MCP_NAMESPACE, names.MCP_MANAGER_ROLE, rules, names.MCP_MANAGER_BINDING)
    for namespace, readable in manager.readable_secrets.items():
        yield from grants.role(namespace, names.RESOURCE_MANAGER_SECRETS, permissions.secret_reader(readable))
    for namespace in manager.exec_in:
        yield from grants.role(namespace, names.RESOURCE_MANAGER_EXEC, permissions.EXEC)


def _manage_cluster(grants: Grants) -> Iterator[Manifest]:
    yield grants.cluster_role(names.RESOURCE_MANAGER_ROLE, permissions.CLUSTER_MANAGER)
    yield grants.everywhere(names.RESOURCE_MANAGER_BINDING, names.RESOURCE_MANAGER_ROLE)


def _manage_namespaces(grants: Grants, namespaces: Collection[str]) -> Iterator[Manifest]:
    yield grants.cluster_role(names.RESOURCE_MANAGER_ROLE, permissions.namespace_manager())
    for namespace in namespaces:
        yield grants.within(namespace, names.RESOURCE_MANAGER_BINDING, names.RESOURCE_MANAGER_ROLE)
    yield grants.cluster_role(names.RESOURCE_MANAGER_READ, permissions.cluster_reader())
    yield grants.everywhere(names.RESOURCE_MANAGER_READ, names.RESOURCE_MANAGER_READ)


def _legacy_token() -> Manifest:
    """Return the Secret into which the cluster writes a token; its data is not declared."""
    return Manifest(
        "v1",
        "Secret",
        names.RESOURCE_MANAGER_TOKEN,
        names.SYSTEM_NAMESPACE,
        _LABELS,
        {"kubernetes.io/service-account.name": names.RESOURCE_MANAGER},
        {"type": names.TOKEN_SECRET},
    )
