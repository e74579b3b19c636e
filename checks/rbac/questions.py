"""What is asked about each account: what the declaration grants it, and the ways to more that it does not.

The rules themselves are compared field by field elsewhere. These questions are for what no comparison sees: whether the
authorizers of the cluster, which may be others than RBAC, decide as the rules say. So of each rule one request is
enough, and in further namespaces, where the same role is bound, one of the role.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.kube.models import PolicyRule, Role
from checks.rbac.escalation import SECRETS, WAYS
from checks.rbac.policy import Grant, Policy
from checks.rbac.requests import Account, Request

if TYPE_CHECKING:
    from checks.results.result import Ref

HARMLESS = frozenset({"view"})
"""ClusterRoles of the cluster's own that, by Kubernetes' documentation, open no way to further rights."""

KNOWN = frozenset({"edit", "admin"})
"""ClusterRoles of the cluster's own that, by Kubernetes' documentation, open ways."""


@dataclass(frozen=True, order=True)
class Question:
    """May the account do this? `expected` is what the declaration says."""

    account: Account
    request: Request
    expected: bool


def completed(declared: Policy, live: Iterable[Role]) -> Policy:
    """Give the declared policy with the live rules of the ClusterRoles that it binds and does not define."""
    defined = {role.metadata.name for role in declared.roles if not role.metadata.namespace}
    bound = {binding.role_ref.name for binding in declared.bindings if binding.role_ref.kind == "ClusterRole"}
    borrowed = frozenset(bound - defined)
    lent = (role for role in live if not role.metadata.namespace and role.metadata.name in borrowed)
    return Policy((*declared.roles, *lent), declared.bindings, borrowed)


def questions(accounts: Iterable[Account], policy: Policy) -> tuple[Question, ...]:
    """Give the questions about these accounts, each once; `policy` is the declared one, completed."""
    return tuple(dict.fromkeys(question for account in accounts for question in _about(account, policy)))


def _about(account: Account, policy: Policy) -> Iterator[Question]:
    grants = tuple(policy.grants(account))
    for request in _granted(grants):
        yield Question(account, request, expected=True)
    known = meant(grants)
    for request in (*_everywhere(), *_inside(grants)):
        if not any(grant.allows(request) for grant in known):
            yield Question(account, request, expected=False)


def meant(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """Give the grants by which the declaration may open ways.

    A harmless role is declared because it opens none. What another role that the declaration only borrows opens, it
    does not say, unless all know it of that role.
    """
    return tuple(grant for grant in grants if _means(grant))


def _means(grant: Grant) -> bool:
    return grant.role.name in KNOWN if grant.borrowed else grant.role.name not in HARMLESS


def _granted(grants: Iterable[Grant]) -> Iterator[Request]:
    by_role: dict[Ref, list[Grant]] = defaultdict(list)
    for grant in grants:
        by_role[grant.role].append(grant)
    for same in by_role.values():
        for number, grant in enumerate(same):
            rules = [rule for rule in grant.rules or () if rule.resources]
            for rule in rules if number == 0 else rules[number % len(rules) :][:1] if rules else ():
                yield _sample(rule, number, grant.namespace)


def _sample(rule: PolicyRule, number: int, namespace: str) -> Request:
    """Give one request that a rule allows: another one in each namespace, the strongest verb in the first."""
    verb = rule.verbs[(number - 1) % len(rule.verbs)]
    group = rule.api_groups[number % len(rule.api_groups)]
    resource = rule.resources[number % len(rule.resources)]
    name = rule.resource_names[number % len(rule.resource_names)] if rule.resource_names else ""
    return Request(verb, group, resource, namespace, name)


def _everywhere() -> Iterator[Request]:
    return (way.request(way.only_in) for way in WAYS)


def _inside(grants: Iterable[Grant]) -> Iterator[Request]:
    return (SECRETS.request(space) for space in sorted({grant.namespace for grant in grants if grant.namespace}))
