"""ServiceAccounts, and the declared permissions of MCP servers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from stacks.manifests.grants import Grants
from stacks.manifests.labels import owner_labels
from stacks.manifests.manifest import Manifest
from stacks.manifests.permissions import Rule
from stacks.model import names
from stacks.model.kubernetes_access import AccessRule
from stacks.model.server import Server
from stacks.model.service_account import ServiceAccount


def service_account(name: str, namespace: str, labels: Mapping[str, str]) -> Manifest:
    """Return a ServiceAccount whose token is mounted only in pods that ask for it."""
    content = {"automountServiceAccountToken": False}
    return Manifest("v1", "ServiceAccount", name, namespace, labels, content=content)


def account_name(kind: str, server: Server) -> str:
    """Return the name of the ServiceAccount of a server's pods."""
    return (server.service_account and server.service_account.name) or names.server(kind)


def server_accounts(kind: str, server: Server) -> Iterator[Manifest]:
    """Yield a server's own ServiceAccount, unless others make it."""
    declared = server.service_account or ServiceAccount()
    if not declared.existing:
        made = service_account(account_name(kind, server), server.namespace, owner_labels(kind))
        yield replace(made, annotations=declared.annotations)


def server_roles(kind: str, server: Server) -> Iterator[Manifest]:
    """Yield the roles and bindings of a server's account: in each declared namespace, or in the whole cluster."""
    access = server.kubernetes
    if access is None:
        return
    name, everywhere = names.server(kind), names.server_role(kind, server.namespace)
    grants = Grants(account_name(kind, server), server.namespace, owner_labels(kind))
    rules = [_rule(rule) for rule in access.rules]
    for namespace in access.namespaces:
        for role in access.existing_roles():
            yield grants.within(namespace, name if access.cluster_role else f"{name}-{role}", role)
        if rules:
            yield from grants.role(namespace, name, rules, f"{name}-rules")
    if access.everywhere:
        yield from (grants.everywhere(f"{everywhere}-{role}", role) for role in access.existing_roles())
        yield from _own_cluster_role(grants, f"{everywhere}-rules", rules)
    yield from _own_cluster_role(grants, f"{everywhere}-cluster-rules", [_rule(rule) for rule in access.cluster_rules])


def _own_cluster_role(grants: Grants, name: str, rules: Sequence[Rule]) -> Iterator[Manifest]:
    if rules:
        yield grants.cluster_role(name, rules)
        yield grants.everywhere(name, name)


def _rule(rule: AccessRule) -> Rule:
    groups = () if rule.non_resource_urls else rule.api_groups
    return Rule(groups, rule.resources, rule.verbs, rule.resource_names, rule.non_resource_urls)
