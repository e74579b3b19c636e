"""ServiceAccounts, and the declared permissions of servers and workloads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from stacks.manifests.grants import Grants
from stacks.manifests.manifest import Manifest
from stacks.manifests.permissions import Rule
from stacks.model.kubernetes_access import AccessRule
from stacks.model.owner import Owner
from stacks.model.service_account import ServiceAccount
from stacks.model.workload import Workload


def service_account(name: str, namespace: str, labels: Mapping[str, str]) -> Manifest:
    """Return a ServiceAccount whose token is mounted only in pods that ask for it."""
    content = {"automountServiceAccountToken": False}
    return Manifest("v1", "ServiceAccount", name, namespace, labels, content=content)


def account_name(owner: Owner, declared: Workload) -> str:
    """Return the name of the ServiceAccount of its pods."""
    return (declared.service_account and declared.service_account.name) or owner.name


def own_account(owner: Owner, declared: Workload) -> Iterator[Manifest]:
    """Yield its own ServiceAccount, unless others make it."""
    account = declared.service_account or ServiceAccount()
    if not account.existing:
        made = service_account(account_name(owner, declared), declared.namespace, owner.labels)
        yield replace(made, annotations=account.annotations)


def own_roles(owner: Owner, declared: Workload) -> Iterator[Manifest]:
    """Yield the roles and bindings of its account: in each declared namespace, or in the whole cluster."""
    access = declared.kubernetes
    if access is None:
        return
    name, everywhere = owner.name, owner.role(declared.namespace)
    grants = Grants(account_name(owner, declared), declared.namespace, owner.labels)
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
