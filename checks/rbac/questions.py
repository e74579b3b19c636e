"""Questions to the API server's authorizers about each account: declared access, and undeclared escalations.

The rules themselves are compared field by field. These questions show whether the cluster's authorizers, of which RBAC
may be only one, decide accordingly. One request for each rule is enough; if a role is bound in several namespaces, one
request for each further namespace.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.kube.models import PolicyRule, Role
from checks.rbac.escalation import ESCALATIONS, SECRETS
from checks.rbac.policy import Grant, Policy
from checks.rbac.requests import Account, Request

if TYPE_CHECKING:
    from checks.results.result import Ref

HARMLESS = frozenset({"view"})
"""Built-in ClusterRoles that, according to the Kubernetes documentation, allow no escalation."""

PRIVILEGED = frozenset({"edit", "admin", "cluster-admin"})
"""Built-in ClusterRoles that, according to the Kubernetes documentation, allow escalations."""


@dataclass(frozen=True, order=True)
class Question:
    """Whether an account may make a request; `expected` is the answer according to the declaration."""

    account: Account
    request: Request
    expected: bool


def completed(declared: Policy, live: Iterable[Role]) -> Policy:
    """Return the declared policy with the live rules of the ClusterRoles that it binds, but does not define."""
    defined = {role.metadata.name for role in declared.roles if not role.metadata.namespace}
    bound = {binding.role_ref.name for binding in declared.bindings if binding.role_ref.kind == "ClusterRole"}
    external = frozenset(bound - defined)
    found = (role for role in live if not role.metadata.namespace and role.metadata.name in external)
    return Policy((*declared.roles, *found), declared.bindings, external)


def questions(accounts: Iterable[Account], policy: Policy) -> tuple[Question, ...]:
    """Return the questions about these accounts, each once; `policy` is the declared one, completed."""
    return tuple(dict.fromkeys(question for account in accounts for question in _about(account, policy)))


def _about(account: Account, policy: Policy) -> Iterator[Question]:
    grants = tuple(policy.grants(account))
    for request in _granted(grants):
        yield Question(account, request, expected=True)
    known = trusted(grants)
    for request in (*_everywhere(), *_inside(grants)):
        if not any(grant.allows(request) for grant in known):
            yield Question(account, request, expected=False)


def trusted(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """Return the grants whose escalations count as declared.

    Escalations through a ClusterRole defined elsewhere count as undeclared, except for the built-in edit, admin and
    cluster-admin; the built-in view must not open any.
    """
    return tuple(grant for grant in grants if _is_trusted(grant))


def _is_trusted(grant: Grant) -> bool:
    return grant.role.name in PRIVILEGED if grant.external else grant.role.name not in HARMLESS


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
    """Return a request that a rule allows: another one for each namespace, the last verb for the first."""
    verb = rule.verbs[(number - 1) % len(rule.verbs)]
    group = rule.api_groups[number % len(rule.api_groups)]
    resource = rule.resources[number % len(rule.resources)]
    name = rule.resource_names[number % len(rule.resource_names)] if rule.resource_names else ""
    return Request(verb, group, resource, namespace, name)


def _everywhere() -> Iterator[Request]:
    return (each.request(each.only_in) for each in ESCALATIONS)


def _inside(grants: Iterable[Grant]) -> Iterator[Request]:
    return (SECRETS.request(space) for space in sorted({grant.namespace for grant in grants if grant.namespace}))
