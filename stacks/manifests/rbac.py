"""ServiceAccounts, and the declared permissions of MCP servers."""

from collections.abc import Iterator, Mapping, Sequence

from stacks.manifests.grants import Grants
from stacks.manifests.labels import owner_labels
from stacks.manifests.manifest import Manifest
from stacks.manifests.permissions import Rule
from stacks.model import names
from stacks.model.kubernetes_access import AccessRule
from stacks.model.server import Server


def service_account(name: str, namespace: str, labels: Mapping[str, str]) -> Manifest:
    """Return a ServiceAccount whose token is mounted only in pods that ask for it."""
    content = {"automountServiceAccountToken": False}
    return Manifest("v1", "ServiceAccount", name, namespace, labels, content=content)


def server_account(kind: str, server: Server) -> Manifest:
    """Return a server's own ServiceAccount."""
    return service_account(names.server(kind), server.namespace, owner_labels(kind))


def server_roles(kind: str, server: Server) -> Iterator[Manifest]:
    """Yield the roles and bindings of a server's account: in each declared namespace, or in the whole cluster."""
    access = server.kubernetes
    if access is None:
        return
    name, everywhere = names.server(kind), names.server_role(kind, server.namespace)
    grants, rules = Grants(name, server.namespace, owner_labels(kind)), [_rule(rule) for rule in access.rules]
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
